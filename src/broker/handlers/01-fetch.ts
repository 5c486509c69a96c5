import type { TopicImage } from '../../coordinator/cluster/image.ts'
import { ZERO_UUID } from '../../coordinator/cluster/topics.ts'
import { type ErrorName, Refusal } from '../../protocol/errors.ts'
import { Fetch } from '../../protocol/messages/01-fetch.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema/api.ts'
import type { Partition } from '../../replication/partition.ts'
import { type Isolation, type ReadResult, readFailed } from '../../replication/results.ts'
import type { RequestContext } from '../context.ts'
import { forOldClient, UNCONVERTED_SINCE } from '../down-conversion.ts'
import type { FetchSession, FetchTarget, SessionFetch, SessionRequest } from '../fetch-sessions.ts'
import { handler, type Outcome } from '../handler.ts'
import { findReplica, LeaderHints } from '../lookup.ts'
import type { Parked } from '../purgatory.ts'
import { errorCodeOf, int64Of, offsetOf } from '../wire.ts'

type Request = RequestOf<typeof Fetch>
type Response = ResponseOf<typeof Fetch>
type TopicResponse = { topic: string; topicId: string; partitions: PartitionResponse[] }
type PartitionResponse = Response['responses'][number]['partitions'][number]

/** From this version on the whole response has a limit, and the first batch always fits (KIP-74). */
const RESPONSE_LIMIT_SINCE = 3
const ZSTD_SINCE = 10
const TOPIC_IDS_SINCE = 13
const REPLICA_STATE_SINCE = 15
const LEADER_HINTS_SINCE = 16
const READ_UNCOMMITTED = 0
const READ_COMMITTED = 1

const NO_RECORDS = Buffer.alloc(0)
const EMPTY: readonly never[] = Object.freeze([])

/**
 * Fetch, versions 0 to 18: batches from the given offsets on, up to the high watermark (read_committed: the
 * last stable offset). Waits up to `maxWaitMs` until there are `minBytes`, or an error. Records leave by
 * reference, as they are stored; for versions 0 to 3 they are converted to the old message formats. Sessions
 * are KIP-227's.
 *
 * Errors: of the whole, FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH,
 * FETCH_SESSION_TOPIC_ID_ERROR, UNKNOWN_SERVER_ERROR (an isolation level that does not exist); of a
 * partition, UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID, NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH,
 * UNKNOWN_LEADER_EPOCH, OFFSET_OUT_OF_RANGE, UNSUPPORTED_COMPRESSION_TYPE (zstd, before v10).
 *
 * Differs from Kafka: 4.x serves versions 4 to 18 alone. Batches come whole: the end of a response is never a
 * part of a batch, apart from versions 0 to 2, whose clients learn so that one message exceeds their limit.
 * The replicas of this cluster have links of their own; a Fetch with a replica id gets
 * NOT_LEADER_OR_FOLLOWER, as who is no replica does.
 */
export const fetch = handler(Fetch, {
  handle(request, context) {
    const { broker, apiVersion } = context
    if (request.isolationLevel !== READ_COMMITTED && request.isolationLevel !== READ_UNCOMMITTED) {
      throw new Refusal('UNKNOWN_SERVER_ERROR')
    }
    const asked = sessionRequestOf(request, apiVersion)
    const plan = broker.fetchSessions.begin(asked)
    if (plan.error !== null) {
      return { errorCode: errorCodeOf(plan.error), sessionId: 0, responses: EMPTY, nodeEndpoints: EMPTY }
    }
    const run = new FetchRun(request, context, asked, plan)
    run.read()
    return run.isReady ? run.response() : run.wait()
  },

  refuse(request, { code }, { apiVersion }) {
    const errorCode = errorCodeOf(code)
    // With topic ids the error of the whole response has to do; before, each partition has it as well.
    const topics = apiVersion >= TOPIC_IDS_SINCE ? [] : request.topics
    return {
      errorCode,
      sessionId: 0,
      responses: topics.map(({ topic, topicId, partitions }) => ({
        topic,
        topicId,
        partitions: partitions.map(({ partition }) => failedPartition(partition, errorCode)),
      })),
      nodeEndpoints: EMPTY,
    }
  },
})

const failedPartition = (partitionIndex: number, errorCode: number): PartitionResponse => ({
  partitionIndex,
  errorCode,
  highWatermark: -1n,
  logStartOffset: -1n,
  abortedTransactions: EMPTY,
  records: NO_RECORDS,
})

const sessionRequestOf = (request: Request, apiVersion: number): SessionRequest => {
  const usesTopicIds = apiVersion >= TOPIC_IDS_SINCE
  const targets: FetchTarget[] = []
  for (const { topic, topicId, partitions } of request.topics) {
    const key = usesTopicIds ? topicId : topic
    for (const asked of partitions) {
      targets.push({
        topic: key,
        partition: asked.partition,
        fetchOffset: offsetOf(asked.fetchOffset),
        currentLeaderEpoch: asked.currentLeaderEpoch,
        lastFetchedEpoch: asked.lastFetchedEpoch,
        maxBytes: Math.max(0, asked.partitionMaxBytes),
        toldHighWatermark: -1,
        toldLogStartOffset: -1,
      })
    }
  }
  return {
    sessionId: request.sessionId,
    sessionEpoch: request.sessionEpoch,
    usesTopicIds,
    isFollower: replicaIdOf(request, apiVersion) >= 0,
    targets,
    forgotten: request.forgottenTopicsData.map(({ topic, topicId, partitions }) => ({
      topic: usesTopicIds ? topicId : topic,
      partitions,
    })),
  }
}

const replicaIdOf = (request: Request, apiVersion: number): number =>
  apiVersion >= REPLICA_STATE_SINCE ? request.replicaState.replicaId : request.replicaId

/** One partition of a fetch, as it was read last. */
interface Row {
  readonly target: FetchTarget
  readonly topic: TopicImage | undefined
  readonly result: ReadResult
  /**
   * The cluster does not know the partition: the list of aborted transactions is then empty rather than null.
   */
  readonly unknown: boolean
}

/** One request at work: what was read, and whether that is enough. */
class FetchRun implements Parked<Partition> {
  keys: Partition[] = []
  readonly #request: Request
  readonly #context: RequestContext
  readonly #asked: SessionRequest
  readonly #plan: SessionFetch
  readonly #isolation: Isolation
  readonly #maxBytes: number
  readonly #minBytes: number
  #rows: Row[] = []
  #sizeBytes = 0
  /** Something was found that the client should hear of at once: an error, or that its log diverges. */
  #urgent = false
  #resolve: ((outcome: Outcome<typeof Fetch>) => void) | undefined
  #reject: ((error: unknown) => void) | undefined

  constructor(request: Request, context: RequestContext, asked: SessionRequest, plan: SessionFetch) {
    this.#request = request
    this.#context = context
    this.#asked = asked
    this.#plan = plan
    this.#isolation = request.isolationLevel === READ_COMMITTED ? 'read-committed' : 'read-uncommitted'
    this.#maxBytes =
      context.apiVersion < RESPONSE_LIMIT_SINCE
        ? Number.MAX_SAFE_INTEGER
        : Math.max(0, Math.min(request.maxBytes, context.broker.config.number('fetch.max.bytes')))
    this.#minBytes = Math.min(request.minBytes, this.#maxBytes)
  }

  get isReady(): boolean {
    return (
      this.#urgent ||
      this.#sizeBytes >= this.#minBytes ||
      this.#request.maxWaitMs <= 0 ||
      this.#plan.targets.length === 0
    )
  }

  /** Reads every partition anew. */
  read(): void {
    const hasLimit = this.#context.apiVersion >= RESPONSE_LIMIT_SINCE
    const image = this.#context.broker.image
    const byId = this.#asked.usesTopicIds
    this.#rows = []
    this.keys = []
    this.#sizeBytes = 0
    this.#urgent = false
    for (const target of this.#plan.targets) {
      const topic = byId ? image.topicById(target.topic) : image.topic(target.topic)
      const replica = this.#replicaOf(topic, target.partition)
      if (typeof replica === 'string') {
        const unknown = replica !== 'NOT_LEADER_OR_FOLLOWER'
        this.#rows.push({ target, topic, result: readFailed(replica), unknown })
        this.#urgent = true
        continue
      }
      const room = this.#maxBytes - this.#sizeBytes
      const read = replica.read({
        offset: target.fetchOffset,
        maxBytes: Math.max(0, Math.min(target.maxBytes, room)),
        minOneBatch: this.#sizeBytes === 0 || !hasLimit,
        isolation: this.#isolation,
        currentLeaderEpoch: target.currentLeaderEpoch,
        lastFetchedEpoch: target.lastFetchedEpoch,
      })
      const result = this.#convert(read, replica, target)
      if (result.error !== null || result.divergingEpoch !== null) this.#urgent = true
      this.#sizeBytes += result.sizeBytes
      this.#rows.push({ target, topic, result, unknown: false })
      this.keys.push(replica)
    }
  }

  #replicaOf(topic: TopicImage | undefined, partition: number): Partition | ErrorName {
    if (topic === undefined && this.#asked.usesTopicIds) return 'UNKNOWN_TOPIC_ID'
    const replica = findReplica(this.#context.broker, topic, partition)
    return typeof replica !== 'string' && this.#asked.isFollower ? 'NOT_LEADER_OR_FOLLOWER' : replica
  }

  /** What an older client can read: other message formats, no zstd. */
  #convert(read: ReadResult, partition: Partition, target: FetchTarget): ReadResult {
    const { apiVersion, broker } = this.#context
    if (apiVersion >= ZSTD_SINCE || read.sizeBytes === 0) return read
    if (apiVersion < UNCONVERTED_SINCE) return forOldClient(read, target, apiVersion)
    const settings = broker.settings.topic(broker.image, partition.topic)
    return settings.string('compression.type') === 'zstd' ? readFailed('UNSUPPORTED_COMPRESSION_TYPE') : read
  }

  wait(): Promise<Outcome<typeof Fetch>> {
    const { broker, connection } = this.#context
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      this.#rows = []
      broker.delayed.park(this, connection, this.#request.maxWaitMs)
    })
  }

  tryComplete(expired: boolean): boolean {
    try {
      this.read()
      if (!expired && !this.isReady) return false
      this.#resolve?.(this.response())
    } catch (error) {
      this.#reject?.(error)
    }
    return true
  }

  response(): Response {
    const hints = new LeaderHints(this.#context)
    const found = this.#plan.mayCreate ? this.#context.broker.fetchSessions.create(this.#asked) : null
    const session = found ?? this.#plan.session
    const responses: TopicResponse[] = []
    for (const row of this.#rows) {
      const changed = session === null || tellChange(row, this.#plan.session === null)
      if (!changed) continue
      this.#topicResponse(responses, row.target.topic).partitions.push(this.#partitionResponse(row, hints))
    }
    if (this.#plan.session !== null) rotate(this.#plan.session, this.#rows)
    return { errorCode: 0, sessionId: session?.id ?? 0, responses, nodeEndpoints: hints.nodes }
  }

  /** The entry of a topic: the last one, if it is the same. */
  #topicResponse(responses: TopicResponse[], topic: string): TopicResponse {
    const byId = this.#asked.usesTopicIds
    const last = responses.at(-1)
    if (last !== undefined && (byId ? last.topicId : last.topic) === topic) return last
    const entry: TopicResponse = byId
      ? { topic: '', topicId: topic, partitions: [] }
      : { topic, topicId: ZERO_UUID, partitions: [] }
    responses.push(entry)
    return entry
  }

  #partitionResponse({ target, topic, result, unknown }: Row, hints: LeaderHints): PartitionResponse {
    const { error, divergingEpoch } = result
    if (unknown) return failedPartition(target.partition, errorCodeOf(error))
    const moved = error === 'NOT_LEADER_OR_FOLLOWER' || error === 'FENCED_LEADER_EPOCH'
    const hinted = moved && topic !== undefined && this.#context.apiVersion >= LEADER_HINTS_SINCE
    return {
      partitionIndex: target.partition,
      errorCode: errorCodeOf(error),
      highWatermark: int64Of(result.highWatermark),
      lastStableOffset: int64Of(result.lastStableOffset),
      logStartOffset: int64Of(result.logStartOffset),
      divergingEpoch:
        divergingEpoch === null
          ? undefined
          : { epoch: divergingEpoch.leaderEpoch, endOffset: int64Of(divergingEpoch.endOffset) },
      currentLeader: hinted ? hints.leaderOf(topic, target.partition) : undefined,
      abortedTransactions:
        result.abortedTransactions?.map(({ producerId, firstOffset }) => ({
          producerId: int64Of(producerId),
          firstOffset: int64Of(firstOffset),
        })) ?? null,
      records: result.sizeBytes === 0 ? NO_RECORDS : result.buffers,
    }
  }
}

/** Notes in the session what the client is told. True: it differs from before, or `all` is told. */
const tellChange = ({ target, result }: Row, all: boolean): boolean => {
  const { error, highWatermark, logStartOffset } = result
  const changed =
    result.sizeBytes > 0 ||
    error !== null ||
    result.divergingEpoch !== null ||
    highWatermark !== target.toldHighWatermark ||
    logStartOffset !== target.toldLogStartOffset
  target.toldHighWatermark = error === null ? highWatermark : -1
  target.toldLogStartOffset = logStartOffset
  return all || changed
}

/** Partitions that gave records are served last the next time. */
const rotate = (session: FetchSession, rows: readonly Row[]): void => {
  for (const { target, result } of rows) if (result.sizeBytes > 0) session.moveToEnd(target)
}
