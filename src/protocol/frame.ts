import { SLAB_BYTES_MAX, SLAB_BYTES_MIN, type SlabPool } from '../runtime/slab-pool.ts'
import { DecodeError } from './errors.ts'

/** Memory for a split frame grows in steps as its bytes come, since a large length alone is cheap to send. */
const FIRST_STEP_BYTES = 64 * 1024
const STEP_FACTOR = 16
/** From so many missing bytes on a frame takes them straight from the socket. */
const ROOM_BYTES_MIN = 16 * 1024

export interface FrameMemory {
  readonly slabs: SlabPool
  /** Whether the frames of requests with this API key may lie in slabs: who gets such a frame releases it. */
  recycles(apiKey: number): boolean
}

/**
 * Cuts a stream of chunks into frames: an int32 length and that many bytes.
 *
 * A frame that lies in one chunk is a view of it, without a copy: it keeps the whole chunk in memory, so whoever keeps a
 * part of a small frame for long should copy it. A frame that is split is gathered into a buffer of exactly its size.
 * Frames are pulled, so that a connection can stop in the midst of a chunk while it has enough to do.
 *
 * Chunks may be borrowed instead (`lend`): all that is given out is then copied. With `memory`, large frames that may be
 * recycled lie in slabs; a frame that is given out has one holder, who gets it.
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

  /** The last chunk, when it is to be given back. */
  #borrowed: Buffer | undefined = undefined
  readonly #memory: FrameMemory | undefined

  /** `maxFrameBytes`: the largest length that is accepted (Kafka: socket.request.max.bytes). */
  constructor(maxFrameBytes: number, memory?: FrameMemory) {
    this.#maxFrameBytes = maxFrameBytes
    this.#memory = memory
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

  /** Takes the next chunk of the stream for the time being: `settle` must be called before it changes. */
  lend(chunk: Buffer): void {
    this.#borrowed = chunk
    this.push(chunk)
  }

  /** Copies what is left of the chunk that was lent. */
  settle(): void {
    const borrowed = this.#borrowed
    if (borrowed === undefined) return
    this.#borrowed = undefined
    const last = this.#chunks.length - 1
    if (this.#chunks[last] !== borrowed) return
    if (last > 0) {
      this.#chunks[last] = Buffer.from(borrowed)
      return
    }
    this.#chunks[0] = Buffer.from(borrowed.subarray(this.#offset))
    this.#offset = 0
  }

  /** Where the next bytes of the stream can go at once, if a large frame waits for them; then call `filled`. */
  room(): Buffer | undefined {
    const frame = this.#frame
    if (frame === undefined || this.#chunks.length > 0) return undefined
    return frame.length - this.#filled >= ROOM_BYTES_MIN ? frame.subarray(this.#filled) : undefined
  }

  /** So many bytes are where `room` said. */
  filled(bytes: number): void {
    this.#filled += bytes
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
      const isWhole = first.length - this.#offset >= length
      if (isWhole && first !== this.#borrowed) return this.#done(this.#take(first, length))
      if (isWhole && length < SLAB_BYTES_MIN) return this.#done(Buffer.from(this.#take(first, length)))
      this.#frame =
        this.#slabFor(length) ?? Buffer.allocUnsafeSlow(isWhole ? length : Math.min(length, FIRST_STEP_BYTES))
    }
    for (;;) {
      this.#gather(this.#frame)
      if (this.#filled < this.#frame.length) return undefined
      if (this.#filled === length) return this.#done(this.#frame)
      const larger = this.#larger(length, this.#frame)
      this.#frame.copy(larger)
      this.#frame = larger
    }
  }

  /** A slab for the frame that begins, if it may have one: new memory only when a good part of the frame is there. */
  #slabFor(length: number): Buffer | undefined {
    const memory = this.#memory
    if (memory === undefined || length < SLAB_BYTES_MIN || length > SLAB_BYTES_MAX) return undefined
    const first = this.#chunks[0]!
    if (first.length - this.#offset < 2 || !memory.recycles(first.readInt16BE(this.#offset))) return undefined
    const grounded = this.#bufferedBytes * STEP_FACTOR >= length
    return grounded ? memory.slabs.take(length) : memory.slabs.takeReady(length)
  }

  #larger(length: number, frame: Buffer): Buffer {
    const size = Math.min(length, frame.length * STEP_FACTOR)
    const recycles = size === length && this.#memory?.recycles(frame.readInt16BE(0)) === true
    return recycles ? this.#memory!.slabs.take(size) : Buffer.allocUnsafeSlow(size)
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
