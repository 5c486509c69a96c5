import type { ClusterImage, PartitionImage, TopicImage } from '../../coordinator/cluster/image.ts'
import { topicNameProblem, ZERO_UUID } from '../../coordinator/cluster/topics.ts'
import { Refusal } from '../../protocol/errors.ts'
import { DescribeTopicPartitions } from '../../protocol/messages/75-describe-topic-partitions.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema/api.ts'
import { ALL_TOPIC_OPERATIONS } from '../authorized-operations.ts'
import type { RequestContext } from '../context.ts'
import { handler } from '../handler.ts'
import { errorCodeOf } from '../wire.ts'

type Request = RequestOf<typeof DescribeTopicPartitions>
type Response = ResponseOf<typeof DescribeTopicPartitions>
type Topic = Response['topics'][number]

/**
 * DescribeTopicPartitions: partitions of topics in order of name, page by page (KIP-966). No page has more
 * partitions than the request allows, nor than `max.request.partition.size.limit`; `nextCursor` says where
 * the next one begins.
 *
 * Errors per topic: UNKNOWN_TOPIC_OR_PARTITION, INVALID_TOPIC_EXCEPTION (not when all topics are asked
 * for). For the whole: INVALID_REQUEST when the cursor is at a topic that is not asked for, or at a
 * negative partition; UNKNOWN_SERVER_ERROR when a topic has no name.
 *
 * Differs from Kafka: nothing known.
 */
export const describeTopicPartitions = handler(DescribeTopicPartitions, {
  handle(request, context) {
    const { broker } = context
    const { cursor } = request
    const all = request.topics.length === 0
    const names = wantedNames(request, broker.image)
    const limit = broker.config.number('max.request.partition.size.limit')
    let room = Math.max(1, Math.min(limit, request.responsePartitionLimit))
    const topics: Topic[] = []
    for (const name of names) {
      if (room === 0) return { topics, nextCursor: { topicName: name, partitionIndex: 0 } }
      const topic = broker.image.topic(name)
      if (topic === undefined) {
        if (!all) topics.push(missing(name))
        continue
      }
      const first = cursor?.topicName === name ? cursor.partitionIndex : 0
      const page = topic.partitions.slice(first, first + room)
      topics.push(described(topic, page, context))
      room -= page.length
      if (first + page.length < topic.partitions.length) {
        return { topics, nextCursor: { topicName: name, partitionIndex: first + page.length } }
      }
    }
    return { topics, nextCursor: null }
  },

  refuse: (request, refusal) => ({
    topics: request.topics.map(({ name }) => ({
      errorCode: errorCodeOf(refusal.code),
      name,
      topicId: ZERO_UUID,
      isInternal: false,
      partitions: [],
    })),
  }),
})

/** From the cursor on, in order, each once. */
function wantedNames({ topics, cursor }: Request, image: ClusterImage): string[] {
  // A real broker trips over the empty name.
  if (topics.some(({ name }) => name === '')) throw new Refusal('UNKNOWN_SERVER_ERROR')
  const from = cursor?.topicName ?? ''
  const asked = topics.length === 0 ? [...image.topics()] : topics
  const names = new Set(asked.map(({ name }) => name).filter((name) => name >= from))
  if (cursor !== null) {
    if (topics.length > 0 && !names.has(from)) {
      throw new Refusal('INVALID_REQUEST', `The topic of the cursor, ${from}, is not among those asked for.`)
    }
    if (cursor.partitionIndex < 0) {
      throw new Refusal('INVALID_REQUEST', `The cursor is at partition ${cursor.partitionIndex}.`)
    }
  }
  return [...names].sort((a, b) => (a < b ? -1 : 1))
}

const missing = (name: string): Topic => ({
  errorCode: errorCodeOf(
    topicNameProblem(name) === null ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'INVALID_TOPIC_EXCEPTION',
  ),
  name,
  topicId: ZERO_UUID,
  isInternal: false,
  partitions: [],
  topicAuthorizedOperations: ALL_TOPIC_OPERATIONS,
})

const described = (topic: TopicImage, page: readonly PartitionImage[], context: RequestContext): Topic => ({
  errorCode: 0,
  name: topic.name,
  topicId: topic.id,
  isInternal: topic.isInternal,
  partitions: page.map((partition) => partitionOf(partition, context)),
  topicAuthorizedOperations: ALL_TOPIC_OPERATIONS,
})

function partitionOf(
  partition: PartitionImage,
  { broker, connection }: RequestContext,
): Topic['partitions'][number] {
  const { brokers } = broker.image
  const isHere = (id: number): boolean =>
    brokers.get(id)?.endpoints.some(({ listener }) => listener === connection.listener) ?? false
  return {
    errorCode: 0,
    partitionIndex: partition.index,
    leaderId: isHere(partition.leader) ? partition.leader : -1,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes: partition.replicas,
    isrNodes: partition.isr,
    eligibleLeaderReplicas: partition.eligibleLeaderReplicas,
    lastKnownElr: partition.lastKnownLeader === -1 ? [] : [partition.lastKnownLeader],
    offlineReplicas: partition.replicas.filter((id) => !isHere(id) || brokers.get(id)?.fenced !== false),
  }
}
