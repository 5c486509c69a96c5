/** One partition as one broker sees it (being written: the signatures below are final). */

import type { PartitionImage, Uuid } from '../coordinator/cluster/image.ts'
import type { ErrorName } from '../protocol/errors.ts'
import type { EpochEndOffset, ReadRequest, ReadResult, ReplicationStatus } from './results.ts'

export interface AppendOptions {
  /** -1: all, 1: leader only, 0: no answer. Only -1 is held to min.insync.replicas. */
  readonly requiredAcks: number
  readonly origin: 'client' | 'coordinator'
  /** Coordinators: refuse unless this is still the epoch. */
  readonly expectedLeaderEpoch?: number
}

export declare class Partition {
  readonly topic: string
  readonly topicId: Uuid
  readonly index: number
  /** -1: none. */
  get leaderId(): number
  get leaderEpoch(): number
  get isLeader(): boolean
  get replicas(): readonly number[]
  get isr(): readonly number[]
  get image(): PartitionImage
  get highWatermark(): number
  get lastStableOffset(): number
  get logStartOffset(): number
  get logEndOffset(): number
  get log(): unknown
  /**
   * Appends batches as the leader. The result is PartitionLog's. Refusal: NOT_LEADER_OR_FOLLOWER, NOT_ENOUGH_REPLICAS,
   * KAFKA_STORAGE_ERROR, and what the log refuses. For acks=all wait until `replicationOf(lastOffset + 1).done`.
   */
  appendAsLeader(records: Buffer, options: AppendOptions): unknown
  replicationOf(requiredOffset: number): ReplicationStatus
  /** Reads for a consumer: up to the high watermark, or the last stable offset when read-committed. */
  read(request: ReadRequest): ReadResult
  /** Bytes that `read` could give from `offset` on; for Fetch's min bytes. */
  /** OffsetForLeaderEpoch; `currentLeaderEpoch` -1: not checked. */
  endOffsetForEpoch(
    currentLeaderEpoch: number,
    leaderEpoch: number,
  ): EpochEndOffset & { readonly error: ErrorName | null }
  /** Null when a request with this leader epoch (-1: any) may be served by this leader; otherwise the error. */
  checkLeader(currentLeaderEpoch: number): ErrorName | null
  /** DeleteRecords: -1 is the high watermark. Returns the new log start offset. Refusal: OFFSET_OUT_OF_RANGE, …. */
  deleteRecordsBefore(offset: number): number
  /** Smallest log start offset of all live replicas: DeleteRecords is done when it reaches the asked offset. */
  get lowWatermark(): number
}
