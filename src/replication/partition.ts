/**
 * One partition as one broker sees it: as its leader (appends, high watermark, ISR, what followers have) or as a follower
 * (what to fetch next, divergence). Source: Kafka's Partition class.
 */

import type { PartitionImage, Uuid } from '../coordinator/cluster/image.ts'
import type { AppendResult, EpochEndOffset } from '../log/log-types.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import { type ErrorName, Refusal } from '../protocol/errors.ts'
import type { Clock } from '../runtime/clock.ts'
import { Leader } from './leader.ts'
import {
  type PartitionChange,
  type ReadRequest,
  type ReadResult,
  type ReplicationStatus,
  readFailed,
} from './results.ts'

/** What a partition needs of its broker. */
export interface PartitionHost {
  readonly brokerId: number
  readonly clock: Clock
  readonly replicaLagTimeMaxMs: number
  /** Whether a broker may be in an ISR: registered, not fenced, not stopping. */
  isActive(brokerId: number): boolean
  /** Tells the listener of the broker. */
  changed(partition: Partition, change: PartitionChange): void
  /** Followers that wait for something new get it. */
  wakeFollowers(partition: Partition): void
  /** Some follower is behind from now on: it is looked after until it caught up. */
  watchLag(partition: Partition): void
  /** Asks the controller, soon, for this ISR. */
  proposeIsr(partition: Partition, isr: readonly number[]): void
}

export interface AppendOptions {
  /** -1: all, 1: the leader, 0: nobody answers. Only -1 is held to min.insync.replicas. */
  readonly requiredAcks: number
  readonly origin: 'client' | 'coordinator'
  /** Version of the Produce request that brought the records. */
  readonly produceVersion?: number
  /** Of a control batch (PartitionLog's AppendOptions). */
  readonly transactionVersion?: number
  /** For coordinators: refused with NOT_LEADER_OR_FOLLOWER unless this is still the leader epoch. */
  readonly expectedLeaderEpoch?: number
}

export class Partition {
  readonly topic: string
  readonly topicId: Uuid
  readonly index: number
  readonly log: PartitionLog
  readonly #host: PartitionHost
  #image: PartitionImage
  #minInsyncReplicas: number
  #deleted = false
  #leader: Leader | null = null

  /** Begins without a role: `update` gives it one. */
  constructor(
    host: PartitionHost,
    identity: { readonly topic: string; readonly topicId: Uuid },
    image: PartitionImage,
    log: PartitionLog,
    minInsyncReplicas: number,
  ) {
    this.#host = host
    this.topic = identity.topic
    this.topicId = identity.topicId
    this.index = image.index
    this.log = log
    this.#minInsyncReplicas = minInsyncReplicas
    this.#image = { ...image, leader: -1, leaderEpoch: -1 }
  }

  get image(): PartitionImage {
    return this.#image
  }
  /** -1: none. */
  get leaderId(): number {
    return this.#image.leader
  }
  get leaderEpoch(): number {
    return this.#image.leaderEpoch
  }
  get isLeader(): boolean {
    return !this.#deleted && this.#image.leader === this.#host.brokerId
  }
  get isDeleted(): boolean {
    return this.#deleted
  }
  get replicas(): readonly number[] {
    return this.#image.replicas
  }
  get isr(): readonly number[] {
    return this.#image.isr
  }
  get highWatermark(): number {
    return this.log.highWatermark
  }
  get lastStableOffset(): number {
    return this.log.lastStableOffset
  }
  get logStartOffset(): number {
    return this.log.logStartOffset
  }
  get logEndOffset(): number {
    return this.log.logEndOffset
  }

  /** min.insync.replicas as it holds here: never more than there are replicas. */
  get minInsyncReplicas(): number {
    return Math.min(this.#minInsyncReplicas, this.#image.replicas.length)
  }

  /** False just after an election, until the high watermark is known again: "latest" is then OFFSET_NOT_AVAILABLE. */
  get offsetsAvailable(): boolean {
    return this.#leader === null || this.#leader.epochStartOffset <= this.log.highWatermark
  }

  // ---- changes of the cluster image

  /** Takes the state that the controller decided. */
  update(image: PartitionImage): void {
    const sameEpoch = image.leaderEpoch === this.#image.leaderEpoch
    this.#image = image
    if (!this.isLeader) this.#leader = null
    else if (this.#leader && sameEpoch) this.#leader.update(image)
    else this.#leader = new Leader(this.#host, this, image)
    this.#host.changed(this, 'leadership')
    this.#leader?.advanceHighWatermark()
  }

  updateMinInsyncReplicas(minInsyncReplicas: number): void {
    this.#minInsyncReplicas = minInsyncReplicas
    this.#leader?.advanceHighWatermark()
  }

  /** This broker holds it no longer. The log itself is the owner's to delete. */
  markDeleted(): void {
    this.#deleted = true
    this.#leader = null
    this.#host.changed(this, 'deleted')
  }

  // ---- leader: appends

  /**
   * Appends batches. Refusals: NOT_LEADER_OR_FOLLOWER, NOT_ENOUGH_REPLICAS (before anything is written), KAFKA_STORAGE_ERROR
   * and what the log refuses. For acks=all answer when `replicationOf(lastOffset + 1)` is done.
   */
  appendAsLeader(records: Buffer, options: AppendOptions): AppendResult {
    const { requiredAcks, expectedLeaderEpoch } = options
    const leaderEpoch = this.#image.leaderEpoch
    if (!this.#leader || (expectedLeaderEpoch !== undefined && expectedLeaderEpoch !== leaderEpoch)) {
      throw new Refusal('NOT_LEADER_OR_FOLLOWER')
    }
    if (requiredAcks === -1 && this.#image.isr.length < this.minInsyncReplicas) {
      throw new Refusal(
        'NOT_ENOUGH_REPLICAS',
        `${this.topic}-${this.index} has ${this.#image.isr.length} in-sync replica(s), ${this.minInsyncReplicas} are needed.`,
      )
    }
    const endBefore = this.log.logEndOffset
    const result = this.log.appendAsLeader(records, {
      leaderEpoch,
      origin: options.origin,
      ...(options.produceVersion !== undefined && { produceVersion: options.produceVersion }),
      ...(options.transactionVersion !== undefined && { transactionVersion: options.transactionVersion }),
    })
    if (this.log.logEndOffset !== endBefore) {
      this.#leader.appended(endBefore)
      this.#host.changed(this, 'appended')
      this.#leader?.advanceHighWatermark()
    }
    return result
  }

  /** Whether records before `requiredOffset` are replicated as acks=all asks. Source: checkEnoughReplicasReachOffset. */
  replicationOf(requiredOffset: number): ReplicationStatus {
    if (!this.isLeader) return NOT_LEADER
    if (this.log.highWatermark < requiredOffset) return NOT_YET
    return this.#image.isr.length < this.minInsyncReplicas ? NOT_ENOUGH_AFTER_APPEND : REPLICATED
  }

  // ---- leader: followers

  /** A follower in this epoch asks from `fetchOffset` on: it has all before. Call `checkFollowerFetch` first. */
  followerFetched(brokerId: number, fetchOffset: number, logStartOffset: number): void {
    this.#leader?.followerFetched(brokerId, fetchOffset, logStartOffset)
  }

  /** Whether a follower's fetch fits this leader: null, an error, or where its log left ours. */
  checkFollowerFetch(
    brokerId: number,
    fetchOffset: number,
    currentLeaderEpoch: number,
    lastFetchedEpoch: number,
  ): ErrorName | EpochEndOffset | null {
    const error = this.checkLeader(currentLeaderEpoch)
    if (error) return error
    if (!this.#image.replicas.includes(brokerId)) return 'NOT_LEADER_OR_FOLLOWER'
    return this.#checkPosition(fetchOffset, lastFetchedEpoch)
  }

  /** Proposes to drop members of the ISR that lag for too long. False: there is nothing to look after any more. */
  checkLag(): boolean {
    return this.#leader?.checkLag() ?? false
  }

  /** Brokers came or went: proposes followers that are in sync and may join the ISR now. */
  reviewIsr(): void {
    this.#leader?.reviewIsr()
  }

  /** The controller refused what `proposeIsr` asked for. */
  isrRefused(): void {
    this.#leader?.isrRefused()
  }

  // ---- reads

  /** Null when a request with this leader epoch (-1: any) may be served here as by the leader. */
  checkLeader(currentLeaderEpoch: number): ErrorName | null {
    if (currentLeaderEpoch !== -1 && !this.#deleted) {
      if (currentLeaderEpoch < this.#image.leaderEpoch) return 'FENCED_LEADER_EPOCH'
      if (currentLeaderEpoch > this.#image.leaderEpoch) return 'UNKNOWN_LEADER_EPOCH'
    }
    return this.isLeader ? null : 'NOT_LEADER_OR_FOLLOWER'
  }

  /** Reads for a consumer: up to the high watermark, or the last stable offset when read-committed. Leader only. */
  read(request: ReadRequest): ReadResult {
    const error = this.checkLeader(request.currentLeaderEpoch)
    if (error) return readFailed(error)
    const { log } = this
    const limit = request.isolation === 'read-committed' ? log.lastStableOffset : log.highWatermark
    return this.#readTo(request, limit)
  }

  /** Reads for a follower: all there is. */
  readForFollower(
    offset: number,
    maxBytes: number,
  ): { readonly buffers: readonly Buffer[]; readonly sizeBytes: number } {
    return this.log.read({ offset, maxBytes, minOneBatch: true, transient: true })
  }

  #readTo(request: ReadRequest, limit: number): ReadResult {
    const { log } = this
    const { offset } = request
    const position = this.#checkPosition(offset, request.lastFetchedEpoch)
    if (typeof position === 'string') return readFailed(position)
    const read =
      position === null && offset < limit
        ? log.read({
            offset,
            maxBytes: request.maxBytes,
            maxOffsetExclusive: limit,
            minOneBatch: request.minOneBatch,
            transient: true,
          })
        : null
    const aborted =
      request.isolation === 'read-committed'
        ? read && read.sizeBytes > 0
          ? log.abortedTransactions(offset, read.nextOffset)
          : []
        : null
    return {
      error: null,
      buffers: read?.buffers ?? [],
      sizeBytes: read?.sizeBytes ?? 0,
      highWatermark: log.highWatermark,
      lastStableOffset: log.lastStableOffset,
      logStartOffset: log.logStartOffset,
      divergingEpoch: position,
      abortedTransactions: aborted,
    }
  }

  #checkPosition(offset: number, lastFetchedEpoch: number): 'OFFSET_OUT_OF_RANGE' | EpochEndOffset | null {
    const { log } = this
    if (lastFetchedEpoch !== -1) {
      const end = log.endOffsetForEpoch(lastFetchedEpoch)
      // No epoch that old: the reader is before the start of this log.
      if (end.leaderEpoch === -1 || end.endOffset === -1) return 'OFFSET_OUT_OF_RANGE'
      if (end.leaderEpoch < lastFetchedEpoch || end.endOffset < offset) return end
    }
    return offset < log.logStartOffset || offset > log.logEndOffset ? 'OFFSET_OUT_OF_RANGE' : null
  }

  /** OffsetForLeaderEpoch: where `leaderEpoch`, or the newest one before it, ends in this log. Leader only. */
  endOffsetForEpoch(
    currentLeaderEpoch: number,
    leaderEpoch: number,
  ): EpochEndOffset & { readonly error: ErrorName | null } {
    const error = this.checkLeader(currentLeaderEpoch)
    if (error) return { error, leaderEpoch: -1, endOffset: -1 }
    return { error: null, ...this.log.endOffsetForEpoch(leaderEpoch) }
  }

  // ---- deletion of records

  /**
   * DeleteRecords: nothing before `offset` (-1: the high watermark) can be read any more. Returns the offset that was meant;
   * the request is done when `lowWatermark` reaches it. Refusal: NOT_LEADER_OR_FOLLOWER, OFFSET_OUT_OF_RANGE,
   * POLICY_VIOLATION where the topic is only compacted.
   */
  deleteRecordsBefore(offset: number): number {
    if (!this.#leader) throw new Refusal('NOT_LEADER_OR_FOLLOWER')
    const { log } = this
    const target = offset === -1 ? log.highWatermark : offset
    const startBefore = log.logStartOffset
    log.deleteRecordsBefore(target)
    if (log.logStartOffset !== startBefore) {
      if (this.#leader.hasFollowers) this.#host.wakeFollowers(this)
      this.#host.changed(this, 'logStart')
    }
    return target
  }

  /** Smallest log start offset of this leader and its live followers. */
  get lowWatermark(): number {
    return this.#leader?.lowWatermark ?? this.log.logStartOffset
  }

  // ---- follower

  /** What the leader sent, in order, and how far it is. */
  appendAsFollower(chunks: readonly Buffer[], leaderHighWatermark: number, leaderLogStart: number): void {
    const { log } = this
    if (chunks.length > 0) {
      log.appendAsFollower(chunks)
      this.#host.changed(this, 'appended')
    }
    const watermark = Math.min(leaderHighWatermark, log.logEndOffset)
    if (watermark > log.highWatermark) {
      log.setHighWatermark(watermark)
      this.#host.changed(this, 'highWatermark')
    }
    if (leaderLogStart > log.logStartOffset && leaderLogStart <= log.highWatermark) {
      log.increaseLogStartOffset(leaderLogStart)
      this.#host.changed(this, 'logStart')
    }
  }
}

const NOT_LEADER: ReplicationStatus = Object.freeze({ done: true, error: 'NOT_LEADER_OR_FOLLOWER' })
const NOT_YET: ReplicationStatus = Object.freeze({ done: false, error: null })
const REPLICATED: ReplicationStatus = Object.freeze({ done: true, error: null })
const NOT_ENOUGH_AFTER_APPEND: ReplicationStatus = Object.freeze({
  done: true,
  error: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
})
