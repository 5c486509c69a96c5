import type { SlabPool } from '../runtime/slab-pool.ts'
import * as header from './batch-header.ts'
import type { ReadResult } from './log-types.ts'
import type { LogSegment } from './segment.ts'
import type { SegmentList } from './segment-list.ts'

/** From this size on batches are read one by one: what a memory disk hands out is then a view of what was appended. */
const SINGLE_BATCH_BYTES = 64 * 1024

/** Where the last read ended: the next one of a consumer that goes on starts there. */
interface ReadEnd {
  readonly segment: LogSegment
  readonly offset: number
  readonly position: number
}

/**
 * Reads batches from the segments' files. Kept apart from the log only in what it remembers: the place where the last read
 * ended, so that a sequential reader needs no index. A read ends with its segment, as in Kafka.
 */
export class LogReader {
  readonly #segments: SegmentList
  #lastEnd: ReadEnd | undefined

  constructor(segments: SegmentList) {
    this.#segments = segments
  }

  /** Must be called when a segment is cut or removed. */
  forget(): void {
    this.#lastEnd = undefined
  }

  /** `slabs`: the result may be lent from there (see DiskFile.read). */
  read(
    offset: number,
    maxBytes: number,
    maxOffsetExclusive: number,
    minOneBatch: boolean,
    slabs?: SlabPool,
  ): ReadResult {
    for (let index = this.#segments.indexFor(offset); index < this.#segments.length; index++) {
      const segment = this.#segments.at(index) as LogSegment
      const known = this.#lastEnd
      const found =
        known?.segment === segment && known.offset === offset
          ? segment.find(offset, known.position)
          : segment.find(offset)
      // None: compaction has emptied the end of the segment; the next one has what is wanted.
      if (found === undefined) continue
      const { position, sizeBytes } = found
      if (sizeBytes > maxBytes && !minOneBatch) return nothing(offset)
      return sizeBytes >= SINGLE_BATCH_BYTES
        ? this.#readLarge(segment, offset, position, maxBytes, maxOffsetExclusive, slabs)
        : this.#readSmall(segment, offset, position, Math.max(maxBytes, sizeBytes), maxOffsetExclusive, slabs)
    }
    return nothing(offset)
  }

  /** One read for many batches, cut where the last whole one ends. */
  #readSmall(
    segment: LogSegment,
    offset: number,
    position: number,
    maxBytes: number,
    maxOffsetExclusive: number,
    slabs: SlabPool | undefined,
  ): ReadResult {
    const data = segment.logFile.read(position, Math.min(maxBytes, segment.sizeBytes - position), slabs)
    let end = 0
    let nextOffset = offset
    while (end + header.MAGIC_AT < data.length) {
      const size = header.batchSize(data, end)
      if (end + size > data.length) break
      const last = header.lastOffset(data, end)
      if (last >= maxOffsetExclusive) break
      end += size
      nextOffset = last + 1
    }
    if (end === 0) return nothing(offset)
    this.#lastEnd = { segment, offset: nextOffset, position: position + end }
    const firstOffset = header.baseOffset(data, 0)
    return { buffers: [data.subarray(0, end)], sizeBytes: end, firstOffset, nextOffset }
  }

  /** A read for each batch. The first comes whatever its size is. */
  #readLarge(
    segment: LogSegment,
    offset: number,
    position: number,
    maxBytes: number,
    maxOffsetExclusive: number,
    slabs: SlabPool | undefined,
  ): ReadResult {
    const buffers: Buffer[] = []
    let sizeBytes = 0
    let nextOffset = offset
    let at = position
    segment.walk(position, header.BATCH_OVERHEAD, false, (buffer, batchAt, batchPosition) => {
      const size = header.batchSize(buffer, batchAt)
      const last = header.lastOffset(buffer, batchAt)
      if (last >= maxOffsetExclusive || (sizeBytes > 0 && sizeBytes + size > maxBytes)) return false
      buffers.push(segment.logFile.read(batchPosition, size, slabs))
      sizeBytes += size
      nextOffset = last + 1
      at = batchPosition + size
      return true
    })
    if (sizeBytes === 0) return nothing(offset)
    this.#lastEnd = { segment, offset: nextOffset, position: at }
    return { buffers, sizeBytes, firstOffset: header.baseOffset(buffers[0] as Buffer, 0), nextOffset }
  }
}

export const nothing = (offset: number): ReadResult => ({
  buffers: [],
  sizeBytes: 0,
  firstOffset: offset,
  nextOffset: offset,
})
