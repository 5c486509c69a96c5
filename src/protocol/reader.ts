import { assert } from '../runtime/assert.ts'
import { DecodeError } from './errors.ts'

/** The nil uuid as Kafka prints it. */
const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'
/** Longest string of the protocol in bytes of UTF-8, compact or not. */
const MAX_STRING_BYTES = 0x7fff
/** Up to this many bytes a string is decoded byte by byte, which beats the call into C++. */
const SHORT_STRING_BYTES = 24
/**
 * How much memory the arrays of one message may take once decoded, as an estimate in bytes. A frame of 100 MiB could
 * otherwise ask for many gigabytes of small objects: a count is checked against the bytes left, but an object is bigger
 * than its encoding.
 */
const MAX_DECODED_BYTES = 256 * 1024 * 1024

/** A tagged field that the schema does not know, as it came. */
interface RawTag {
  readonly tag: number
  readonly bytes: Buffer
}

/** Unknown tagged fields by the struct that they came in. */
export type UnknownTags = WeakMap<object, RawTag[]>

const short = (reader: Reader, wanted: number): never => {
  const left = reader.end - reader.position
  throw new DecodeError(`expected ${wanted} more bytes, ${left} are left`, reader.position)
}

const notNullable = (reader: Reader, kind: string): never => {
  throw new DecodeError(`${kind} that may not be null is null`, reader.position)
}

/**
 * Reads the types of the protocol from `buffer[start, end)`, big endian. Every read checks first that its bytes are
 * there and throws DecodeError otherwise; nothing is allocated before that check. Buffers that it gives are views.
 *
 * As in Kafka's readers a negative length means null, whatever its value.
 */
export class Reader {
  readonly buffer: Buffer
  /** Index in `buffer` of the next byte. */
  position: number
  readonly end: number
  /** Set to keep unknown tagged fields, which are otherwise skipped. */
  unknownTags: UnknownTags | undefined = undefined
  #view: DataView | undefined = undefined
  #decodedBytesLeft = MAX_DECODED_BYTES

  constructor(buffer: Buffer, start = 0, end = buffer.length) {
    assert(start >= 0 && start <= end && end <= buffer.length, 'a reader stays inside its buffer')
    this.buffer = buffer
    this.position = start
    this.end = end
  }

  /** Bytes left to read. */
  get remaining(): number {
    return this.end - this.position
  }

  bool(): boolean {
    return this.i8() !== 0
  }

  i8(): number {
    const p = this.position
    if (p >= this.end) short(this, 1)
    this.position = p + 1
    return (this.buffer[p]! << 24) >> 24
  }

  i16(): number {
    const p = this.position
    if (p + 2 > this.end) short(this, 2)
    this.position = p + 2
    return ((this.buffer[p]! << 24) >> 16) | this.buffer[p + 1]!
  }

  u16(): number {
    return this.i16() & 0xffff
  }

  i32(): number {
    const p = this.position
    if (p + 4 > this.end) short(this, 4)
    this.position = p + 4
    const b = this.buffer
    return (b[p]! << 24) | (b[p + 1]! << 16) | (b[p + 2]! << 8) | b[p + 3]!
  }

  u32(): number {
    return this.i32() >>> 0
  }

  i64(): bigint {
    const p = this.position
    if (p + 8 > this.end) short(this, 8)
    this.position = p + 8
    return this.#dataView().getBigInt64(p)
  }

  f64(): number {
    const p = this.position
    if (p + 8 > this.end) short(this, 8)
    this.position = p + 8
    return this.#dataView().getFloat64(p)
  }

  /** Unsigned varint of up to 32 bits, 7 a byte, low ones first. More than 5 bytes are an error, as in Kafka. */
  uvarint(): number {
    const p = this.position
    if (p < this.end) {
      const first = this.buffer[p]!
      if (first < 0x80) {
        this.position = p + 1
        return first
      }
    }
    return this.#longUvarint()
  }

  uuid(): string {
    const p = this.position
    if (p + 16 > this.end) short(this, 16)
    this.position = p + 16
    const b = this.buffer
    if (b[p] === 0 && b[p + 15] === 0 && isZero(b, p, p + 16)) return ZERO_UUID
    return b.toString('base64url', p, p + 16)
  }

  string(): string {
    return this.#text(this.i16()) ?? notNullable(this, 'a string')
  }

  nullableString(): string | null {
    return this.#text(this.i16())
  }

  compactString(): string {
    return this.#text(this.uvarint() - 1) ?? notNullable(this, 'a string')
  }

  compactNullableString(): string | null {
    return this.#text(this.uvarint() - 1)
  }

  bytes(): Buffer {
    return this.#slice(this.i32()) ?? notNullable(this, 'bytes')
  }

  nullableBytes(): Buffer | null {
    return this.#slice(this.i32())
  }

  compactBytes(): Buffer {
    return this.#slice(this.uvarint() - 1) ?? notNullable(this, 'bytes')
  }

  compactNullableBytes(): Buffer | null {
    return this.#slice(this.uvarint() - 1)
  }

  /**
   * The number of elements of an array, negative for null. `elementBytes`: the least that one takes on the wire;
   * `decodedBytes`: about what it takes in memory. Throws where that many cannot follow or would take too much.
   */
  count(elementBytes = 1, decodedBytes = 8): number {
    return this.#checked(this.i32(), elementBytes, decodedBytes)
  }

  compactCount(elementBytes = 1, decodedBytes = 8): number {
    return this.#checked(this.uvarint() - 1, elementBytes, decodedBytes)
  }

  /** The marker before a nullable struct: true if the struct follows. */
  present(): boolean {
    return this.i8() >= 0
  }

  /** The marker before a nullable struct that is itself a tagged field. */
  presentInTag(): boolean {
    return this.uvarint() !== 0
  }

  /** A view of the next `size` bytes. */
  take(size: number): Buffer {
    const p = this.position
    if (size > this.end - p) short(this, size)
    this.position = p + size
    return this.buffer.subarray(p, p + size)
  }

  /** Skips the tagged fields of a struct whose version knows none. */
  skipTags(struct: object): void {
    for (let n = this.uvarint(); n > 0; n--) {
      const tag = this.uvarint()
      this.unknownTag(struct, tag, this.tagEnd())
    }
  }

  /** Reads the size of a tagged field; gives the position where it ends. */
  tagEnd(): number {
    const size = this.uvarint()
    if (size > this.end - this.position) short(this, size)
    return this.position + size
  }

  /** A known tagged field was read: it must fill its size. */
  closeTag(end: number): void {
    if (this.position !== end) {
      throw new DecodeError(`a tagged field should end at byte ${end}`, this.position)
    }
  }

  unknownTag(struct: object, tag: number, end: number): void {
    const bytes = this.take(end - this.position)
    if (this.unknownTags === undefined) return
    const kept = this.unknownTags.get(struct)
    if (kept === undefined) this.unknownTags.set(struct, [{ tag, bytes }])
    else kept.push({ tag, bytes })
  }

  /** A tag that the message has in other versions only: Kafka refuses it rather than skipping it. */
  misplacedTag(tag: number): never {
    throw new DecodeError(`tag ${tag} does not exist in this version`, this.position)
  }

  /** An array or struct that may not be null was null. */
  unexpectedNull(kind: string): never {
    return notNullable(this, kind)
  }

  #dataView(): DataView {
    const b = this.buffer
    this.#view ??= new DataView(b.buffer, b.byteOffset, b.byteLength)
    return this.#view
  }

  #longUvarint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      if (this.position >= this.end) short(this, 1)
      const byte = this.buffer[this.position++]!
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
    throw new DecodeError('a varint is longer than 5 bytes', this.position)
  }

  #checked(count: number, elementBytes: number, decodedBytes: number): number {
    if (count <= 0) return count
    if (count * elementBytes > this.end - this.position) {
      const left = this.end - this.position
      throw new DecodeError(`an array of ${count} elements, but only ${left} bytes are left`, this.position)
    }
    this.#decodedBytesLeft -= count * decodedBytes
    if (this.#decodedBytesLeft < 0) {
      throw new DecodeError(`arrays that would take over ${MAX_DECODED_BYTES} bytes of memory`, this.position)
    }
    return count
  }

  #slice(size: number): Buffer | null {
    return size < 0 ? null : this.take(size)
  }

  #text(size: number): string | null {
    if (size < 0) return null
    const p = this.position
    if (size > MAX_STRING_BYTES) throw new DecodeError(`a string of ${size} bytes`, p)
    const end = p + size
    if (end > this.end) short(this, size)
    this.position = end
    const b = this.buffer
    if (size > SHORT_STRING_BYTES) return b.toString('utf8', p, end)
    let text = ''
    for (let i = p; i < end; i++) {
      const byte = b[i]!
      if (byte > 0x7f) return b.toString('utf8', p, end)
      text += String.fromCharCode(byte)
    }
    return text
  }
}

const isZero = (buffer: Buffer, start: number, end: number): boolean => {
  for (let i = start; i < end; i++) if (buffer[i] !== 0) return false
  return true
}
