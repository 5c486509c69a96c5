import { ZERO_UUID } from '../../coordinator/cluster/topics.ts'
import type { FetchedOffset } from '../../coordinator/group/types.ts'
import { type ErrorName, Refusal } from '../../protocol/errors.ts'
import { OffsetFetch } from '../../protocol/messages/09-offset-fetch.ts'
import type { RequestOf } from '../../protocol/schema/api.ts'
import type { RequestContext } from '../context.ts'
import { handler } from '../handler.ts'
import { errorCodeOf, int64Of } from '../wire.ts'

const TOP_LEVEL_ERROR_SINCE = 2
const GROUPS_SINCE = 8
const TOPIC_IDS_SINCE = 10

type Request = RequestOf<typeof OffsetFetch>

interface AskedTopic {
  readonly name: string
  readonly topicId: string
  readonly partitionIndexes: readonly number[]
}

interface AskedGroup {
  readonly groupId: string
  /** Null: all. */
  readonly topics: readonly AskedTopic[] | null
}

/**
 * OffsetFetch, versions 0 to 10: how far groups have read. A partition without an offset has -1 and no error.
 *
 * Errors, of a group: NOT_COORDINATOR, COORDINATOR_NOT_AVAILABLE, COORDINATOR_LOAD_IN_PROGRESS (before v2 in
 * each partition). Of a partition: UNSTABLE_OFFSET_COMMIT (v7, require stable), UNKNOWN_TOPIC_ID (v10).
 *
 * Versions: v0 read from ZooKeeper, where a missing offset was UNKNOWN_TOPIC_OR_PARTITION and any broker could
 * be asked, as here; v2 null asks for all topics; v8 several groups; v10 topic ids: of all topics, those without
 * an id any more are left out.
 *
 * Differs from Kafka: 4.x serves versions 1 to 10 alone.
 */
export const offsetFetch = handler(OffsetFetch, {
  handle(request, context) {
    const { apiVersion } = context
    if (apiVersion >= GROUPS_SINCE) {
      const groups = request.groups.map((group) => fetchGroup(group, request.requireStable, context))
      return { topics: [], errorCode: 0, groups }
    }
    const { topics, errorCode } = fetchGroup(askedGroup(request), request.requireStable, context)
    return { topics, errorCode, groups: [] }
  },

  refuse(request, { code }, { apiVersion }) {
    const errorCode = errorCodeOf(code)
    const groups = request.groups.map(({ groupId }) => ({ groupId, topics: [], errorCode }))
    const topics = apiVersion < TOP_LEVEL_ERROR_SINCE ? failedTopics(askedGroup(request), code) : []
    return { topics, errorCode, groups }
  },
})

/** The one group of versions before 8. */
const askedGroup = ({ groupId, topics }: Request): AskedGroup => ({
  groupId,
  topics: topics?.map((topic) => ({ ...topic, topicId: ZERO_UUID })) ?? null,
})

const fetchGroup = (group: AskedGroup, requireStable: boolean, context: RequestContext) => {
  const { groupId } = group
  try {
    const topics =
      group.topics === null
        ? fetchAll(groupId, requireStable, context)
        : fetchSome(group, requireStable, context)
    return { groupId, topics, errorCode: 0 }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const topics = context.apiVersion < TOP_LEVEL_ERROR_SINCE ? failedTopics(group, error.code) : []
    return { groupId, topics, errorCode: errorCodeOf(error.code) }
  }
}

const fetchAll = (groupId: string, requireStable: boolean, { broker, apiVersion }: RequestContext) => {
  const topics = new Map<string, { name: string; topicId: string; partitions: PartitionAnswer[] }>()
  for (const fetched of broker.groups.fetchOffsets(groupId, null, requireStable)) {
    let topic = topics.get(fetched.topic)
    if (topic === undefined) {
      const topicId = broker.image.topic(fetched.topic)?.id ?? ZERO_UUID
      if (apiVersion >= TOPIC_IDS_SINCE && topicId === ZERO_UUID) continue
      topic = { name: fetched.topic, topicId, partitions: [] }
      topics.set(fetched.topic, topic)
    }
    topic.partitions.push(partitionAnswer(fetched, apiVersion))
  }
  return [...topics.values()]
}

const fetchSome = ({ groupId, topics }: AskedGroup, requireStable: boolean, context: RequestContext) => {
  const { broker, apiVersion } = context
  const known: AskedTopic[] = []
  const unknown: AskedTopic[] = []
  for (const topic of topics ?? []) {
    if (apiVersion < TOPIC_IDS_SINCE) known.push(topic)
    else {
      const name = broker.image.topicById(topic.topicId)?.name
      if (name === undefined) unknown.push(topic)
      else known.push({ ...topic, name })
    }
  }
  const wanted = known.map(({ name, partitionIndexes }) => ({ topic: name, partitions: partitionIndexes }))
  const groups = apiVersion === 0 ? broker.coordinatorOf(groupId) : broker.groups
  const fetched = groups.fetchOffsets(groupId, wanted, requireStable)
  let next = 0
  const answered = known.map(({ name, topicId, partitionIndexes }) => {
    const partitions = fetched.slice(next, next + partitionIndexes.length)
    next += partitionIndexes.length
    return { name, topicId, partitions: partitions.map((each) => partitionAnswer(each, apiVersion)) }
  })
  return [...answered, ...failedTopics({ groupId, topics: unknown }, 'UNKNOWN_TOPIC_ID')]
}

interface PartitionAnswer {
  partitionIndex: number
  committedOffset: bigint
  committedLeaderEpoch: number
  metadata: string
  errorCode: number
}

const partitionAnswer = (fetched: FetchedOffset, apiVersion: number): PartitionAnswer => ({
  partitionIndex: fetched.partition,
  committedOffset: int64Of(fetched.offset),
  committedLeaderEpoch: fetched.leaderEpoch,
  metadata: fetched.metadata,
  errorCode: errorCodeOf(
    apiVersion === 0 && fetched.offset === -1 ? 'UNKNOWN_TOPIC_OR_PARTITION' : fetched.error,
  ),
})

const failedTopics = ({ topics }: AskedGroup, error: ErrorName) =>
  (topics ?? []).map(({ name, topicId, partitionIndexes }) => ({
    name,
    topicId,
    partitions: partitionIndexes.map((partitionIndex) => ({
      partitionIndex,
      committedOffset: -1n,
      committedLeaderEpoch: -1,
      metadata: '',
      errorCode: errorCodeOf(error),
    })),
  }))
