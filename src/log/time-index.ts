import { floorEntry } from './offset-index.ts'

/**
 * Sparse index of one segment: the largest timestamp so far → the offset that has it.
 *
 *     .timeindex entry, big endian:   0 int64 timestamp   8 int32 offset - baseOffset
 *
 * Both columns ascend. Source: Kafka's TimeIndex.
 */
export class TimeIndex {
  static readonly ENTRY_BYTES = 12
  readonly #baseOffset: number
  #timestamps = new Float64Array(0)
  #offsets = new Int32Array(0)
  #count = 0

  constructor(baseOffset: number) {
    this.#baseOffset = baseOffset
  }

  get count(): number {
    return this.#count
  }

  get sizeBytes(): number {
    return this.#count * TimeIndex.ENTRY_BYTES
  }

  /** Timestamp of the last entry, -1 without one. */
  get lastTimestamp(): number {
    return this.#count === 0 ? -1 : (this.#timestamps[this.#count - 1] as number)
  }

  /** Offset of the last entry, the base offset without one. */
  get lastOffset(): number {
    return this.#baseOffset + (this.#count === 0 ? 0 : (this.#offsets[this.#count - 1] as number))
  }

  /** Adds an entry when it is later than the last. */
  append(timestamp: number, offset: number): void {
    const relative = offset - this.#baseOffset
    if (timestamp <= this.lastTimestamp) return
    if (this.#count > 0 && relative < (this.#offsets[this.#count - 1] as number)) return
    if (this.#count === this.#offsets.length) this.#grow(Math.max(16, this.#count * 2))
    this.#timestamps[this.#count] = timestamp
    this.#offsets[this.#count] = relative
    this.#count++
  }

  /** An offset at or before the first batch that holds a record with a timestamp as large as `timestamp`. */
  lookup(timestamp: number): number {
    const at = floorEntry(this.#timestamps, this.#count, timestamp)
    return this.#baseOffset + (at < 0 ? 0 : (this.#offsets[at] as number))
  }

  truncateTo(offset: number): void {
    this.#count = floorEntry(this.#offsets, this.#count, offset - this.#baseOffset - 1) + 1
  }

  clear(): void {
    this.#count = 0
  }

  encode(): Buffer {
    const out = Buffer.allocUnsafe(this.sizeBytes)
    for (let i = 0; i < this.#count; i++) {
      out.writeBigInt64BE(BigInt(this.#timestamps[i] as number), i * 12)
      out.writeInt32BE(this.#offsets[i] as number, i * 12 + 8)
    }
    return out
  }

  /** Takes the content of a file; false, and empty, when it cannot be true (see `OffsetIndex.decode`). */
  decode(content: Buffer): boolean {
    this.#count = 0
    if (content.length % TimeIndex.ENTRY_BYTES !== 0) return false
    const entries = content.length / TimeIndex.ENTRY_BYTES
    this.#grow(entries)
    for (let i = 0; i < entries; i++) {
      const timestamp = Number(content.readBigInt64BE(i * 12))
      const relative = content.readInt32BE(i * 12 + 8)
      if (timestamp === 0 && relative === 0 && i > 0) break
      const ascends =
        i === 0 || (timestamp > this.lastTimestamp && relative >= (this.#offsets[i - 1] as number))
      if (!ascends || relative < 0) {
        this.#count = 0
        return false
      }
      this.#timestamps[i] = timestamp
      this.#offsets[i] = relative
      this.#count = i + 1
    }
    return true
  }

  #grow(capacity: number): void {
    const timestamps = new Float64Array(capacity)
    const offsets = new Int32Array(capacity)
    timestamps.set(this.#timestamps.subarray(0, this.#count))
    offsets.set(this.#offsets.subarray(0, this.#count))
    this.#timestamps = timestamps
    this.#offsets = offsets
  }
}
