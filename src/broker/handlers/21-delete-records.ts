import type { ErrorName } from '../../protocol/errors.ts'
import { DeleteRecords } from '../../protocol/messages/21-delete-records.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema/api.ts'
import type { Partition } from '../../replication/partition.ts'
import type { RequestContext } from '../context.ts'
import { handler, type Outcome } from '../handler.ts'
import { findReplica } from '../lookup.ts'
import type { Parked } from '../purgatory.ts'
import { errorCodeOf, int64Of, offsetOf, refusalOf } from '../wire.ts'

type Request = RequestOf<typeof DeleteRecords>
type Response = ResponseOf<typeof DeleteRecords>

/** What is answered of one partition; filled in when it is known. */
interface Result {
  readonly partitionIndex: number
  lowWatermark: bigint
  errorCode: number
}

interface Pending {
  readonly result: Result
  readonly partition: Partition
  /** The log start offset that every live replica is to reach. */
  readonly target: number
}

/**
 * DeleteRecords, all versions: nothing before an offset (-1: the high watermark) can be read any more.
 * Answered when every live replica has moved its log start, with the lowest of them.
 *
 * Errors per partition: UNKNOWN_TOPIC_OR_PARTITION, NOT_LEADER_OR_FOLLOWER, OFFSET_OUT_OF_RANGE,
 * POLICY_VIOLATION (a topic that is compacted and never deleted from), INVALID_TOPIC_EXCEPTION (an internal
 * topic), REQUEST_TIMED_OUT.
 *
 * Differs from Kafka: nothing known.
 */
export const deleteRecords = handler(DeleteRecords, {
  handle(request, context) {
    const deletion = new Deletion(request, context)
    return deletion.isDone ? deletion.response() : deletion.wait()
  },

  refuse: (request, refusal) => ({
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({
        partitionIndex,
        lowWatermark: -1n,
        errorCode: errorCodeOf(refusal.code),
      })),
    })),
  }),
})

/** One request at work. */
class Deletion implements Parked<Partition> {
  keys: readonly Partition[] = []
  readonly #request: Request
  readonly #context: RequestContext
  readonly #topics: { readonly name: string; readonly partitions: Result[] }[] = []
  #pending: Pending[] = []
  #resolve: ((outcome: Outcome<typeof DeleteRecords>) => void) | undefined

  constructor(request: Request, context: RequestContext) {
    this.#request = request
    this.#context = context
    for (const { name, partitions } of request.topics) {
      const results = partitions.map(({ partitionIndex, offset }) =>
        this.#begin(name, partitionIndex, offsetOf(offset)),
      )
      this.#topics.push({ name, partitions: results })
    }
    this.#pending = this.#pending.filter((pending) => !settle(pending))
  }

  get isDone(): boolean {
    return this.#pending.length === 0
  }

  wait(): Promise<Outcome<typeof DeleteRecords>> {
    const { broker, connection } = this.#context
    this.keys = this.#pending.map(({ partition }) => partition)
    return new Promise((resolve) => {
      this.#resolve = resolve
      broker.delayed.park(this, connection, this.#request.timeoutMs)
    })
  }

  tryComplete(expired: boolean): boolean {
    this.#pending = this.#pending.filter((pending) => !settle(pending))
    if (this.#pending.length > 0 && !expired) return false
    for (const { result, partition } of this.#pending) {
      result.errorCode = errorCodeOf('REQUEST_TIMED_OUT')
      result.lowWatermark = int64Of(partition.lowWatermark)
    }
    this.#resolve?.(this.response())
    return true
  }

  response(): Response {
    return { topics: this.#topics }
  }

  #begin(name: string, partitionIndex: number, offset: number): Result {
    const result: Result = { partitionIndex, lowWatermark: -1n, errorCode: 0 }
    const partition = this.#partitionOf(name, partitionIndex)
    if (typeof partition === 'string') {
      result.errorCode = errorCodeOf(partition)
      return result
    }
    try {
      this.#pending.push({ result, partition, target: partition.deleteRecordsBefore(offset) })
    } catch (error) {
      result.errorCode = errorCodeOf(refusalOf(error).code)
    }
    return result
  }

  #partitionOf(name: string, index: number): Partition | ErrorName {
    const { broker } = this.#context
    const topic = broker.image.topic(name)
    const partition = findReplica(broker, topic, index)
    if (partition === 'UNKNOWN_TOPIC_OR_PARTITION') return partition
    if (topic?.isInternal) return 'INVALID_TOPIC_EXCEPTION'
    if (typeof partition === 'string') return partition
    if (!partition.isLeader) return 'NOT_LEADER_OR_FOLLOWER'
    const policy = broker.settings.topic(broker.image, name).list('cleanup.policy')
    return policy.includes('compact') && !policy.includes('delete') ? 'POLICY_VIOLATION' : partition
  }
}

/** True when the partition's result is known, which is then filled in. */
function settle({ result, partition, target }: Pending): boolean {
  if (!partition.isLeader) {
    result.errorCode = errorCodeOf('NOT_LEADER_OR_FOLLOWER')
    return true
  }
  const { lowWatermark } = partition
  if (lowWatermark < target) return false
  result.lowWatermark = int64Of(lowWatermark)
  return true
}
