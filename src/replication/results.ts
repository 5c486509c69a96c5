/** What a partition answers: plain values. Offsets are safe integers, -1 is "none". */

import type { AbortedTransaction, EpochEndOffset } from '../log/log-types.ts'
import type { ErrorName } from '../protocol/errors.ts'

/**
 * What happened to a partition of this broker. `leadership`: leader, leader epoch, ISR or role here changed (also: it was
 * just made). `deleted`: it is gone from this broker; the object answers NOT_LEADER_OR_FOLLOWER from now on.
 */
export type PartitionChange = 'appended' | 'highWatermark' | 'logStart' | 'leadership' | 'deleted'

/** Whether an append that ended before an offset is as durable as acks=all asks for. */
export interface ReplicationStatus {
  /** True: answer now, with `error` if there is one. False: look again at the next change of the partition. */
  readonly done: boolean
  /** NOT_ENOUGH_REPLICAS_AFTER_APPEND, NOT_LEADER_OR_FOLLOWER, or null. */
  readonly error: ErrorName | null
}

export type Isolation = 'read-uncommitted' | 'read-committed'

export interface ReadRequest {
  readonly offset: number
  readonly maxBytes: number
  /** Give the first batch even when it is larger than `maxBytes`. */
  readonly minOneBatch: boolean
  readonly isolation: Isolation
  /** The leader epoch that the client believes in; -1: it does not say. */
  readonly currentLeaderEpoch: number
  /** Epoch of the last record that the client read; -1: it does not say. Given, a diverging log is reported (KIP-320). */
  readonly lastFetchedEpoch: number
}

export interface ReadResult {
  /** OFFSET_OUT_OF_RANGE, NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH; the three offsets are then -1. */
  readonly error: ErrorName | null
  /** Whole batches, by reference: never change them. */
  readonly buffers: readonly Buffer[]
  readonly sizeBytes: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly logStartOffset: number
  /** Set when the reader's log left this one: it truncates to here and asks again. */
  readonly divergingEpoch: EpochEndOffset | null
  /** For read-committed; otherwise null. */
  readonly abortedTransactions: readonly AbortedTransaction[] | null
}

const NO_BUFFERS: readonly Buffer[] = Object.freeze([])

/** A read that is refused. */
export const readFailed = (error: ErrorName): ReadResult => ({
  error,
  buffers: NO_BUFFERS,
  sizeBytes: 0,
  highWatermark: -1,
  lastStableOffset: -1,
  logStartOffset: -1,
  divergingEpoch: null,
  abortedTransactions: null,
})
