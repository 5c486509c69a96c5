import { DecodeError } from './errors.ts'

/** Memory for a split frame grows in steps as its bytes come, since a large length alone is cheap to send. */
const FIRST_STEP_BYTES = 64 * 1024
const STEP_FACTOR = 16

/**
 * Cuts a stream of chunks into frames: an int32 length and that many bytes.
 *
 * A frame that lies in one chunk is a view of it, without a copy: it keeps the whole chunk in memory, so whoever keeps a
 * part of a small frame for long should copy it. A frame that is split is gathered into a buffer of exactly its size.
 * Frames are pulled, so that a connection can stop in the midst of a chunk while it has enough to do.
 */
export class FrameSplitter {
  readonly #maxFrameBytes: number
  /** Chunks that came and are not used up, and how many bytes of the first are. */
  #chunks: Buffer[] = []
  #offset = 0
  #bufferedBytes = 0
  /** The frame being gathered, and how much of it is there. */
  #frame: Buffer | undefined = undefined
  #filled = 0
  /** Length of the next frame; -1: not known yet. */
  #length = -1

  /** `maxFrameBytes`: the largest length that is accepted (Kafka: socket.request.max.bytes). */
  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes
  }

  /** Bytes that came and were not given out as frames yet. */
  get bufferedBytes(): number {
    return this.#bufferedBytes + this.#filled
  }

  /** Takes the next chunk of the stream. It must not be changed afterwards. */
  push(chunk: Buffer): void {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    this.#bufferedBytes += chunk.length
  }

  /**
   * The next whole frame without its length, or undefined until more has come. Throws DecodeError for a length that is
   * negative or above the limit: the stream is then lost.
   */
  next(): Buffer | undefined {
    if (this.#length < 0) {
      if (this.#bufferedBytes < 4) return undefined
      this.#length = this.#readLength()
    }
    const length = this.#length
    if (this.#frame === undefined) {
      if (length === 0) return this.#done(Buffer.alloc(0))
      const first = this.#chunks[0]
      if (first === undefined) return undefined
      if (first.length - this.#offset >= length) return this.#done(this.#take(first, length))
      this.#frame = Buffer.allocUnsafeSlow(Math.min(length, FIRST_STEP_BYTES))
    }
    for (;;) {
      this.#gather(this.#frame)
      if (this.#filled < this.#frame.length) return undefined
      if (this.#filled === length) return this.#done(this.#frame)
      const larger = Buffer.allocUnsafeSlow(Math.min(length, this.#frame.length * STEP_FACTOR))
      this.#frame.copy(larger)
      this.#frame = larger
    }
  }

  #done(frame: Buffer): Buffer {
    this.#frame = undefined
    this.#filled = 0
    this.#length = -1
    return frame
  }

  /** A view of the next `size` bytes, all of which are in the first chunk. */
  #take(chunk: Buffer, size: number): Buffer {
    const start = this.#offset
    this.#consume(chunk, size)
    return chunk.subarray(start, start + size)
  }

  #consume(chunk: Buffer, size: number): void {
    this.#bufferedBytes -= size
    this.#offset += size
    if (this.#offset < chunk.length) return
    this.#chunks.shift()
    this.#offset = 0
  }

  #gather(frame: Buffer): void {
    while (this.#filled < frame.length) {
      const chunk = this.#chunks[0]
      if (chunk === undefined) return
      const size = Math.min(frame.length - this.#filled, chunk.length - this.#offset)
      chunk.copy(frame, this.#filled, this.#offset, this.#offset + size)
      this.#filled += size
      this.#consume(chunk, size)
    }
  }

  #readLength(): number {
    let length = 0
    for (let i = 0; i < 4; i++) {
      const chunk = this.#chunks[0]!
      length = (length << 8) | chunk[this.#offset]!
      this.#consume(chunk, 1)
    }
    if (length >= 0 && length <= this.#maxFrameBytes) return length
    throw new DecodeError(`a frame of ${length} bytes; ${this.#maxFrameBytes} are the most${guess(length)}`)
  }
}

/** What else begins with these four bytes: the usual mistakes of who connects to a Kafka port. */
const guess = (length: number): string => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(length)
  if (bytes[0] === 0x16 && bytes[1] === 0x03) return ' (this looks like TLS sent to a plaintext listener)'
  if (/^(GET |POST|PUT |HEAD|DELE|OPTI|PATC|CONN|PRI )$/.test(bytes.toString('latin1'))) {
    return ' (this looks like HTTP)'
  }
  return ''
}
