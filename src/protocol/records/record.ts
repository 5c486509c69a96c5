import { DecodeError } from '../errors.ts'
import {
  BATCH_HEADER_BYTES,
  baseTimestamp,
  batchSizeBytes,
  compressionId,
  isLogAppendTime,
  maxTimestamp,
  readInt64,
  recordCount,
} from './batch.ts'
import { type DecompressOptions, decompress } from './compression/index.ts'

/** A header of a record. Several may have the same key. */
export interface RecordHeader {
  readonly key: string
  /** A view of the batch. */
  readonly value: Buffer | null
}

/** One record, of any magic. Buffers are views of the batch it came from. */
export interface RecordView {
  readonly offset: number
  /** Milliseconds since the epoch; -1: none. */
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly RecordHeader[]
}

const NO_HEADERS: readonly RecordHeader[] = []

/**
 * Goes through the records of one batch of magic 2, one at a time: `next()` moves on, and the fields are those of the record
 * it stands on. Nothing is made but views of key and value, when they are asked for.
 *
 *     varint length · i8 attributes · varlong timestamp delta · varint offset delta · varint key length (-1 null) · key
 *     varint value length (-1 null) · value · varint headers · (varint length · key · varint length (-1 null) · value)…
 */
export class RecordCursor implements RecordView {
  offsetDelta = 0
  /** Rounded beyond 2^53; `timestampDeltaBig` is exact. */
  timestampDelta = 0
  readonly #bytes: Buffer
  readonly #baseOffset: number
  readonly #baseTimestamp: number
  readonly #logAppendTimeMs: number | undefined
  readonly #count: number
  #done = 0
  #at: number
  readonly #end: number
  #deltaAt = 0
  #keyAt = 0
  #keyBytes = -1
  #valueAt = 0
  #valueBytes = -1
  #headersAt = 0

  /** @throws DecompressionError where the records do not decompress. */
  constructor(batch: Buffer, at = 0, options: DecompressOptions = {}) {
    const end = at + batchSizeBytes(batch, at)
    const codec = compressionId(batch, at)
    this.#baseOffset = readInt64(batch, at)
    this.#baseTimestamp = baseTimestamp(batch, at)
    this.#logAppendTimeMs = isLogAppendTime(batch, at) ? maxTimestamp(batch, at) : undefined
    this.#count = recordCount(batch, at)
    if (codec === 0 || this.#count === 0) {
      this.#bytes = batch
      this.#at = at + BATCH_HEADER_BYTES
      this.#end = this.#count === 0 ? this.#at : end
    } else {
      this.#bytes = decompress(codec, batch.subarray(at + BATCH_HEADER_BYTES, end), options)
      this.#at = 0
      this.#end = this.#bytes.length
    }
  }

  get offset(): number {
    return this.#baseOffset + this.offsetDelta
  }

  get timestamp(): number {
    return this.#logAppendTimeMs ?? this.#baseTimestamp + this.timestampDelta
  }

  get key(): Buffer | null {
    return this.#keyBytes < 0 ? null : this.#bytes.subarray(this.#keyAt, this.#keyAt + this.#keyBytes)
  }

  get value(): Buffer | null {
    return this.#valueBytes < 0 ? null : this.#bytes.subarray(this.#valueAt, this.#valueAt + this.#valueBytes)
  }

  /** The timestamp relative to the batch's base timestamp, exact. */
  get timestampDeltaBig(): bigint {
    let bits = 0n
    for (let at = this.#deltaAt, shift = 0n; ; at++, shift += 7n) {
      const byte = this.#bytes[at] as number
      bits |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) break
    }
    const value = BigInt.asUintN(64, bits)
    return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n))
  }

  /** Decoded anew with each use. @throws DecodeError when the headers are damaged. */
  get headers(): readonly RecordHeader[] {
    const bytes = this.#bytes
    const after = this.#at
    const count = this.#moveTo(this.#headersAt).#varint()
    if (count === 0) {
      this.#at = after
      return NO_HEADERS
    }
    if (count < 0 || count > after - this.#at) throw this.#malformed(`${count} headers`)
    const headers: RecordHeader[] = []
    for (let i = 0; i < count; i++) {
      const keyBytes = this.#length(after)
      if (keyBytes < 0) throw this.#malformed('a header without a key')
      const key = bytes.toString('utf8', this.#at, this.#at + keyBytes)
      this.#at += keyBytes
      const valueBytes = this.#length(after)
      const value = valueBytes < 0 ? null : bytes.subarray(this.#at, this.#at + valueBytes)
      this.#at += Math.max(valueBytes, 0)
      headers.push({ key, value })
    }
    if (this.#at !== after) throw this.#malformed('headers that end before the record does')
    return headers
  }

  /** False behind the last record. @throws DecodeError when the batch does not hold the records that its header counts. */
  next(): boolean {
    if (this.#done >= this.#count) {
      if (this.#at !== this.#end) throw this.#malformed('bytes behind the last record')
      return false
    }
    const size = this.#varint()
    const end = this.#at + size
    if (size < 0 || end > this.#end) throw this.#malformed(`a record of ${size} bytes`)
    this.#at++
    this.#deltaAt = this.#at
    this.timestampDelta = this.#varlong()
    this.offsetDelta = this.#varint()
    this.#keyBytes = this.#length(end)
    this.#keyAt = this.#at
    this.#at += Math.max(this.#keyBytes, 0)
    this.#valueBytes = this.#length(end)
    this.#valueAt = this.#at
    this.#at += Math.max(this.#valueBytes, 0)
    if (this.#at >= end) throw this.#malformed('a record that is longer than it says')
    this.#headersAt = this.#at
    this.#at = end
    this.#done++
    return true
  }

  #moveTo(at: number): this {
    this.#at = at
    return this
  }

  /** A length, -1 (or less) for null, of bytes that end at `end` or before. */
  #length(end: number): number {
    const length = this.#varint()
    if (length > end - this.#at) throw this.#malformed(`a field of ${length} bytes`)
    return length
  }

  /** A zigzag int32 at the cursor. */
  #varint(): number {
    const bytes = this.#bytes
    let at = this.#at
    let bits = 0
    for (let shift = 0; shift < 35; shift += 7) {
      if (at >= this.#end) throw this.#malformed('a varint that is cut off')
      const byte = bytes[at++] as number
      bits |= (byte & 0x7f) << shift
      if (byte < 0x80) {
        this.#at = at
        return (bits >>> 1) ^ -(bits & 1)
      }
    }
    throw this.#malformed('a varint of more than 5 bytes')
  }

  #varlong(): number {
    const bytes = this.#bytes
    const first = bytes[this.#at] as number
    let bits = 0
    let scale = 1
    for (let i = 0; i < 10; i++, scale *= 128) {
      if (this.#at >= this.#end) throw this.#malformed('a varint that is cut off')
      const byte = bytes[this.#at++] as number
      bits += (byte & 0x7f) * scale
      if (byte < 0x80) return first & 1 ? -(bits + 1) / 2 : bits / 2
    }
    throw this.#malformed('a varint of more than 10 bytes')
  }

  #malformed(what: string): DecodeError {
    return new DecodeError(`record ${this.#done} of a batch: ${what}`, this.#at)
  }
}
