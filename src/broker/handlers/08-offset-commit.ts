import { ZERO_UUID } from '../../coordinator/cluster/topics.ts'
import type { OffsetToCommit } from '../../coordinator/group/types.ts'
import { type ErrorName, Refusal } from '../../protocol/errors.ts'
import { OffsetCommit } from '../../protocol/messages/08-offset-commit.ts'
import type { RequestOf } from '../../protocol/schema/api.ts'
import type { Broker } from '../broker.ts'
import { handler } from '../handler.ts'
import { errorCodeOf, offsetOf } from '../wire.ts'

const NOT_FOUND_SINCE = 9
const TOPIC_IDS_SINCE = 10

interface AnsweredTopic {
  name: string
  topicId: string
  partitions: { partitionIndex: number; errorCode: number }[]
}

/**
 * OffsetCommit, versions 0 to 10: stores how far a group has read.
 *
 * Errors, of each partition: UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID (v10), OFFSET_METADATA_TOO_LARGE,
 * ILLEGAL_GENERATION (before v9 also for a group that does not exist, when a generation is given; then GROUP_ID_NOT_FOUND),
 * UNKNOWN_MEMBER_ID,
 * FENCED_INSTANCE_ID, REBALANCE_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR.
 *
 * Versions: v0 went to ZooKeeper and is stored like the others; its clients know no coordinator and tell any
 * broker, so that it never gets NOT_COORDINATOR; v1 may bring a time of commit; v2 to v4 a retention. What is
 * refused before the coordinator is asked comes first in the answer, as in Kafka.
 *
 * Differs from Kafka: 4.x serves versions 2 to 10 alone; offsets beyond 2^53 are stored as 2^53 - 1.
 */
export const offsetCommit = handler(OffsetCommit, {
  handle(request, { broker, apiVersion }) {
    const answer = new Map<string, AnsweredTopic>()
    const accepted = sortOut(request, broker, apiVersion, answer)
    if (accepted.length === 0) return { topics: [...answer.values()] }
    const finish = (errors: readonly ErrorName[]) => {
      accepted.forEach(({ topic, topicId, partition }, i) => {
        put(answer, topic, topicId, partition, codeFor(errors[i] ?? 'NONE', apiVersion))
      })
      return { topics: [...answer.values()] }
    }
    const refused = (error: unknown) => {
      if (!(error instanceof Refusal)) throw error
      return finish(accepted.map(() => error.code))
    }
    try {
      const groups = apiVersion === 0 ? broker.coordinatorOf(request.groupId) : broker.groups
      const result = groups.commitOffsets({
        groupId: request.groupId,
        generationId: request.generationIdOrMemberEpoch,
        memberId: request.memberId,
        groupInstanceId: request.groupInstanceId,
        retentionTimeMs: offsetOf(request.retentionTimeMs),
        offsets: accepted,
      })
      return result instanceof Promise ? result.then(finish, refused) : finish(result)
    } catch (error) {
      return refused(error)
    }
  },

  refuse: (request, { code }) => ({
    topics: request.topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: errorCodeOf(code) })),
    })),
  }),
})

/** Versions before 9 have no word for a group that is not there. */
const codeFor = (error: ErrorName, apiVersion: number): number =>
  errorCodeOf(error === 'GROUP_ID_NOT_FOUND' && apiVersion < NOT_FOUND_SINCE ? 'ILLEGAL_GENERATION' : error)

/** Answers what no coordinator has to be asked for, and gives the rest. */
const sortOut = (
  request: RequestOf<typeof OffsetCommit>,
  { image }: Broker,
  apiVersion: number,
  answer: Map<string, AnsweredTopic>,
): OffsetToCommit[] => {
  const accepted: OffsetToCommit[] = []
  const useIds = apiVersion >= TOPIC_IDS_SINCE
  for (const { name, topicId, partitions } of request.topics) {
    const topic = useIds ? image.topicById(topicId) : image.topic(name)
    for (const each of partitions) {
      const { partitionIndex } = each
      if (topic?.partitions[partitionIndex] === undefined) {
        const error = topic === undefined && useIds ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION'
        put(answer, topic?.name ?? name, topic?.id ?? topicId, partitionIndex, errorCodeOf(error))
        continue
      }
      accepted.push({
        topic: topic.name,
        topicId: topic.id,
        partition: partitionIndex,
        offset: offsetOf(each.committedOffset),
        leaderEpoch: each.committedLeaderEpoch,
        metadata: each.committedMetadata,
        commitTimestampMs: offsetOf(each.commitTimestamp),
      })
    }
  }
  return accepted
}

/** Topics are told apart by name, or by id where the client knows no name of an id that does not exist. */
const put = (
  answer: Map<string, AnsweredTopic>,
  name: string,
  topicId: string,
  partitionIndex: number,
  errorCode: number,
): void => {
  const key = name === '' && topicId !== ZERO_UUID ? `id ${topicId}` : `name ${name}`
  let topic = answer.get(key)
  if (topic === undefined) {
    topic = { name, topicId, partitions: [] }
    answer.set(key, topic)
  }
  topic.partitions.push({ partitionIndex, errorCode })
}
