import type { Disk } from '../runtime/disk.ts'

/**
 * Sparse index of one segment: offset → position of a batch in the `.log` file, in memory as typed arrays.
 *
 *     .index entry, big endian:   0 int32 offset - baseOffset (last offset of the batch)   4 int32 position
 *
 * Source: Kafka's OffsetIndex. The file is written when the segment is rolled, flushed or closed; the entries of the active
 * segment are rebuilt from the segment itself if the process dies before that.
 */
export class OffsetIndex {
  static readonly ENTRY_BYTES = 8
  readonly #baseOffset: number
  #offsets = new Int32Array(0)
  #positions = new Int32Array(0)
  #count = 0

  constructor(baseOffset: number) {
    this.#baseOffset = baseOffset
  }

  get count(): number {
    return this.#count
  }

  get sizeBytes(): number {
    return this.#count * OffsetIndex.ENTRY_BYTES
  }

  /** Adds an entry; one that does not lie behind the last is left out. */
  append(offset: number, position: number): void {
    const relative = offset - this.#baseOffset
    if (this.#count > 0 && relative <= (this.#offsets[this.#count - 1] as number)) return
    if (this.#count === this.#offsets.length) this.#grow(Math.max(16, this.#count * 2))
    this.#offsets[this.#count] = relative
    this.#positions[this.#count] = position
    this.#count++
  }

  /** Position from which a scan finds `offset`: that of the last entry at or before it, 0 when there is none. */
  lookup(offset: number): number {
    const at = floorEntry(this.#offsets, this.#count, offset - this.#baseOffset)
    return at < 0 ? 0 : (this.#positions[at] as number)
  }

  /** Drops the entries of batches that end at or after `offset`. */
  truncateTo(offset: number): void {
    this.#count = floorEntry(this.#offsets, this.#count, offset - this.#baseOffset - 1) + 1
  }

  clear(): void {
    this.#count = 0
  }

  encode(): Buffer {
    const out = Buffer.allocUnsafe(this.sizeBytes)
    for (let i = 0; i < this.#count; i++) {
      out.writeInt32BE(this.#offsets[i] as number, i * 8)
      out.writeInt32BE(this.#positions[i] as number, i * 8 + 4)
    }
    return out
  }

  /**
   * Takes the content of an index file. False, and empty, when it cannot be true: not whole entries, not ascending, or pointing
   * outside the `segmentSize` bytes of the log. A tail of zero bytes is what Kafka preallocates, and is left out.
   */
  decode(content: Buffer, segmentSize: number): boolean {
    this.#count = 0
    if (content.length % OffsetIndex.ENTRY_BYTES !== 0) return false
    const entries = content.length / OffsetIndex.ENTRY_BYTES
    this.#grow(entries)
    let lastOffset = -1
    let lastPosition = -1
    for (let i = 0; i < entries; i++) {
      const relative = content.readInt32BE(i * 8)
      const position = content.readInt32BE(i * 8 + 4)
      if (relative === 0 && position === 0 && i > 0) break
      if (relative <= lastOffset || position <= lastPosition || position >= segmentSize) {
        this.#count = 0
        return false
      }
      this.#offsets[i] = lastOffset = relative
      this.#positions[i] = lastPosition = position
      this.#count = i + 1
    }
    return true
  }

  #grow(capacity: number): void {
    const offsets = new Int32Array(capacity)
    const positions = new Int32Array(capacity)
    offsets.set(this.#offsets.subarray(0, this.#count))
    positions.set(this.#positions.subarray(0, this.#count))
    this.#offsets = offsets
    this.#positions = positions
  }
}

/** Index of the last of the first `count` ascending values that is <= `wanted`; -1 when there is none. */
export const floorEntry = (values: Int32Array | Float64Array, count: number, wanted: number): number => {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((values[middle] as number) <= wanted) low = middle + 1
    else high = middle
  }
  return low - 1
}

/**
 * Replaces the file at `path` by `content`. Not synced: an index that a crash leaves behind wrong is rebuilt at the next
 * start.
 */
export const replaceFile = (disk: Disk, path: string, content: Buffer): void => {
  const file = disk.open(path)
  try {
    file.truncate(0)
    if (content.length > 0) file.append([content])
  } finally {
    file.close()
  }
}
