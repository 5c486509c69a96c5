/** CreateTopics and DeleteTopics, decided. Source of checks and their order: KRaft's ReplicationControlManager. */

import type { ErrorName } from '../../protocol/errors.ts'
import { type ClusterState, collisionKey } from './cluster-state.ts'
import {
  type CreatedTopic,
  type DeletedTopic,
  DONE,
  type ItemResult,
  type NewTopic,
  refused,
  type TopicToDelete,
} from './commands.ts'
import type { ConfigRules } from './config-rules.ts'
import { checkAssignment, type Decision, PARTITIONS_PER_REQUEST_MAX } from './decision.ts'
import type { Uuid } from './image.ts'
import { Placer } from './placement.ts'
import type { MetadataRecord, PartitionRecord } from './records.ts'

const TOPIC_NAME_LENGTH_MAX = 249
/** What a request leaves out, and what stands for no topic. */
export const ZERO_UUID: Uuid = 'AAAAAAAAAAAAAAAAAAAAAA'

/** Why a name may not be a topic's; null when it may. Source: Kafka's Topic class. */
export const topicNameProblem = (name: string): string | null => {
  if (name === '') return 'the empty string is not allowed'
  if (name === '.' || name === '..') return `'${name}' is not allowed`
  if (name.length > TOPIC_NAME_LENGTH_MAX) {
    return `the length of '${name}' is longer than the max allowed length ${TOPIC_NAME_LENGTH_MAX}`
  }
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    return `'${name}' has a character other than ASCII letters, digits, '.', '_' and '-'`
  }
  return null
}

interface TopicDefaults {
  /** `num.partitions` */
  readonly numPartitions: number
  /** `default.replication.factor` */
  readonly replicationFactor: number
}

export interface CreateTopicsContext {
  readonly configRules: ConfigRules
  readonly defaults: TopicDefaults
  readonly newId: () => Uuid
  readonly validateOnly: boolean
}

/** Results are in the order of the request; a name that comes more than once has one result, INVALID_REQUEST. */
export const decideCreateTopics = (
  image: ClusterState,
  topics: readonly NewTopic[],
  context: CreateTopicsContext,
): Decision<CreatedTopic[]> => {
  const counts = new Map<string, number>()
  for (const { name } of topics) counts.set(name, (counts.get(name) ?? 0) + 1)
  const unique = [...new Map(topics.map((topic) => [topic.name, topic])).values()]
  const single = unique.filter((topic) => counts.get(topic.name) === 1)
  if (partitionTotal(single, context.defaults) > PARTITIONS_PER_REQUEST_MAX) {
    const problem = refused('POLICY_VIOLATION', 'Excessively large number of partitions per request.')
    return { records: [], result: unique.map((topic) => failed(topic.name, problem)) }
  }
  const placer = new Placer(image.brokers, image.preferredLeaderships)
  const records: MetadataRecord[] = []
  const result = unique.map((topic): CreatedTopic => {
    if ((counts.get(topic.name) as number) > 1) {
      return failed(topic.name, refused('INVALID_REQUEST', 'Duplicate topic name.'))
    }
    const problem = nameProblem(image, topic.name) ?? configProblem(topic, context.configRules)
    if (problem) return failed(topic.name, problem)
    const placed = placeTopic(image, topic, placer, context.defaults)
    if ('refusal' in placed) return failed(topic.name, placed.refusal)
    const id = context.newId()
    const configs = new Map(topic.configs.map(({ name, value }) => [name, value as string]))
    if (!context.validateOnly) addTopicRecords(records, id, topic.name, configs, placed.partitions)
    return {
      ...DONE,
      name: topic.name,
      topicId: id,
      numPartitions: placed.partitions.length,
      replicationFactor: (placed.partitions[0] as NewPartition).replicas.length,
      configs,
    }
  })
  return { records, result }
}

const failed = (name: string, { error, message }: ItemResult): CreatedTopic => ({
  name,
  error,
  message,
  topicId: null,
  numPartitions: -1,
  replicationFactor: -1,
  configs: new Map(),
})

const partitionTotal = (topics: readonly NewTopic[], defaults: TopicDefaults): number => {
  let total = 0
  for (const { assignments, numPartitions } of topics) {
    if (assignments.length > 0) total += assignments.length
    else total += numPartitions === -1 ? defaults.numPartitions : Math.max(numPartitions, 0)
  }
  return total
}

const nameProblem = (image: ClusterState, name: string): ItemResult | null => {
  const why = topicNameProblem(name)
  if (why !== null) return refused('INVALID_TOPIC_EXCEPTION', `Topic name is invalid: ${why}`)
  const key = collisionKey(name)
  const collision =
    key === null ? undefined : image.namesByCollisionKey.get(key)?.find((other) => other !== name)
  if (collision !== undefined) {
    return refused('INVALID_TOPIC_EXCEPTION', `Topic '${name}' collides with existing topic: ${collision}`)
  }
  if (image.topic(name)) return refused('TOPIC_ALREADY_EXISTS', `Topic '${name}' already exists.`)
  return null
}

const configProblem = (topic: NewTopic, rules: ConfigRules): ItemResult | null => {
  const nulls = topic.configs.filter(({ value }) => value === null).map(({ name }) => name)
  if (nulls.length > 0) {
    return refused('INVALID_CONFIG', `Null value not supported for topic configs: ${nulls.join(',')}`)
  }
  const settings = new Map(topic.configs.map(({ name, value }) => [name, value as string]))
  return rules.check({ type: 'topic', name: topic.name }, settings, new Set(settings.keys()))
}

interface NewPartition {
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
}
type Placed = { readonly partitions: readonly NewPartition[] } | { readonly refusal: ItemResult }

const refusal = (error: ErrorName, message: string): { refusal: ItemResult } => ({
  refusal: refused(error, message),
})

const placeTopic = (
  image: ClusterState,
  topic: NewTopic,
  placer: Placer,
  defaults: TopicDefaults,
): Placed => {
  if (topic.assignments.length > 0) return placeByHand(image, topic)
  if (topic.replicationFactor < -1 || topic.replicationFactor === 0) {
    return refusal(
      'INVALID_REPLICATION_FACTOR',
      'Replication factor must be larger than 0, or -1 to use the default value.',
    )
  }
  if (topic.numPartitions < -1 || topic.numPartitions === 0) {
    return refusal('INVALID_PARTITIONS', 'Number of partitions was set to an invalid non-positive value.')
  }
  const numPartitions = topic.numPartitions === -1 ? defaults.numPartitions : topic.numPartitions
  const replicationFactor =
    topic.replicationFactor === -1 ? defaults.replicationFactor : topic.replicationFactor
  const problem = placer.check(replicationFactor)
  if (problem) {
    return { refusal: refused(problem.error as ErrorName, `Topic '${topic.name}': ${problem.message}`) }
  }
  const partitions = placer
    .place(numPartitions, replicationFactor)
    .map((replicas) => ({ replicas, isr: replicas.filter((id) => image.isActive(id)) }))
  return { partitions }
}

const placeByHand = (image: ClusterState, topic: NewTopic): Placed => {
  if (topic.replicationFactor !== -1 || topic.numPartitions !== -1) {
    const which = topic.replicationFactor !== -1 ? 'replication factor' : 'number of partitions'
    return refusal('INVALID_REQUEST', `With a manual partition assignment the ${which} must be -1.`)
  }
  const byIndex = new Map<number, NewPartition>()
  let replicationFactor: number | null = null
  for (const { partitionIndex, brokerIds } of topic.assignments) {
    if (byIndex.has(partitionIndex)) {
      return refusal('INVALID_REPLICA_ASSIGNMENT', `Partition ${partitionIndex} is assigned more than once.`)
    }
    const checked = checkAssignment(image, partitionIndex, brokerIds, replicationFactor)
    if ('refusal' in checked) return checked
    byIndex.set(partitionIndex, { replicas: brokerIds.slice(), isr: checked.isr })
    replicationFactor = brokerIds.length
  }
  const partitions: NewPartition[] = []
  for (let index = 0; index < byIndex.size; index++) {
    const partition = byIndex.get(index)
    if (!partition) {
      return refusal('INVALID_REPLICA_ASSIGNMENT', 'Partitions should be numbered from 0 without gaps.')
    }
    partitions.push(partition)
  }
  return { partitions }
}

/** The first state of a partition: led by the first live replica. */
export const newPartitionRecord = (
  topicId: Uuid,
  index: number,
  { replicas, isr }: NewPartition,
): PartitionRecord => ({
  type: 'partition',
  topicId,
  index,
  replicas,
  isr,
  leader: isr[0] as number,
  leaderEpoch: 0,
  partitionEpoch: 0,
  addingReplicas: [],
  removingReplicas: [],
  eligibleLeaderReplicas: [],
  lastKnownLeader: -1,
})

const addTopicRecords = (
  records: MetadataRecord[],
  id: Uuid,
  name: string,
  configs: ReadonlyMap<string, string>,
  partitions: readonly NewPartition[],
): void => {
  records.push({ type: 'topic', id, name })
  for (const [key, value] of configs) {
    records.push({ type: 'config', resourceType: 'topic', resourceName: name, name: key, value })
  }
  partitions.forEach((partition, index) => {
    records.push(newPartitionRecord(id, index, partition))
  })
}

/** One result per topic, in the order asked. Source of the checks: ControllerApis.deleteTopics. */
export const decideDeleteTopics = (
  image: ClusterState,
  topics: readonly TopicToDelete[],
): Decision<DeletedTopic[]> => {
  const names = countOf(topics.map(({ name }) => name))
  const ids = countOf(topics.map(({ id }) => (id === ZERO_UUID ? null : id)))
  const records: MetadataRecord[] = []
  const gone = new Set<Uuid>()
  const result = topics.map((asked): DeletedTopic => {
    const { name } = asked
    const id = asked.id === ZERO_UUID ? null : asked.id
    const fail = (error: ErrorName, message: string | null = null): DeletedTopic => ({
      ...refused(error, message),
      name,
      id,
    })
    if (name === null && id === null) return fail('INVALID_REQUEST', 'Neither topic name nor id was given.')
    if (name !== null && id !== null) {
      return fail('INVALID_REQUEST', 'Topic name and topic id may not both be given.')
    }
    if (name !== null && (names.get(name) ?? 0) > 1) return fail('INVALID_REQUEST', 'Duplicate topic name.')
    if (id !== null && (ids.get(id) ?? 0) > 1) return fail('INVALID_REQUEST', 'Duplicate topic id.')
    const topic = name !== null ? image.topic(name) : image.topicById(id as Uuid)
    if (!topic) return fail(name !== null ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'UNKNOWN_TOPIC_ID')
    if (gone.has(topic.id)) return fail('INVALID_REQUEST', 'Name and id of the same topic were given.')
    gone.add(topic.id)
    records.push({ type: 'topic-removed', id: topic.id })
    return { ...DONE, name: topic.name, id: topic.id }
  })
  return { records, result }
}

const countOf = (keys: readonly (string | null)[]): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const key of keys) if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1)
  return counts
}
