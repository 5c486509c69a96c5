import type { TopicImage } from '../../coordinator/cluster/image.ts'
import { hasTransactionalRecords } from '../../log/append-validation.ts'
import { RecordsRefused } from '../../log/log-types.ts'
import { type ErrorName, Refusal } from '../../protocol/errors.ts'
import { Produce } from '../../protocol/messages/00-produce.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema/api.ts'
import type { Partition } from '../../replication/partition.ts'
import type { RequestContext } from '../context.ts'
import { CLOSE_CONNECTION, handler, NO_RESPONSE, type Outcome } from '../handler.ts'
import { findReplica, LeaderHints } from '../lookup.ts'
import type { Parked } from '../purgatory.ts'
import { errorCodeOf, int64Of, refusalOf } from '../wire.ts'

type Request = RequestOf<typeof Produce>
type Response = ResponseOf<typeof Produce>
type PartitionData = Request['topicData'][number]['partitionData'][number]
/** Mutable: what waits for replication may still fail. */
type PartitionResponse = { -readonly [K in keyof RawPartitionResponse]: RawPartitionResponse[K] }
type RawPartitionResponse = Response['responses'][number]['partitionResponses'][number]

/** An append that is not on every in-sync replica yet. */
interface Pending {
  readonly partition: Partition
  readonly requiredOffset: number
  readonly response: PartitionResponse
}

/** What an admin client calls itself: it alone may write to internal topics. */
const ADMIN_CLIENT_ID = '__admin_client'
/** From this version on transactions that broke are told so (KIP-890). */
const ABORTABLE_SINCE = 11
/** From this version on the response names new leaders (KIP-951). */
const LEADER_HINTS_SINCE = 10

/** With these a real broker answers log start offset -1, with all others the partition's. */
const TELLS_NOTHING: ReadonlySet<ErrorName> = new Set([
  'NOT_LEADER_OR_FOLLOWER',
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'CORRUPT_MESSAGE',
  'KAFKA_STORAGE_ERROR',
])

const EMPTY: readonly never[] = Object.freeze([])
const NO_ANSWER_BUT_ERRORS = 0

/**
 * Produce, versions 0 to 13: appends each partition's batch to its leader's log. acks=1 answers then, acks=-1
 * when every in-sync replica has it (or `timeoutMs` is over: REQUEST_TIMED_OUT, with the records in the log),
 * acks=0 not at all; an error then closes the connection, which is all that such a producer can notice.
 *
 * Errors, of each partition by itself: what the log refuses (CORRUPT_MESSAGE, INVALID_RECORD,
 * MESSAGE_TOO_LARGE, …), UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID (v13), NOT_LEADER_OR_FOLLOWER,
 * NOT_ENOUGH_REPLICAS(_AFTER_APPEND), INVALID_TOPIC_EXCEPTION (internal topics), INVALID_REQUIRED_ACKS.
 *
 * Differs from Kafka: 4.x lists versions 0-2 and refuses them; here they are served, as up to 3.9. A
 * partition without records (null) gets INVALID_RECORD; a real broker never answers. Transactional batches
 * are refused with INVALID_TXN_STATE (TRANSACTION_ABORTABLE from v11), since no transaction can have begun:
 * there is no coordinator yet.
 */
export const produce = handler(Produce, {
  overlaps: true,
  // Records are read by `append` alone, and what waits for replicas waits without them.
  recyclesFrame: true,

  handle(request, context) {
    const { acks } = request
    if (acks < -1 || acks > 1) throw new Refusal('INVALID_REQUIRED_ACKS')
    checkTransactional(request)
    const run = new ProduceRun(request, context)
    run.append()
    if (acks === NO_ANSWER_BUT_ERRORS) return run.failed ? CLOSE_CONNECTION : NO_RESPONSE
    return run.isWaiting ? run.wait() : run.response()
  },

  refuse(request, refusal) {
    if (request.acks === NO_ANSWER_BUT_ERRORS) return CLOSE_CONNECTION
    const errorMessage = refusal instanceof RecordsRefused ? refusal.clientMessage : null
    return {
      responses: request.topicData.map(({ name, topicId, partitionData }) => ({
        name,
        topicId,
        partitionResponses: partitionData.map(({ index }) => ({
          ...failedResponse(index, refusal.code),
          errorMessage,
        })),
      })),
      nodeEndpoints: EMPTY,
    }
  },
})

const checkTransactional = (request: Request): void => {
  if (request.transactionalId !== null) return
  for (const { partitionData } of request.topicData) {
    for (const { records } of partitionData) {
      if (records !== null && hasTransactionalRecords(records)) {
        throw new Refusal('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
      }
    }
  }
}

const failedResponse = (index: number, error: ErrorName): PartitionResponse => ({
  index,
  errorCode: errorCodeOf(error),
  baseOffset: -1n,
  logAppendTimeMs: -1n,
  logStartOffset: -1n,
  recordErrors: EMPTY,
  errorMessage: null,
})

/** A partition that comes twice counts once, with what came last, as in Kafka. */
const lastOfEach = (partitionData: readonly PartitionData[]): Iterable<PartitionData> => {
  if (partitionData.length === 1) return partitionData
  return new Map(partitionData.map((data) => [data.index, data])).values()
}

const UNKNOWN_CODES: ReadonlySet<number> = new Set([
  errorCodeOf('UNKNOWN_TOPIC_OR_PARTITION'),
  errorCodeOf('UNKNOWN_TOPIC_ID'),
])

/** What does not exist is told after all else, as a real broker puts its answer together. */
const unknownLast = (topics: { partitionResponses: PartitionResponse[] }[]): void => {
  const isUnknown = ({ errorCode }: PartitionResponse): number => (UNKNOWN_CODES.has(errorCode) ? 1 : 0)
  const allUnknown = ({ partitionResponses }: (typeof topics)[number]): number =>
    partitionResponses.every((response) => isUnknown(response)) ? 1 : 0
  for (const { partitionResponses } of topics) partitionResponses.sort((a, b) => isUnknown(a) - isUnknown(b))
  topics.sort((a, b) => allUnknown(a) - allUnknown(b))
}

/** One request at work: the answers so far, and what they wait for. */
class ProduceRun implements Parked<Partition> {
  readonly keys: Partition[] = []
  readonly #request: Request
  readonly #context: RequestContext
  readonly #hints: LeaderHints
  readonly #responses: {
    name: string
    topicId: string
    partitionResponses: PartitionResponse[]
  }[] = []
  #pending: Pending[] = []
  #resolve: ((outcome: Outcome<typeof Produce>) => void) | undefined
  failed = false

  constructor(request: Request, context: RequestContext) {
    this.#request = request
    this.#context = context
    this.#hints = new LeaderHints(context)
  }

  get isWaiting(): boolean {
    return this.#pending.length > 0
  }

  append(): void {
    const { image } = this.#context.broker
    const byId = this.#context.apiVersion >= 13
    for (const { name, topicId, partitionData } of this.#request.topicData) {
      const topic = byId ? image.topicById(topicId) : image.topic(name)
      const partitionResponses: PartitionResponse[] = []
      for (const data of lastOfEach(partitionData)) {
        partitionResponses.push(
          topic === undefined && byId
            ? this.#fail(data.index, 'UNKNOWN_TOPIC_ID')
            : this.#appendTo(topic, data),
        )
      }
      this.#responses.push({ name, topicId, partitionResponses })
    }
    if (this.failed) unknownLast(this.#responses)
  }

  #appendTo(topic: TopicImage | undefined, data: PartitionData): PartitionResponse {
    const { index, records } = data
    const { broker, clientId, apiVersion } = this.#context
    const partition = findReplica(broker, topic, index)
    if (typeof partition === 'string') return this.#fail(index, partition, topic)
    if (topic?.isInternal && clientId !== ADMIN_CLIENT_ID) return this.#fail(index, 'INVALID_TOPIC_EXCEPTION')
    if (records === null) return this.#fail(index, 'INVALID_RECORD')
    if (hasTransactionalRecords(records)) {
      return this.#fail(index, apiVersion >= ABORTABLE_SINCE ? 'TRANSACTION_ABORTABLE' : 'INVALID_TXN_STATE')
    }
    const requiredAcks = this.#request.acks
    try {
      const appended = partition.appendAsLeader(records, {
        requiredAcks,
        origin: 'client',
        produceVersion: apiVersion,
      })
      const response: PartitionResponse = {
        index,
        errorCode: 0,
        baseOffset: int64Of(appended.firstOffset),
        logAppendTimeMs: int64Of(appended.logAppendTimeMs),
        logStartOffset: int64Of(partition.logStartOffset),
        recordErrors: EMPTY,
        errorMessage: null,
      }
      if (requiredAcks === -1) this.#waitFor({ partition, requiredOffset: appended.lastOffset + 1, response })
      return response
    } catch (error) {
      return this.#refused(partition, topic, error)
    }
  }

  #waitFor(pending: Pending): void {
    if (this.#settled(pending)) return
    this.#pending.push(pending)
    this.keys.push(pending.partition)
  }

  /** True when nothing is to be waited for; an error that came after the append is then in the response. */
  #settled({ partition, requiredOffset, response }: Pending): boolean {
    const { done, error } = partition.replicationOf(requiredOffset)
    if (error !== null) response.errorCode = errorCodeOf(error)
    return done
  }

  #refused(partition: Partition, topic: TopicImage | undefined, error: unknown): PartitionResponse {
    const refusal = refusalOf(error)
    const response = this.#fail(partition.index, refusal.code, topic)
    if (!(refusal instanceof RecordsRefused)) {
      if (!TELLS_NOTHING.has(refusal.code)) response.logStartOffset = int64Of(partition.logStartOffset)
      return response
    }
    if (refusal.wholeRequest) throw refusal
    if (refusal.logStartOffsetKnown) response.logStartOffset = int64Of(partition.logStartOffset)
    response.errorMessage = refusal.clientMessage
    response.recordErrors = refusal.recordErrors.map(({ batchIndex, message }) => ({
      batchIndex,
      batchIndexErrorMessage: message,
    }))
    return response
  }

  #fail(index: number, error: ErrorName, topic?: TopicImage): PartitionResponse {
    this.failed = true
    const response = failedResponse(index, error)
    if (error === 'NOT_LEADER_OR_FOLLOWER' && topic && this.#context.apiVersion >= LEADER_HINTS_SINCE) {
      response.currentLeader = this.#hints.leaderOf(topic, index)
    }
    return response
  }

  wait(): Promise<Outcome<typeof Produce>> {
    const { broker, connection } = this.#context
    return new Promise((resolve) => {
      this.#resolve = resolve
      broker.delayed.park(this, connection, this.#request.timeoutMs)
    })
  }

  tryComplete(expired: boolean): boolean {
    this.#pending = this.#pending.filter((pending) => !this.#settled(pending))
    if (this.#pending.length > 0 && !expired) return false
    for (const { response } of this.#pending) response.errorCode = errorCodeOf('REQUEST_TIMED_OUT')
    this.#resolve?.(this.response())
    return true
  }

  response(): Response {
    return { responses: this.#responses, nodeEndpoints: this.#hints.nodes }
  }
}
