import { releaseSlab, retainSlab } from '../runtime/slab-pool.ts'
import { baseOffset, batchSize, lastOffset } from './batch-header.ts'

const DEFAULT_CAPACITY_BYTES = 64 * 2 ** 20
/** What the bookkeeping of a chunk weighs, about; so that tiny chunks cannot outgrow the bound. */
const CHUNK_OVERHEAD_BYTES = 160
/** Shorter appends are copied next to each other into blocks. */
const REFERENCE_BYTES_MIN = 4096
/** A slice is kept by reference if it is at least this share of the memory that it keeps alive. */
const REFERENCE_SHARE_MIN = 1 / 4
const BLOCK_BYTES_MIN = 1024
const BLOCK_BYTES_MAX = 64 * 1024

/** Contiguous whole batches of one log in memory. */
interface Chunk {
  readonly owner: LogTail
  readonly memory: Buffer
  /** Memory of our own that the next small append may go on in. */
  readonly growable: boolean
  readonly startOffset: number
  endOffset: number
  usedBytes: number
  /** The last batch: where most readers are. */
  lastBatchAt: number
  lastBatchOffset: number
  dropped: boolean
}

/** Where a read of the tail begins and ends; filled by `LogTail.read`. */
export interface TailRead {
  buffers: Buffer[]
  sizeBytes: number
  firstOffset: number
  nextOffset: number
}

/**
 * Bounds the bytes that all logs of a process keep in memory: beyond `capacityBytes` the oldest go first, whichever log they
 * belong to. What counts is the memory kept alive, not the bytes used of it.
 */
export class TailCache {
  readonly capacityBytes: number
  #usedBytes = 0
  #queue: (Chunk | undefined)[] = []
  #head = 0
  /** How many chunks lie in a memory: it counts once, while any does. */
  readonly #chunksIn = new Map<ArrayBufferLike, number>()

  constructor(options: { readonly capacityBytes?: number } = {}) {
    this.capacityBytes = options.capacityBytes ?? DEFAULT_CAPACITY_BYTES
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  add(chunk: Chunk): void {
    const memory = chunk.memory.buffer
    const known = this.#chunksIn.get(memory) ?? 0
    this.#chunksIn.set(memory, known + 1)
    this.#usedBytes += CHUNK_OVERHEAD_BYTES + (known === 0 ? memory.byteLength : 0)
    this.#queue.push(chunk)
    while (this.#usedBytes > this.capacityBytes) {
      if (this.#head === this.#queue.length) break
      const oldest = this.#queue[this.#head]
      // The array must not keep the memory of what was dropped alive.
      this.#queue[this.#head++] = undefined
      if (oldest === undefined) continue
      if (!oldest.dropped) oldest.owner.dropOldest()
    }
    if (this.#head > 1024 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head)
      this.#head = 0
    }
  }

  /** The owner keeps the chunk no more. */
  forget(chunk: Chunk): void {
    if (chunk.dropped) return
    chunk.dropped = true
    const memory = chunk.memory.buffer
    const left = (this.#chunksIn.get(memory) ?? 0) - 1
    if (left > 0) this.#chunksIn.set(memory, left)
    else this.#chunksIn.delete(memory)
    this.#usedBytes -= CHUNK_OVERHEAD_BYTES + (left > 0 ? 0 : memory.byteLength)
    releaseSlab(chunk.memory)
  }
}

/** The newest batches of one log, as the buffers that were appended. */
export class LogTail {
  readonly #cache: TailCache
  #chunks: Chunk[] = []
  #head = 0
  #nextBlockBytes = BLOCK_BYTES_MIN

  constructor(cache: TailCache) {
    this.#cache = cache
  }

  /** Offset of the first record kept; Infinity when nothing is. */
  get startOffset(): number {
    return this.#chunks[this.#head]?.startOffset ?? Number.POSITIVE_INFINITY
  }

  /**
   * Keeps whole batches that were just written. `startOffset` and `endOffset` (exclusive) are those of the batches; they must
   * lie behind what is kept, else that is forgotten first. `lastBatchAt` is where the last batch starts in `records`.
   */
  append(records: Buffer, startOffset: number, endOffset: number, lastBatchAt: number): void {
    if (this.#cache.capacityBytes <= 0) return
    const newest = this.#chunks.at(-1)
    if (newest !== undefined && newest.endOffset > startOffset) this.clear()
    const byReference =
      records.length >= REFERENCE_BYTES_MIN &&
      records.length >= records.buffer.byteLength * REFERENCE_SHARE_MIN
    if (byReference) {
      this.#add(records, false, records.length, startOffset, endOffset, lastBatchAt)
      return
    }
    const last = this.#chunks.at(-1)
    if (last?.growable && last.memory.length - last.usedBytes >= records.length) {
      records.copy(last.memory, last.usedBytes)
      last.lastBatchAt = last.usedBytes + lastBatchAt
      last.lastBatchOffset = baseOffset(records, lastBatchAt)
      last.usedBytes += records.length
      last.endOffset = endOffset
      return
    }
    const block = Buffer.allocUnsafeSlow(Math.max(this.#nextBlockBytes, records.length))
    this.#nextBlockBytes = Math.min(this.#nextBlockBytes * 2, BLOCK_BYTES_MAX)
    records.copy(block)
    this.#add(block, true, records.length, startOffset, endOffset, lastBatchAt)
  }

  #add(
    memory: Buffer,
    growable: boolean,
    usedBytes: number,
    startOffset: number,
    endOffset: number,
    lastBatchAt: number,
  ): void {
    const chunk: Chunk = {
      owner: this,
      memory,
      growable,
      startOffset,
      endOffset,
      usedBytes,
      lastBatchAt,
      lastBatchOffset: baseOffset(memory, lastBatchAt),
      dropped: false,
    }
    retainSlab(memory)
    this.#chunks.push(chunk)
    this.#cache.add(chunk)
  }

  /**
   * Reads as `PartitionLog.read` does, or undefined when `offset` lies before what is kept. The batches are views of what was
   * appended.
   */
  read(
    offset: number,
    maxBytes: number,
    maxOffsetExclusive: number,
    minOneBatch: boolean,
  ): TailRead | undefined {
    if (offset < this.startOffset) return undefined
    let index = this.#find(offset)
    const result: TailRead = { buffers: [], sizeBytes: 0, firstOffset: offset, nextOffset: offset }
    let at = this.#locate(this.#chunks[index] as Chunk, offset)
    let room = maxBytes
    for (; index < this.#chunks.length; index++) {
      const chunk = this.#chunks[index] as Chunk
      if (at === chunk.usedBytes) {
        at = 0
        continue
      }
      const end = wholeBatchesEnd(chunk, at, room, maxOffsetExclusive, minOneBatch && result.sizeBytes === 0)
      if (end === at) break
      if (result.sizeBytes === 0) result.firstOffset = baseOffset(chunk.memory, at)
      result.buffers.push(chunk.memory.subarray(at, end))
      result.sizeBytes += end - at
      room -= end - at
      result.nextOffset = end === chunk.usedBytes ? chunk.endOffset : baseOffsetAfter(chunk.memory, at, end)
      if (end < chunk.usedBytes) break
      at = 0
    }
    return result
  }

  /**
   * Forgets batches at or after `offset`. What is kept must go up to the end of the log: a chunk that is cut takes all
   * before it along.
   */
  truncateTo(offset: number): void {
    while (this.#chunks.length > this.#head && (this.#chunks.at(-1) as Chunk).endOffset > offset) {
      const chunk = this.#chunks.pop() as Chunk
      this.#cache.forget(chunk)
      if (chunk.startOffset < offset) this.clear()
    }
  }

  /** Forgets chunks that lie wholly before `offset`. */
  dropBefore(offset: number): void {
    while ((this.#chunks[this.#head]?.endOffset ?? Number.POSITIVE_INFINITY) <= offset) this.dropOldest()
  }

  dropOldest(): void {
    const chunk = this.#chunks[this.#head]
    if (chunk === undefined) return
    this.#cache.forget(chunk)
    this.#head++
    if (this.#head > 32 && this.#head * 2 > this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#head)
      this.#head = 0
    } else if (this.#head === this.#chunks.length) {
      this.#chunks = []
      this.#head = 0
    } else {
      // The array must not keep the memory of what was dropped alive.
      this.#chunks[this.#head - 1] = { ...chunk, memory: EMPTY }
    }
  }

  clear(): void {
    for (let i = this.#head; i < this.#chunks.length; i++) this.#cache.forget(this.#chunks[i] as Chunk)
    this.#chunks = []
    this.#head = 0
    this.#nextBlockBytes = BLOCK_BYTES_MIN
  }

  /** Index of the last chunk that starts at or before `offset`. */
  #find(offset: number): number {
    let low = this.#head
    let high = this.#chunks.length - 1
    if ((this.#chunks[high] as Chunk).startOffset <= offset) return high
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#chunks[middle] as Chunk).startOffset <= offset) low = middle
      else high = middle - 1
    }
    return low
  }

  /** Where in the chunk the batch that ends at or after `offset` starts. */
  #locate(chunk: Chunk, offset: number): number {
    let at = offset >= chunk.lastBatchOffset ? chunk.lastBatchAt : 0
    while (at < chunk.usedBytes && lastOffset(chunk.memory, at) < offset) at += batchSize(chunk.memory, at)
    return at
  }
}

const EMPTY = Buffer.alloc(0)

/** Where the whole batches end that start at `at`, fit into `room` and lie before `maxOffsetExclusive`. */
const wholeBatchesEnd = (
  chunk: Chunk,
  at: number,
  room: number,
  maxOffsetExclusive: number,
  minOneBatch: boolean,
): number => {
  if (chunk.endOffset <= maxOffsetExclusive && chunk.usedBytes - at <= room) return chunk.usedBytes
  let end = at
  while (end < chunk.usedBytes) {
    const size = batchSize(chunk.memory, end)
    const first = minOneBatch && end === at
    if (end + size - at > room && !first) break
    if (lastOffset(chunk.memory, end) >= maxOffsetExclusive) break
    end += size
  }
  return end
}

/** Offset after the last batch in [at, end). */
const baseOffsetAfter = (memory: Buffer, at: number, end: number): number => {
  let last = at
  for (let next = at; next < end; next += batchSize(memory, next)) last = next
  return lastOffset(memory, last) + 1
}
