import { DecodeError, ErrorCode } from '../protocol/errors.ts'
import { Fetch } from '../protocol/messages/01-fetch.ts'
import type { RequestInput, ResponseOutput } from '../protocol/schema/api.ts'
import { backoffMs, sleep } from './backoff.ts'
import { ClientError, refusalOf, throwIfRefused } from './client-error.ts'
import { type ClusterClient, NO_TOPIC_ID } from './cluster.ts'
import { type OffsetSpec, offsetOf } from './offsets.ts'
import type { RecordHeader } from './producer.ts'
import { type AbortedTransaction, type DecodedRecordSet, decodeRecordSet } from './record-sets.ts'

export interface ConsumedRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** -1: none (message format 0). */
  readonly timestampMs: number
  readonly timestampType: 'CreateTime' | 'LogAppendTime' | 'NoTimestampType'
  /** -1: not known (message formats 0 and 1). */
  readonly leaderEpoch: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly RecordHeader[]
}

export interface Assignment {
  readonly topic: string
  readonly partition: number
  /** An offset, or where to look for one. A time later than every record means the end. */
  readonly from: number | OffsetSpec
}

export interface ConsumerOptions {
  /** Leaves out records of transactions that are open or were aborted. */
  readonly readCommitted: boolean
  /** How long a broker waits for `minBytes`, and about the longest that `poll` takes. */
  readonly maxWaitMs: number
  readonly minBytes: number
  /** Most that one answer holds, but for a first batch that is larger. */
  readonly maxBytes: number
  readonly partitionMaxBytes: number
  /** Where to go on when the records at the position have been deleted; null: `poll` fails. */
  readonly whenOutOfRange: 'earliest' | 'latest' | null
}

const DEFAULT_CONSUMER_OPTIONS: ConsumerOptions = {
  readCommitted: false,
  maxWaitMs: 500,
  minBytes: 1,
  maxBytes: 16 * 1024 * 1024,
  partitionMaxBytes: 1024 * 1024,
  whenOutOfRange: 'earliest',
}

const PARTITION_BYTES_LARGEST = 128 * 1024 * 1024

/** One partition that is read. */
interface Cursor {
  readonly topic: string
  readonly partition: number
  position: number
  /** End of what may be read, as the last answer said; -1 before the first. */
  end: number
  partitionMaxBytes: number
  /** How often in a row it failed with an error that may pass, and since when. */
  failures: number
  failingSinceMs: number
}

/**
 * Reads partitions that it is told to read, without a group. Every leader has one fetch under way while `poll` is called
 * again; what it brings waits here until `poll` gives it out.
 */
export class Consumer {
  readonly #cluster: ClusterClient
  readonly #options: ConsumerOptions
  #cursors: Cursor[] = []
  #ready: ConsumedRecord[] = []
  /** Leader → its fetch that is under way. */
  readonly #underWay = new Map<number, Promise<void>>()
  #failure: Error | null = null
  #closed = false

  constructor(cluster: ClusterClient, options: Partial<ConsumerOptions> = {}) {
    this.#cluster = cluster
    this.#options = { ...DEFAULT_CONSUMER_OPTIONS, ...options }
  }

  /** Replaces what is read. Resolves when every starting position is known. */
  async assign(assignments: readonly Assignment[]): Promise<void> {
    const { readCommitted, partitionMaxBytes } = this.#options
    const cursors = await Promise.all(
      assignments.map(async ({ topic, partition, from }): Promise<Cursor> => {
        const found =
          typeof from === 'number'
            ? from
            : ((await offsetOf(this.#cluster, topic, partition, from, { readCommitted }))?.offset ??
              (await offsetOf(this.#cluster, topic, partition, 'latest', { readCommitted }))?.offset ??
              0)
        return {
          topic,
          partition,
          position: found,
          end: -1,
          partitionMaxBytes,
          failures: 0,
          failingSinceMs: 0,
        }
      }),
    )
    this.#cursors = cursors
    this.#ready = []
  }

  /** Offset of the next record of each partition, in the order of `assign`. */
  get positions(): readonly {
    readonly topic: string
    readonly partition: number
    readonly offset: number
  }[] {
    return this.#cursors.map(({ topic, partition, position }) => ({ topic, partition, offset: position }))
  }

  /** True when every partition has been read to where it ended when it was last asked, and all of that was given out. */
  get isAtEnd(): boolean {
    return this.#ready.length === 0 && this.#cursors.every(({ position, end }) => end >= 0 && position >= end)
  }

  /** The next records, in order within each partition; empty when none came in `maxWaitMs`. */
  async poll(): Promise<ConsumedRecord[]> {
    if (this.#closed) throw new ClientError('usage', 'the consumer is closed')
    if (this.#ready.length === 0) {
      await this.#fetchFromIdleLeaders()
      if (this.#underWay.size > 0) await Promise.race(this.#underWay.values())
    }
    const records = this.#ready
    this.#ready = []
    if (records.length === 0 && this.#failure !== null) throw this.#failure
    return records
  }

  /** Stops reading. The cluster client stays open. */
  close(): void {
    this.#closed = true
    this.#cursors = []
  }

  async #fetchFromIdleLeaders(): Promise<void> {
    const byLeader = new Map<number, Cursor[]>()
    for (const cursor of this.#cursors) {
      try {
        const leader = await this.#cluster.leader(cursor.topic, cursor.partition)
        const cursors = byLeader.get(leader)
        if (cursors === undefined) byLeader.set(leader, [cursor])
        else cursors.push(cursor)
      } catch (error) {
        await this.#troubled(cursor, error)
      }
    }
    for (const [leader, cursors] of byLeader) {
      if (this.#underWay.has(leader)) continue
      const fetch = this.#fetch(leader, cursors)
        .catch(async (error) => {
          for (const cursor of cursors) await this.#troubled(cursor, error)
        })
        .catch((error) => {
          this.#failure = error as Error
        })
        .finally(() => this.#underWay.delete(leader))
      this.#underWay.set(leader, fetch)
    }
  }

  async #fetch(leader: number, cursors: readonly Cursor[]): Promise<void> {
    const connection = await this.#cluster.node(leader)
    const ids = new Map<string, string | null>()
    for (const { topic } of cursors) ids.set(topic, (await this.#cluster.topic(topic)).id)
    const maxVersion = [...ids.values()].includes(null) ? 12 : Number.POSITIVE_INFINITY
    const version = connection.versionOf(Fetch, maxVersion) ?? 0
    const limitMs = this.#cluster.options.requestTimeoutMs + this.#options.maxWaitMs
    const response = await connection.request(Fetch, this.#request(cursors, ids), { version, limitMs })
    throwIfRefused(response.errorCode, `fetching from broker ${leader}`)
    for (const topic of response.responses) {
      const name = topic.topic !== '' ? topic.topic : [...ids].find(([, id]) => id === topic.topicId)?.[0]
      for (const answer of topic.partitions) {
        const cursor = cursors.find((each) => each.topic === name && each.partition === answer.partitionIndex)
        if (cursor !== undefined) await this.#accept(cursor, answer)
      }
    }
  }

  #request(cursors: readonly Cursor[], ids: ReadonlyMap<string, string | null>): RequestInput<typeof Fetch> {
    return {
      maxWaitMs: this.#options.maxWaitMs,
      minBytes: this.#options.minBytes,
      maxBytes: this.#options.maxBytes,
      isolationLevel: this.#options.readCommitted ? 1 : 0,
      sessionId: 0,
      sessionEpoch: -1,
      topics: [...ids].map(([topic, id]) => ({
        topic,
        topicId: id ?? NO_TOPIC_ID,
        partitions: cursors
          .filter((cursor) => cursor.topic === topic)
          .map(({ partition, position, partitionMaxBytes }) => ({
            partition,
            fetchOffset: BigInt(position),
            partitionMaxBytes,
          })),
      })),
      forgottenTopicsData: [],
      rackId: '',
    }
  }

  async #accept(cursor: Cursor, answer: PartitionAnswer): Promise<void> {
    // Read no more: assign() came in between.
    if (!this.#cursors.includes(cursor)) return
    if (answer.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE && this.#options.whenOutOfRange !== null) {
      const { topic, partition } = cursor
      cursor.position =
        (await offsetOf(this.#cluster, topic, partition, this.#options.whenOutOfRange))?.offset ?? 0
      return
    }
    const refused = refusalOf(answer.errorCode, `partition ${cursor.topic}-${cursor.partition}`)
    if (refused !== null) return this.#troubled(cursor, refused)
    cursor.failures = 0
    const { readCommitted } = this.#options
    cursor.end = Number(
      readCommitted && answer.lastStableOffset >= 0n ? answer.lastStableOffset : answer.highWatermark,
    )
    if (answer.records === null || answer.records.length === 0) return
    const aborted = readCommitted ? (answer.abortedTransactions ?? []) : null
    const { records, nextOffset } = decoded(answer.records, cursor, aborted)
    // Before Fetch v3 a batch that is larger than the limit comes cut off.
    if (nextOffset === null)
      cursor.partitionMaxBytes = Math.min(cursor.partitionMaxBytes * 2, PARTITION_BYTES_LARGEST)
    else cursor.position = nextOffset
    for (const record of records) this.#ready.push(record)
  }

  /** A partition that failed is tried again after a while when that may help; otherwise the error goes to `poll`. */
  async #troubled(cursor: Cursor, error: unknown): Promise<void> {
    const now = this.#cluster.env.clock.now()
    if (cursor.failures === 0) cursor.failingSinceMs = now
    cursor.failures++
    const mayPass = error instanceof ClientError && error.retriable
    if (this.#closed || !mayPass || now - cursor.failingSinceMs > this.#cluster.retryMs) throw error
    this.#cluster.forget(cursor.topic)
    await sleep(this.#cluster.env, backoffMs(this.#cluster.env, cursor.failures))
  }
}

const decoded = (
  set: Buffer,
  cursor: Cursor,
  aborted: readonly AbortedTransaction[] | null,
): DecodedRecordSet => {
  const { topic, partition, position } = cursor
  try {
    return decodeRecordSet(set, { topic, partition, from: position, aborted })
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause
    const where = `${topic}-${partition} from offset ${position}`
    throw new ClientError('protocol', `the records of ${where} cannot be read: ${cause.message}`, { cause })
  }
}

type PartitionAnswer = ResponseOutput<typeof Fetch>['responses'][number]['partitions'][number]
