import type { ClusterState } from './cluster-state.ts'
import type { ConfigResourceType } from './image.ts'
import type { MetadataRecord } from './records.ts'

const CONFIG_TYPES: readonly ConfigResourceType[] = [
  'topic',
  'broker',
  'broker-logger',
  'client-metrics',
  'group',
]

/** The fewest records that make this image out of nothing. */
export const recordsOfImage = (image: ClusterState): MetadataRecord[] => {
  const records: MetadataRecord[] = [
    { type: 'cluster', clusterId: image.clusterId },
    { type: 'producer-ids', next: image.nextProducerId },
  ]
  for (const [name, level] of image.features) records.push({ type: 'feature', name, level })
  for (const broker of image.brokers.values()) records.push({ type: 'broker', ...broker })
  for (const { id, name, partitions } of image.topics()) {
    records.push({ type: 'topic', id, name })
    for (const partition of partitions) records.push({ type: 'partition', topicId: id, ...partition })
  }
  for (const resourceType of CONFIG_TYPES) {
    for (const resourceName of image.configResources(resourceType)) {
      for (const [name, value] of image.configs(resourceType, resourceName)) {
        records.push({ type: 'config', resourceType, resourceName, name, value })
      }
    }
  }
  return records
}
