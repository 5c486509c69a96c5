import { type ErrorName, Refusal } from '../protocol/errors.ts'
import type { LogConfig } from './log-config.ts'
import type { TailCache } from './tail-cache.ts'

export interface PartitionLogOptions {
  /** The broker's log directory; the partition lives in `topic-partition` below it. */
  readonly directory: string
  readonly topic: string
  readonly partition: number
  /** 22 characters; written to `partition.metadata`. */
  readonly topicId?: string
  readonly config: LogConfig
  /** Shared by all logs of the process. */
  readonly cache: TailCache
  /** From the checkpoints of the directory; 0 when there are none. */
  readonly highWatermark?: number
  readonly logStartOffset?: number
  readonly recoveryPoint?: number
  /** The last stop was clean, so that nothing needs to be scanned. */
  readonly clean?: boolean
  /** Called after the log start offset moved: the directory keeps it in its checkpoint. */
  readonly onLogStartOffset?: () => void
}

/**
 * Who appends. `client`: everything is checked. `coordinator`: our own group and transaction coordinators, which write control
 * batches and batches without sequences. `replication`: bytes that a leader has checked already. Source: Kafka's AppendOrigin.
 */
export type AppendOrigin = 'client' | 'coordinator' | 'replication'

export interface AppendOptions {
  /** Stamped into every batch. */
  readonly leaderEpoch: number
  /** Default `client`. */
  readonly origin?: Exclude<AppendOrigin, 'replication'>
  /**
   * Version of the Produce request that brought the records; the newest by default. Below 7 zstd is refused, below 3 old
   * formats are taken.
   */
  readonly produceVersion?: number
  /** Version of the transaction protocol that wrote a control batch: from 2 on, a marker must carry a higher epoch. Default 0. */
  readonly transactionVersion?: number
}

/** What an append did. Offsets are absolute. */
export interface AppendResult {
  readonly firstOffset: number
  readonly lastOffset: number
  /**
   * The time that the records were stamped with; -1 when they keep their own. For a duplicate: the largest timestamp of the
   * original batch.
   */
  readonly logAppendTimeMs: number
  /** The batch was here already (same producer, epoch and sequences): nothing was written, the offsets are the original ones. */
  readonly duplicate: boolean
  readonly recordCount: number
  readonly sizeBytes: number
  /** Largest timestamp among the records, -1 when they have none. */
  readonly maxTimestamp: number
}

/** A record that made its batch refused. `batchIndex` counts the records of the batch from 0. */
export interface RecordError {
  readonly batchIndex: number
  readonly message: string
}

export interface RefusalDetail {
  /** What the client reads in ErrorMessage; null where a real broker sends none. */
  readonly clientMessage?: string | null
  readonly recordErrors?: readonly RecordError[]
  /** Found before the partition is looked at: a real broker answers with log start offset -1, else with the partition's. */
  readonly beforeAppend?: boolean
  /** The real broker fails the whole Produce request with this, not the partition alone. */
  readonly wholeRequest?: boolean
  readonly cause?: unknown
}

/**
 * Records that are refused. `code` and `recordErrors` go into the Produce answer; `clientMessage` is its ErrorMessage.
 * `logStartOffsetKnown` false: the answer carries -1 as log start offset.
 */
export class RecordsRefused extends Refusal {
  readonly recordErrors: readonly RecordError[]
  readonly clientMessage: string | null
  readonly logStartOffsetKnown: boolean
  readonly wholeRequest: boolean

  constructor(code: ErrorName, message: string, detail: RefusalDetail = {}) {
    super(code, message)
    this.recordErrors = detail.recordErrors ?? []
    this.clientMessage = detail.clientMessage ?? null
    this.logStartOffsetKnown = !detail.beforeAppend
    this.wholeRequest = detail.wholeRequest ?? false
    if (detail.cause !== undefined) this.cause = detail.cause
  }
}

/** The disk failed under the log: KAFKA_STORAGE_ERROR for the client, `cause` for the operator. */
export class StorageRefused extends Refusal {
  constructor(message: string, cause: unknown) {
    super('KAFKA_STORAGE_ERROR', message)
    this.cause = cause
  }
}

export interface ReadOptions {
  /** First offset wanted; the batch that contains it comes whole. */
  readonly offset: number
  /** Bound of the bytes returned. */
  readonly maxBytes: number
  /** Batches from here on are not visible (high watermark or last stable offset); default: the log end offset. */
  readonly maxOffsetExclusive?: number
  /** Return the first batch even if it is larger than `maxBytes`. Default false. */
  readonly minOneBatch?: boolean
  /** What is read from a file may lie in memory that is used again: see ReadResult. Default false. */
  readonly transient?: boolean
}

/**
 * Whole batches in order. The buffers are the log's own: read only, and good until the turn of the event loop ends. Who needs
 * them longer calls `retainSlab` (and `releaseSlab`) for each, or `pinSlab` where what is decoded keeps views of them.
 */
export interface ReadResult {
  readonly buffers: readonly Buffer[]
  readonly sizeBytes: number
  /** Base offset of the first batch returned; the offset asked for when there is none. */
  readonly firstOffset: number
  /** Offset after the last record returned; the offset asked for when nothing was. */
  readonly nextOffset: number
}

/** A place in the log found by time. `leaderEpoch` is -1 when it is not known. */
export interface TimestampOffset {
  readonly timestamp: number
  readonly offset: number
  readonly leaderEpoch: number
}

/** Answer of OffsetForLeaderEpoch (KIP-101, KIP-279); both -1 when the epoch is not known. */
export interface EpochEndOffset {
  readonly leaderEpoch: number
  readonly endOffset: number
}

/** An aborted transaction: its records from `firstOffset` to the marker at `lastOffset` are to be skipped. Source: AbortedTxn. */
export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
  readonly lastOffset: number
  /** The last stable offset when the transaction ended. */
  readonly lastStableOffset: number
}
