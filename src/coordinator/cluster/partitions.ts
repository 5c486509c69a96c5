/** CreatePartitions, decided. Source of checks and their order: KRaft's ReplicationControlManager. */

import type { ErrorName } from '../../protocol/errors.ts'
import type { ClusterState } from './cluster-state.ts'
import { DONE, type NamedResult, type PartitionsToAdd, refused } from './commands.ts'
import { checkAssignment, type Decision, PARTITIONS_PER_REQUEST_MAX } from './decision.ts'
import type { PartitionImage } from './image.ts'
import { Placer } from './placement.ts'
import type { MetadataRecord } from './records.ts'
import { newPartitionRecord } from './topics.ts'

/** A name that comes more than once has one result, INVALID_REQUEST. */
export const decideCreatePartitions = (
  image: ClusterState,
  topics: readonly PartitionsToAdd[],
  validateOnly: boolean,
): Decision<NamedResult[]> => {
  const counts = new Map<string, number>()
  for (const { name } of topics) counts.set(name, (counts.get(name) ?? 0) + 1)
  const unique = [...new Map(topics.map((topic) => [topic.name, topic])).values()]
  const placer = new Placer(image.brokers, image.preferredLeaderships)
  const records: MetadataRecord[] = []
  let added = 0
  const result = unique.map((topic): NamedResult => {
    if ((counts.get(topic.name) as number) > 1) {
      return { ...refused('INVALID_REQUEST', 'Duplicate topic name.'), name: topic.name }
    }
    const budget = PARTITIONS_PER_REQUEST_MAX - added
    const grown = grow(image, topic, placer, budget)
    if (!Array.isArray(grown)) return { ...grown, name: topic.name }
    added += grown.length
    if (!validateOnly) for (const record of grown) records.push(record)
    return { ...DONE, name: topic.name }
  })
  return { records, result }
}

const grow = (
  image: ClusterState,
  { name, count, assignments }: PartitionsToAdd,
  placer: Placer,
  budget: number,
): MetadataRecord[] | { readonly error: ErrorName; readonly message: string | null } => {
  const fail = (error: ErrorName, message: string | null = null) => ({ error, message })
  const topic = image.topic(name)
  if (!topic) return fail('UNKNOWN_TOPIC_OR_PARTITION')
  const existing = topic.partitions.length
  if (count === existing) {
    return fail('INVALID_PARTITIONS', `Topic already has ${existing} partition(s).`)
  }
  if (count < existing) {
    return fail(
      'INVALID_PARTITIONS',
      `The topic ${name} currently has ${existing} partition(s); ${count} would not be an increase.`,
    )
  }
  const additional = count - existing
  if (assignments && assignments.length !== additional) {
    return fail(
      'INVALID_REPLICA_ASSIGNMENT',
      `${additional} partition(s) are to be added, but ${assignments.length} assignment(s) were given.`,
    )
  }
  if (additional > budget) {
    return fail('POLICY_VIOLATION', 'Excessively large number of partitions per request.')
  }
  const replicationFactor = (topic.partitions[0] as PartitionImage).replicas.length
  let placement = assignments
  if (placement === null) {
    const problem = placer.check(replicationFactor)
    if (problem) return fail(problem.error as ErrorName, problem.message)
    placement = placer.place(additional, replicationFactor)
  }
  const records: MetadataRecord[] = []
  for (const [i, replicas] of placement.entries()) {
    const checked = checkAssignment(image, existing + i, replicas, replicationFactor)
    if ('refusal' in checked) return fail(checked.refusal.error as ErrorName, checked.refusal.message)
    records.push(newPartitionRecord(topic.id, existing + i, { replicas: replicas.slice(), isr: checked.isr }))
  }
  return records
}
