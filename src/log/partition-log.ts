import { join } from 'node:path'
import { Refusal } from '../protocol/errors.ts'
import type { Env } from '../runtime/env.ts'
import { validateAppend } from './append-validation.ts'
import * as header from './batch-header.ts'
import { DiskGuard } from './disk-guard.ts'
import type { LogConfig } from './log-config.ts'
import { LogFiles } from './log-files.ts'
import { LogReader, nothing } from './log-reader.ts'
import {
  type AbortedTransaction,
  type AppendOptions,
  type AppendResult,
  type EpochEndOffset,
  type PartitionLogOptions,
  type ReadOptions,
  type ReadResult,
  RecordsRefused,
  type TimestampOffset,
} from './log-types.ts'
import type { ActiveProducer } from './producer-state.ts'
import { LogTail } from './tail-cache.ts'
import { type FoundTimestamp, firstRecordSince, recordOfMaxTimestamp } from './timestamp-search.ts'

/**
 * One replica's records on disk: segments in Kafka's own format, indexes, leader epochs and producer state. Synchronous but for
 * `flush`. Offsets are safe integers. Files are made at the first append; a log without records costs nothing on the disk.
 *
 * Refusals: `RecordsRefused` for records that are not taken, OFFSET_OUT_OF_RANGE, `StorageRefused` (KAFKA_STORAGE_ERROR) when
 * the disk fails. Source: Kafka's UnifiedLog and LocalLog.
 */
export class PartitionLog {
  readonly topic: string
  readonly partition: number
  readonly #env: Env
  readonly #options: PartitionLogOptions
  readonly #name: string
  readonly #path: string
  #config: LogConfig
  readonly #files: LogFiles
  readonly #reader: LogReader
  readonly #tail: LogTail
  #logStartOffset = 0
  #logEndOffset = 0
  #highWatermark = 0
  #recoveryPoint = 0
  readonly #guard: DiskGuard

  private constructor(env: Env, options: PartitionLogOptions) {
    this.topic = options.topic
    this.partition = options.partition
    this.#env = env
    this.#options = options
    this.#config = options.config
    this.#name = `${options.topic}-${options.partition}`
    this.#path = join(options.directory, this.#name)
    this.#guard = new DiskGuard(this.#name, env.log)
    this.#tail = new LogTail(options.cache)
    this.#files = new LogFiles(env, this.#path, this.#name, options.topicId)
    this.#reader = new LogReader(this.#files.segments)
  }

  /** Opens what is on disk, or a log that is empty. After an unclean stop a torn tail is cut off. Throws StorageRefused. */
  static open(env: Env, options: PartitionLogOptions): PartitionLog {
    const log = new PartitionLog(env, options)
    log.#guard.run('opened', () => log.#load())
    return log
  }

  /** First offset that can be read. */
  get logStartOffset(): number {
    return this.#logStartOffset
  }

  /** Offset that the next record gets. */
  get logEndOffset(): number {
    return this.#logEndOffset
  }

  /** Records before it are on all in-sync replicas. */
  get highWatermark(): number {
    return this.#highWatermark
  }

  /** First offset that a read_committed consumer must not pass. */
  get lastStableOffset(): number {
    const unstable = this.#files.producers.firstUnstableOffset
    return unstable === undefined ? this.#highWatermark : Math.min(unstable, this.#highWatermark)
  }

  /** Bytes of all segments, without indexes. */
  get sizeBytes(): number {
    return this.#files.segments.sizeBytes
  }

  get segmentCount(): number {
    return this.#files.segments.length
  }

  /** Everything before it was synced to the device. */
  get recoveryPoint(): number {
    return this.#recoveryPoint
  }

  /** Epoch of the newest batch, -1 without one. */
  get latestEpoch(): number {
    return this.#files.epochs.latest
  }

  get config(): LogConfig {
    return this.#config
  }

  /** The partition's own directory; it exists once there are records. */
  get path(): string {
    return this.#path
  }

  updateConfig(config: LogConfig): void {
    this.#config = config
  }

  /**
   * Appends the records of one partition of a Produce request, or a coordinator's batch, at the log end offset. Base offset and
   * leader epoch are written into `records` in place; the buffer belongs to the log afterwards. Throws RecordsRefused,
   * Refusal (INVALID_PRODUCER_EPOCH, OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_TXN_STATE, TRANSACTION_COORDINATOR_FENCED) and
   * StorageRefused; nothing is appended then.
   */
  appendAsLeader(records: Buffer, options: AppendOptions): AppendResult {
    const origin = options.origin ?? 'client'
    this.#guard.requireUsable()
    const valid = validateAppend(records, {
      partition: this.#name,
      config: this.#config,
      origin,
      produceVersion: options.produceVersion,
      nowMs: this.#env.clock.now(),
    })
    const batch = valid.records
    const firstOffset = this.#logEndOffset
    const lastOffset = firstOffset + valid.lastOffsetDelta
    header.writeInt64(batch, 0, firstOffset)
    batch.writeInt32BE(options.leaderEpoch, 12)
    const { segmentBytes } = this.#config
    if (batch.length > segmentBytes) {
      const message = `The batch has ${batch.length} bytes, which exceeds segment.bytes of ${segmentBytes}`
      throw new RecordsRefused('RECORD_LIST_TOO_LARGE', message, { beforeAppend: true })
    }
    const known = this.#files.checkProducer(batch, origin, options.transactionVersion ?? 0)
    const { recordCount, maxTimestamp } = valid
    const sizeBytes = batch.length
    if (known !== undefined) {
      return {
        firstOffset: known.lastOffset - known.offsetDelta,
        lastOffset: known.lastOffset,
        logAppendTimeMs: known.timestamp,
        duplicate: true,
        recordCount,
        sizeBytes,
        maxTimestamp,
      }
    }
    this.#write(batch, firstOffset, lastOffset, maxTimestamp)
    const { logAppendTimeMs } = valid
    return {
      firstOffset,
      lastOffset,
      logAppendTimeMs,
      duplicate: false,
      recordCount,
      sizeBytes,
      maxTimestamp,
    }
  }

  /**
   * Appends batches that came from the leader, offsets and epochs and all; each chunk holds whole batches. They were checked
   * when the leader took them and come through memory, so checksums are not computed again. Offsets must not lie before the log
   * end offset (they may leave gaps, where the leader's log is compacted). Throws StorageRefused.
   */
  appendAsFollower(chunks: readonly Buffer[]): void {
    this.#guard.requireUsable()
    for (const chunk of chunks) {
      if (chunk.length === 0) continue
      let lastAt = 0
      let maxTimestamp = -1
      for (let at = 0; at < chunk.length; at += header.batchSize(chunk, at)) {
        lastAt = at
        maxTimestamp = Math.max(maxTimestamp, header.maxTimestampOf(chunk, at))
      }
      const first = header.baseOffset(chunk, 0)
      if (first < this.#logEndOffset)
        throw this.#outOfRange(first, this.#logEndOffset, Number.MAX_SAFE_INTEGER)
      this.#write(chunk, first, header.lastOffset(chunk, lastAt), maxTimestamp)
    }
  }

  /** `chunk` holds whole batches, the last of which ends with `lastOffset`. */
  #write(chunk: Buffer, firstOffset: number, lastOffset: number, maxTimestamp: number): void {
    this.#guard.run('written', () =>
      this.#files.write(chunk, this.#logEndOffset, lastOffset, maxTimestamp, this.#config),
    )
    // The bytes are in the file: should the disk fail now (the transaction index), the log can only be opened anew.
    const lastBatchAt = this.#guard.run('written', () => this.#files.takeIn(chunk, this.#config), true)
    this.#logEndOffset = lastOffset + 1
    this.#tail.append(chunk, firstOffset, this.#logEndOffset, lastBatchAt)
  }

  /** Ends the active segment; the next batch starts a new one. Nothing happens to an empty one. */
  roll(): void {
    this.#guard.run('written', () => this.#files.roll(this.#logEndOffset))
  }

  /**
   * Whole batches from the one that contains `offset` on; see ReadOptions. The newest come as the buffers that were appended.
   * Throws Refusal OFFSET_OUT_OF_RANGE outside [logStartOffset, logEndOffset], and StorageRefused.
   */
  read(options: ReadOptions): ReadResult {
    const { offset } = options
    if (offset === this.#logEndOffset) return nothing(offset)
    if (offset < this.#logStartOffset || offset > this.#logEndOffset) {
      throw this.#outOfRange(offset, this.#logStartOffset, this.#logEndOffset)
    }
    const maxOffset = Math.min(options.maxOffsetExclusive ?? this.#logEndOffset, this.#logEndOffset)
    if (offset >= maxOffset) return nothing(offset)
    const minOne = options.minOneBatch ?? false
    const slabs = options.transient ? this.#env.slabs : undefined
    return (
      this.#tail.read(offset, options.maxBytes, maxOffset, minOne) ??
      this.#guard.run('read', () => this.#reader.read(offset, options.maxBytes, maxOffset, minOne, slabs))
    )
  }

  /** First record whose timestamp is at least `timestampMs`; undefined when there is none. Source: KIP-79. */
  findOffsetByTimestamp(timestampMs: number): TimestampOffset | undefined {
    const { segments } = this.#files
    return this.#withEpoch(
      this.#guard.run('read', () =>
        firstRecordSince(segments, timestampMs, this.#logStartOffset, this.#config),
      ),
    )
  }

  /** The record with the largest timestamp, the first of equals; undefined when no record has one. Source: KIP-734. */
  offsetOfMaxTimestamp(): TimestampOffset | undefined {
    return this.#withEpoch(
      this.#guard.run('read', () => recordOfMaxTimestamp(this.#files.segments, this.#config)),
    )
  }

  #withEpoch(found: FoundTimestamp | undefined): TimestampOffset | undefined {
    return found && { ...found, leaderEpoch: this.epochOf(found.offset) }
  }

  /** Leader epoch that wrote the record at `offset`; -1 when it is not known. */
  epochOf(offset: number): number {
    return this.#files.epochs.epochOf(offset)
  }

  /** Where an epoch ends in this log (KIP-101, KIP-279); both -1 for an epoch that it does not know. */
  endOffsetForEpoch(epoch: number): EpochEndOffset {
    return this.#files.epochs.endOffsetFor(epoch, this.#logEndOffset)
  }

  /** A new leader notes where its epoch starts, before its first append. */
  startEpoch(epoch: number): void {
    this.#guard.run('written', () => this.#files.epochs.assign(epoch, this.#logEndOffset))
  }

  /** Kept within [logStartOffset, logEndOffset]. Returns what it is now. */
  setHighWatermark(offset: number): number {
    this.#highWatermark = Math.max(this.#logStartOffset, Math.min(offset, this.#logEndOffset))
    this.#files.producers.onHighWatermark(this.#highWatermark)
    return this.#highWatermark
  }

  /** Aborted transactions that a reader of [fromOffset, toOffset) must skip. */
  abortedTransactions(fromOffset: number, toOffset: number): AbortedTransaction[] {
    return this.#files.segments.abortedTransactions(fromOffset, toOffset)
  }

  /** Producers with state in this partition (DescribeProducers). */
  activeProducers(): ActiveProducer[] {
    return this.#files.producers.active()
  }

  /** Forgets producers that were quiet for producer.id.expiration.ms. Number of those forgotten. */
  expireProducers(): number {
    return this.#files.producers.expire(this.#env.clock.now(), this.#config.producerIdExpirationMs)
  }

  /** Records before `offset` are gone for readers; segments without others are removed. At most the high watermark. */
  increaseLogStartOffset(offset: number): void {
    if (offset <= this.#logStartOffset) return
    if (offset > this.#highWatermark) throw this.#outOfRange(offset, 0, this.#highWatermark)
    this.#logStartOffset = offset
    this.#guard.run('written', () => {
      if (this.#files.removeBefore(offset)) this.#reader.forget()
      this.#files.epochs.truncateFromStart(offset)
    })
    this.#tail.dropBefore(offset)
    this.#files.producers.onHighWatermark(offset)
    this.#options.onLogStartOffset?.()
  }

  /**
   * DeleteRecords: removes records before `offset`, or all before the high watermark for -1. Returns the log start offset. Throws
   * OFFSET_OUT_OF_RANGE beyond the high watermark, POLICY_VIOLATION when the topic is only compacted.
   */
  deleteRecordsBefore(offset: number): number {
    if (!this.#config.cleanupPolicy.includes('delete') && this.#config.cleanupPolicy.length > 0) {
      throw new Refusal('POLICY_VIOLATION', `Records of ${this.#name} can not be deleted: it is compacted`)
    }
    const wanted = offset === -1 ? this.#highWatermark : offset
    if (wanted < 0 || wanted > this.#highWatermark) throw this.#outOfRange(offset, 0, this.#highWatermark)
    this.increaseLogStartOffset(wanted)
    return this.#logStartOffset
  }

  /** A follower gives up what its leader does not have: records from `offset` on are removed. */
  truncateTo(offset: number): void {
    if (offset >= this.#logEndOffset) {
      // A leader that lost its place before its first append has an epoch at the end that no other log knows.
      this.#guard.run('cut', () => this.#files.epochs.truncateFromEnd(this.#logEndOffset))
      return
    }
    if (this.#files.segments.length === 0 || offset <= this.#files.segments.first.baseOffset) {
      this.truncateFullyAndStartAt(offset)
      return
    }
    this.#guard.run('cut', () => this.#files.truncateTo(offset, this.#config), true)
    this.#reader.forget()
    this.#tail.truncateTo(offset)
    this.#logEndOffset = offset
    this.#recoveryPoint = Math.min(this.#recoveryPoint, offset)
    if (offset < this.#logStartOffset) {
      this.#logStartOffset = offset
      this.#options.onLogStartOffset?.()
    }
    this.#guard.run(
      'read',
      () => this.#files.rebuildProducers(this.#logStartOffset, offset, this.#config),
      true,
    )
    this.setHighWatermark(Math.min(this.#highWatermark, offset))
  }

  /** Removes all records; the log starts and ends at `offset`. */
  truncateFullyAndStartAt(offset: number): void {
    this.#guard.run('cut', () => this.#files.truncateFully(offset), true)
    this.#reader.forget()
    this.#tail.clear()
    this.#logStartOffset = offset
    this.#logEndOffset = offset
    this.#recoveryPoint = Math.min(this.#recoveryPoint, offset)
    this.#highWatermark = offset
    this.#options.onLogStartOffset?.()
  }

  /** Forces what was appended so far down to the device. Throws StorageRefused. */
  async flush(): Promise<void> {
    const end = this.#logEndOffset
    if (end === this.#recoveryPoint) return
    try {
      await this.#files.sync(this.#recoveryPoint)
    } catch (error) {
      throw this.#guard.failed('synced', error, true)
    }
    this.#recoveryPoint = Math.max(this.#recoveryPoint, Math.min(end, this.#logEndOffset))
  }

  /** Writes what the next start needs and closes the files; the log must not be used afterwards. */
  close(): void {
    this.#tail.clear()
    this.#guard.run('closed', () => this.#files.close(this.#logEndOffset))
    this.#recoveryPoint = this.#logEndOffset
  }

  /** Removes the partition from the disk; the log must not be used afterwards. */
  delete(): void {
    this.#tail.clear()
    this.#reader.forget()
    this.#guard.run('deleted', () => this.#files.delete(this.#options.directory))
  }

  #load(): void {
    const { clean = false, recoveryPoint = 0, logStartOffset = 0, highWatermark } = this.#options
    const end = this.#files.load({ clean, recoveryPoint, logStartOffset }, this.#config)
    this.#logEndOffset = end ?? logStartOffset
    const first = end === undefined ? logStartOffset : this.#files.segments.first.baseOffset
    this.#logStartOffset = Math.min(Math.max(first, logStartOffset), this.#logEndOffset)
    this.#recoveryPoint = Math.min(clean ? this.#logEndOffset : recoveryPoint, this.#logEndOffset)
    this.setHighWatermark(highWatermark ?? this.#logStartOffset)
  }

  #outOfRange(offset: number, from: number, to: number): Refusal {
    return new Refusal('OFFSET_OUT_OF_RANGE', `Offset ${offset} of ${this.#name} is not in [${from}, ${to}]`)
  }
}
