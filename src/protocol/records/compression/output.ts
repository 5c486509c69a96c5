import { DecodeError } from '../../errors.ts'

/**
 * Compressed bytes that do not decode, or to more than was allowed. `partial` is what came out in front of the damage, as a
 * reader that takes a stream piece by piece would have seen it; empty when it grew too large.
 */
export class DecompressionError extends DecodeError {
  readonly reason: 'damaged' | 'too-large'
  readonly partial: Buffer

  constructor(
    message: string,
    reason: 'damaged' | 'too-large' = 'damaged',
    partial: Buffer = Buffer.alloc(0),
  ) {
    super(message)
    this.reason = reason
    this.partial = partial
  }
}

export const tooLarge = (maxBytes: number): DecompressionError =>
  new DecompressionError(`compressed data decodes to more than ${maxBytes} bytes`, 'too-large')

/** Where a decompressor writes: grows by doubling, and never beyond `maxBytes`. */
export class Output {
  buffer: Buffer
  length = 0
  readonly #maxBytes: number

  constructor(firstBytes: number, maxBytes: number) {
    this.buffer = Buffer.allocUnsafeSlow(Math.min(firstBytes, maxBytes))
    this.#maxBytes = maxBytes
  }

  /** How far a piece of up to `bytes` may reach in `buffer` now. Less than asked for only where `maxBytes` ends. */
  room(bytes: number): number {
    const wanted = Math.min(this.length + bytes, this.#maxBytes)
    if (wanted > this.buffer.length) {
      const grown = Buffer.allocUnsafeSlow(Math.min(Math.max(wanted, this.buffer.length * 2), this.#maxBytes))
      this.buffer.copy(grown, 0, 0, this.length)
      this.buffer = grown
    }
    return wanted
  }

  get maxBytes(): number {
    return this.#maxBytes
  }

  /** What was written. A view; a copy when most of the memory would be waste. */
  result(): Buffer {
    const view = this.buffer.subarray(0, this.length)
    return this.length * 2 < this.buffer.length ? Buffer.from(view) : view
  }

  /** Ends with what was written so far as the partial result. */
  damaged(message: string): DecompressionError {
    return new DecompressionError(message, 'damaged', this.result())
  }
}
