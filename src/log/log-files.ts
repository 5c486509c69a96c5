import { join } from 'node:path'
import type { Env } from '../runtime/env.ts'
import * as header from './batch-header.ts'
import { markerOf } from './control-marker.ts'
import { LeaderEpochs } from './leader-epochs.ts'
import type { LogConfig } from './log-config.ts'
import {
  applyStored,
  endOffsetOf,
  loadSegments,
  producerBatchOf,
  rebuildProducers,
  writeSnapshot,
} from './log-recovery.ts'
import { type KnownBatch, ProducerState } from './producer-state.ts'
import { LogSegment, offsetOfName, WALK_BYTES } from './segment.ts'
import { SegmentList } from './segment-list.ts'

const RELATIVE_OFFSET_MAX = 2 ** 31 - 1

/**
 * What one partition has on the disk: segments, leader epochs, producer snapshots, `partition.metadata`; and the producer state
 * that follows from it. Nothing is made before the first write. Throws DiskError.
 */
export class LogFiles {
  readonly segments = new SegmentList()
  readonly epochs: LeaderEpochs
  readonly producers: ProducerState
  readonly #env: Env
  readonly #name: string
  readonly #topicId: string | undefined
  readonly #path: string
  #onDisk = false

  constructor(env: Env, path: string, name: string, topicId: string | undefined) {
    this.#env = env
    this.#path = path
    this.#name = name
    this.#topicId = topicId
    this.epochs = new LeaderEpochs(env.disk, join(path, 'leader-epoch-checkpoint'))
    this.producers = new ProducerState(name)
  }

  /** True once the directory and a segment exist. */
  get onDisk(): boolean {
    return this.#onDisk
  }

  /** Loads what is there; the log end offset, or undefined when there is nothing. */
  load(
    options: { readonly clean: boolean; readonly recoveryPoint: number; readonly logStartOffset: number },
    config: LogConfig,
  ): number | undefined {
    const { disk } = this.#env
    if (!disk.exists(this.#path)) return undefined
    const request = {
      env: this.#env,
      path: this.#path,
      name: this.#name,
      indexIntervalBytes: config.indexIntervalBytes,
      clean: options.clean,
      recoveryPoint: options.recoveryPoint,
    }
    if (!loadSegments(request, this.segments)) return undefined
    this.#onDisk = true
    this.epochs.load()
    if (this.epochs.latest < 0) this.#readEpochs()
    const logEndOffset = endOffsetOf(this.segments.active)
    const logStartOffset = Math.max(options.logStartOffset, this.segments.first.baseOffset)
    this.rebuildProducers(logStartOffset, logEndOffset, config)
    this.epochs.truncateFromEnd(logEndOffset)
    return logEndOffset
  }

  /** The file is missing: the batches know. */
  #readEpochs(): void {
    for (const segment of this.segments.all) {
      segment.walk(0, WALK_BYTES, false, (buffer, at) => {
        if (header.magic(buffer, at) === 2) {
          this.epochs.assign(header.leaderEpoch(buffer, at), header.baseOffset(buffer, at))
        }
        return true
      })
    }
  }

  rebuildProducers(logStartOffset: number, logEndOffset: number, config: LogConfig): void {
    const { producerIdExpirationMs } = config
    const request = {
      env: this.#env,
      path: this.#path,
      name: this.#name,
      logStartOffset,
      logEndOffset,
      producerIdExpirationMs,
    }
    rebuildProducers(request, this.segments, this.producers, this.epochs)
  }

  /** Epoch, sequence and marker checks of a batch with a producer id; a batch that is here already is returned. */
  checkProducer(
    batch: Buffer,
    origin: 'client' | 'coordinator',
    transactionVersion: number,
  ): KnownBatch | undefined {
    if (header.producerId(batch, 0) < 0) return undefined
    const attributes = header.attributes(batch, 0)
    if (header.isControl(attributes)) {
      const marker = markerOf(batch, 0)
      if (marker !== undefined) this.producers.checkMarker(marker, transactionVersion)
      return undefined
    }
    const entry = producerBatchOf(batch, 0, attributes)
    const known = origin === 'client' ? this.producers.findDuplicate(entry) : undefined
    if (known === undefined) this.producers.check(entry, origin)
    return known
  }

  /** Writes a chunk of whole batches behind all others, in a new segment if it is time for one. */
  write(
    chunk: Buffer,
    logEndOffset: number,
    lastOffset: number,
    maxTimestamp: number,
    config: LogConfig,
  ): void {
    this.#materialise(logEndOffset, header.baseOffset(chunk, 0))
    if (this.#segmentIsFull(chunk.length, lastOffset, maxTimestamp, config)) this.roll(logEndOffset)
    for (let at = 0; at < chunk.length; at += header.batchSize(chunk, at)) {
      this.epochs.assign(header.leaderEpoch(chunk, at), header.baseOffset(chunk, at))
    }
    this.segments.active.append([chunk], chunk.length)
  }

  /** Takes a chunk that was just written into indexes and producer state. Returns where its last batch starts. */
  takeIn(chunk: Buffer, config: LogConfig): number {
    const segment = this.segments.active
    let position = segment.sizeBytes - chunk.length
    let lastAt = 0
    for (let at = 0; at < chunk.length; ) {
      const size = header.batchSize(chunk, at)
      const maxTimestamp = header.maxTimestampOf(chunk, at)
      segment.note(position, size, header.lastOffset(chunk, at), maxTimestamp, config.indexIntervalBytes)
      const completed = applyStored(chunk, at, this.producers)
      if (completed?.aborted) {
        const { producerId, firstOffset, lastOffset } = completed
        const lastStableOffset = this.producers.lastStableOffsetAfter(completed)
        segment.transactionIndex.append({ producerId, firstOffset, lastOffset, lastStableOffset })
      }
      lastAt = at
      at += size
      position += size
    }
    return lastAt
  }

  /** Source: LogSegment.shouldRoll. */
  #segmentIsFull(bytes: number, lastOffset: number, maxTimestamp: number, config: LogConfig): boolean {
    const { active } = this.segments
    if (active.sizeBytes === 0) return false
    const since = active.firstBatchTimestamp
    const age =
      since !== undefined && since >= 0 && maxTimestamp >= 0
        ? maxTimestamp - since
        : this.#env.clock.now() - active.createdMs
    return (
      active.sizeBytes > config.segmentBytes - bytes ||
      age > config.segmentMs ||
      active.offsetIndex.sizeBytes + 8 > config.segmentIndexBytes ||
      active.timeIndex.sizeBytes + 12 > config.segmentIndexBytes ||
      lastOffset - active.baseOffset > RELATIVE_OFFSET_MAX
    )
  }

  /** Ends the active segment, whose records end at `logEndOffset`; an empty one stays. */
  roll(logEndOffset: number): void {
    if (!this.#onDisk || this.segments.active.sizeBytes === 0) return
    this.segments.active.writeIndexes()
    writeSnapshot(this.#env.disk, this.#path, logEndOffset, this.producers)
    this.segments.push(this.#newSegment(logEndOffset))
  }

  /** Removes segments all of whose records lie before `offset`, but never the active one. True when some were. */
  removeBefore(offset: number): boolean {
    const removed = this.segments.remove((_, next) => next !== undefined && next.baseOffset <= offset)
    for (const segment of removed) segment.delete()
    if (removed.length === 0) return false
    this.#removeSnapshots((at) => at < this.segments.first.baseOffset)
    return true
  }

  /** Cuts everything from `offset` on, which lies behind the first segment's base offset. */
  truncateTo(offset: number, config: LogConfig): void {
    const later = this.segments.remove(
      (segment) => segment.baseOffset >= offset && segment !== this.segments.first,
    )
    for (const segment of later) segment.delete()
    this.segments.active.truncateTo(offset, config.indexIntervalBytes)
    this.epochs.truncateFromEnd(offset)
    this.#removeSnapshots((at) => at > offset)
  }

  /** Removes all records; the next one will be at `offset`. */
  truncateFully(offset: number): void {
    for (const segment of this.segments.remove(() => true)) segment.delete()
    this.#removeSnapshots(() => true)
    this.epochs.clear()
    this.producers.clear()
    if (this.#onDisk) this.segments.push(this.#newSegment(offset))
  }

  #removeSnapshots(drop: (offset: number) => boolean): void {
    if (!this.#onDisk) return
    for (const name of this.#env.disk.list(this.#path)) {
      const offset = offsetOfName(name, '.snapshot')
      if (offset !== undefined && drop(offset)) this.#env.disk.remove(join(this.#path, name))
    }
  }

  async sync(fromOffset: number): Promise<void> {
    if (!this.#onDisk) return
    const first = this.segments.indexFor(fromOffset)
    await Promise.all(this.segments.all.slice(first).map((segment) => segment.sync()))
  }

  /** Writes indexes and a snapshot, so that the next start needs no scan, and closes the files. */
  close(logEndOffset: number): void {
    if (!this.#onDisk) return
    for (const segment of this.segments.all) {
      segment.writeIndexes()
      segment.close()
    }
    this.#removeSnapshots((at) => at > logEndOffset)
    writeSnapshot(this.#env.disk, this.#path, logEndOffset, this.producers)
  }

  /** Takes the partition out of the directory at once (a name that ends with -delete), then removes its files. */
  delete(directory: string): void {
    for (const segment of this.segments.all) segment.close()
    if (!this.#env.disk.exists(this.#path)) return
    const uuid = Buffer.from(this.#env.random.uuid(), 'base64url').toString('hex')
    const doomed = join(directory, `${this.#name}.${uuid}-delete`)
    this.#env.disk.rename(this.#path, doomed)
    this.#env.disk.remove(doomed)
  }

  /** Makes directory and files when the first record comes. */
  #materialise(logEndOffset: number, firstOffset: number): void {
    if (!this.#onDisk) {
      const { disk } = this.#env
      disk.makeDirectory(this.#path)
      if (this.#topicId !== undefined) {
        const content = `version: 0\ntopic_id: ${this.#topicId}\n`
        disk.writeFileAtomically(join(this.#path, 'partition.metadata'), content)
      }
      this.epochs.store()
      this.segments.push(this.#newSegment(logEndOffset))
      this.#onDisk = true
    }
    // An empty log may go on anywhere: the leader's may start far behind ours.
    if (this.segments.active.sizeBytes > 0) return
    if (firstOffset - this.segments.active.baseOffset <= RELATIVE_OFFSET_MAX) return
    const { active } = this.segments
    for (const segment of this.segments.remove((each) => each === active)) segment.delete()
    this.segments.push(this.#newSegment(firstOffset))
  }

  #newSegment(baseOffset: number): LogSegment {
    return new LogSegment(this.#env.disk, this.#path, baseOffset, this.#env.clock.now())
  }
}
