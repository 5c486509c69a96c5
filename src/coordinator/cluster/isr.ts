/** AlterPartition (KIP-497), decided: a leader tells which replicas are in sync. */

import type { ErrorName } from '../../protocol/errors.ts'
import type { ClusterState } from './cluster-state.ts'
import { DONE, type IsrChange, type ItemResult, refused } from './commands.ts'
import type { Decision } from './decision.ts'
import { changePartition, type ElectionSettings, eligibleLeadersOn } from './election.ts'
import type { PartitionImage } from './image.ts'
import type { MetadataRecord } from './records.ts'

export const decideAlterPartition = (
  image: ClusterState,
  brokerId: number,
  brokerEpoch: number,
  changes: readonly IsrChange[],
  settings: ElectionSettings,
): Decision<ItemResult[]> => {
  const broker = image.brokers.get(brokerId)
  if (!broker || broker.epoch !== brokerEpoch) {
    return { records: [], result: changes.map(() => refused('STALE_BROKER_EPOCH')) }
  }
  const records: MetadataRecord[] = []
  const result = changes.map((change): ItemResult => {
    const topic = image.topicById(change.topicId)
    if (!topic) return refused('UNKNOWN_TOPIC_ID')
    const partition = topic.partitions[change.partition]
    if (!partition) return refused('UNKNOWN_TOPIC_OR_PARTITION')
    const problem = problemOf(image, brokerId, partition, change)
    if (problem) return refused(problem)
    const record = changePartition(partition, change.isr, {
      topicId: topic.id,
      isAcceptableLeader: (id) => image.isActive(id) || id === partition.leader,
      election: 'online',
      minInsyncReplicas: settings.minInsyncReplicas(image, topic.name),
      eligibleLeaders: eligibleLeadersOn(image),
    })
    if (record) records.push(record)
    return DONE
  })
  return { records, result }
}

const problemOf = (
  image: ClusterState,
  brokerId: number,
  partition: PartitionImage,
  { leaderEpoch, partitionEpoch, isr }: IsrChange,
): ErrorName | null => {
  // The leader knows of a later state than the controller: then this is not the controller any more.
  if (leaderEpoch > partition.leaderEpoch || partitionEpoch > partition.partitionEpoch)
    return 'NOT_CONTROLLER'
  if (leaderEpoch < partition.leaderEpoch) return 'FENCED_LEADER_EPOCH'
  if (brokerId !== partition.leader) return 'INVALID_REQUEST'
  if (partitionEpoch < partition.partitionEpoch) return 'INVALID_UPDATE_VERSION'
  if (!isr.includes(brokerId)) return 'INVALID_REQUEST'
  if (new Set(isr).size !== isr.length) return 'INVALID_REQUEST'
  if (!isr.every((id) => partition.replicas.includes(id))) return 'INVALID_REQUEST'
  if (isr.some((id) => !partition.isr.includes(id) && !image.isActive(id))) return 'INELIGIBLE_REPLICA'
  return null
}
