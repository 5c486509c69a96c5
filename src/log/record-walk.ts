import { DecodeError } from '../protocol/errors.ts'

/**
 * Goes through the uncompressed records of a batch of magic 2 that was checked when it was appended, one at a time and without
 * making objects: `next()` moves on, `timestampDelta` and `offsetDelta` are those of the record it stands on.
 */
export class RecordBodies {
  timestampDelta = 0
  offsetDelta = 0
  readonly #bytes: Buffer
  readonly #end: number
  #at: number
  #afterDeltas = 0
  #cursor = 0

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes
    this.#end = end
    this.#at = start
  }

  /** False at the end. Throws DecodeError when the bytes are not records. */
  next(): boolean {
    if (this.#at >= this.#end) return false
    this.#cursor = this.#at
    const size = this.#varint()
    this.#at = this.#cursor + size
    if (size < 6 || this.#at > this.#end) throw new DecodeError(`record of ${size} bytes`, this.#cursor)
    this.#cursor++
    this.timestampDelta = this.#varint()
    this.offsetDelta = this.#varint()
    this.#afterDeltas = this.#cursor
    return true
  }

  /** Where key and value of the current record lie; sizes are -1 for null. */
  fields(): { keyAt: number; keySize: number; valueAt: number; valueSize: number } {
    this.#cursor = this.#afterDeltas
    const keySize = this.#varint()
    const keyAt = this.#cursor
    if (keySize > 0) this.#cursor += keySize
    const valueSize = this.#varint()
    const valueAt = this.#cursor
    if (valueAt + Math.max(valueSize, 0) > this.#end) throw new DecodeError('record is cut', valueAt)
    return { keyAt, keySize, valueAt, valueSize }
  }

  /** Zigzag varint of up to 64 bits. */
  #varint(): number {
    const first = this.#bytes[this.#cursor] ?? 0
    let raw = 0
    let scale = 1
    for (let i = 0; i < 10; i++, scale *= 128) {
      const byte = this.#bytes[this.#cursor++]
      if (byte === undefined) throw new DecodeError('record is cut', this.#cursor)
      raw += (byte & 0x7f) * scale
      if (byte < 0x80) return first % 2 === 1 ? -(raw + 1) / 2 : raw / 2
    }
    throw new DecodeError('varint is too long', this.#cursor)
  }
}
