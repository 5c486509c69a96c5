import { EncodeError } from './errors.ts'
import type { UnknownTags } from './reader.ts'
import { newSlab, returnSlab, type Slab, takeSlab } from './slab.ts'

/** Bytes fields from this size on are sent by reference; smaller ones are cheaper to copy than to send apart. */
const BY_REFERENCE_BYTES = 4 * 1024
/** Up to this many characters a string is written one by one, which beats the call into C++ (must stay below 127). */
const SHORT_STRING_CHARS = 48
const MAX_STRING_BYTES = 0x7fff
const MAX_I64 = 2n ** 63n - 1n
const MIN_I64 = -(2n ** 63n)

const show = (value: unknown): string =>
  typeof value === 'object' && value !== null ? 'an object' : `${typeof value} ${String(value)}`

const misfit = (kind: string, value: unknown): never => {
  throw new EncodeError(`expected ${kind}, got ${show(value)}`)
}

/**
 * Writes the types of the protocol, big endian, into memory that grows. Values are checked: an integer out of range, a
 * null or an undefined that may not be is an EncodeError.
 *
 * Bytes and records of 4 KiB and more are not copied: they must stay as they are until the message has been sent.
 * After finish(), toBuffer() or finishFrame() the writer is used up.
 */
export class Writer {
  /** Tagged fields to write beside those of the schema, by struct. */
  unknownTags: UnknownTags | undefined = undefined
  #slab: Slab
  /** Where the bytes begin that are not in `#parts` yet. */
  #start: number
  #position: number
  #parts: Buffer[] = []
  #partsBytes = 0
  /** How many tagged fields are open: their size precedes them, so that nothing may leave by reference. */
  #openTags = 0

  constructor() {
    this.#slab = takeSlab()
    this.#start = this.#slab.used
    this.#position = this.#start
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#partsBytes + this.#position - this.#start
  }

  bool(value: boolean): void {
    if (value !== true && value !== false) misfit('a boolean', value)
    const p = this.#reserve(1)
    this.#slab.buffer[p] = value ? 1 : 0
  }

  i8(value: number): void {
    if (value !== (value << 24) >> 24) misfit('an int8', value)
    const p = this.#reserve(1)
    this.#slab.buffer[p] = value
  }

  i16(value: number): void {
    if (value !== (value << 16) >> 16) misfit('an int16', value)
    this.#put16(value)
  }

  u16(value: number): void {
    if (value !== (value & 0xffff)) misfit('a uint16', value)
    this.#put16(value)
  }

  i32(value: number): void {
    if (value !== (value | 0)) misfit('an int32', value)
    this.#put32(value)
  }

  u32(value: number): void {
    if (value !== value >>> 0) misfit('a uint32', value)
    this.#put32(value)
  }

  i64(value: bigint): void {
    if (typeof value !== 'bigint' || value > MAX_I64 || value < MIN_I64) misfit('an int64 as a bigint', value)
    const p = this.#reserve(8)
    this.#slab.view.setBigInt64(p, value)
  }

  f64(value: number): void {
    if (typeof value !== 'number') misfit('a float64', value)
    const p = this.#reserve(8)
    this.#slab.view.setFloat64(p, value)
  }

  uvarint(value: number): void {
    if (value !== value >>> 0) misfit('an unsigned varint of 32 bits', value)
    let p = this.#reserve(5)
    const b = this.#slab.buffer
    let rest = value
    while (rest > 0x7f) {
      b[p++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    b[p++] = rest
    this.#position = p
  }

  /** 22 characters of base64url. */
  uuid(value: string): void {
    if (typeof value !== 'string' || value.length !== 22) misfit('a uuid of 22 characters', value)
    const p = this.#reserve(16)
    if (this.#slab.buffer.write(value, p, 16, 'base64url') !== 16) misfit('a uuid in base64url', value)
  }

  string(value: string): void {
    if (typeof value !== 'string') misfit('a string', value)
    if (value.length > SHORT_STRING_CHARS || !this.#shortAscii(value, 2, 0)) this.#longString(value, false)
  }

  nullableString(value: string | null): void {
    if (value === null) this.#put16(-1)
    else this.string(value)
  }

  compactString(value: string): void {
    if (typeof value !== 'string') misfit('a string', value)
    if (value.length > SHORT_STRING_CHARS || !this.#shortAscii(value, 1, 1)) this.#longString(value, true)
  }

  compactNullableString(value: string | null): void {
    if (value === null) this.uvarint(0)
    else this.compactString(value)
  }

  bytes(value: Uint8Array): void {
    if (!(value instanceof Uint8Array)) misfit('bytes', value)
    this.i32(value.length)
    this.raw(value)
  }

  nullableBytes(value: Uint8Array | null): void {
    if (value === null) this.#put32(-1)
    else this.bytes(value)
  }

  compactBytes(value: Uint8Array): void {
    if (!(value instanceof Uint8Array)) misfit('bytes', value)
    this.uvarint(value.length + 1)
    this.raw(value)
  }

  compactNullableBytes(value: Uint8Array | null): void {
    if (value === null) this.uvarint(0)
    else this.compactBytes(value)
  }

  /** Record batches from one buffer or from several that follow each other. */
  records(value: Uint8Array | readonly Uint8Array[]): void {
    if (!isList(value)) this.bytes(value)
    else {
      this.i32(totalBytes(value))
      for (const part of value) this.raw(part)
    }
  }

  nullableRecords(value: Uint8Array | readonly Uint8Array[] | null): void {
    if (value === null) this.#put32(-1)
    else this.records(value)
  }

  compactRecords(value: Uint8Array | readonly Uint8Array[]): void {
    if (!isList(value)) this.compactBytes(value)
    else {
      this.uvarint(totalBytes(value) + 1)
      for (const part of value) this.raw(part)
    }
  }

  compactNullableRecords(value: Uint8Array | readonly Uint8Array[] | null): void {
    if (value === null) this.uvarint(0)
    else this.compactRecords(value)
  }

  /** The number of elements of an array. */
  count(value: number): void {
    this.i32(value)
  }

  compactCount(value: number): void {
    this.uvarint(value + 1)
  }

  nullArray(): void {
    this.#put32(-1)
  }

  compactNullArray(): void {
    this.uvarint(0)
  }

  /** Bytes as they are, without a length. */
  raw(value: Uint8Array): void {
    const size = value.length
    if (size >= BY_REFERENCE_BYTES && this.#openTags === 0) {
      this.#flush()
      this.#parts.push(Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, size))
      this.#partsBytes += size
    } else if (size > 0) {
      const p = this.#reserve(size)
      this.#slab.buffer.set(value, p)
    }
  }

  expectedArray(value: unknown): never {
    return misfit('an array', value)
  }

  expectedStruct(value: unknown): never {
    return misfit('an object', value)
  }

  /** A field is set that would be lost without notice: it is neither in this version nor ignorable. */
  notInVersion(field: string, version: number): never {
    throw new EncodeError(`${field} is set, but is not in version ${version}`)
  }

  /** The end of a struct whose version has no tagged fields. */
  noTags(struct: object): void {
    if (this.unknownTags === undefined) {
      const p = this.#reserve(1)
      this.#slab.buffer[p] = 0
    } else {
      this.uvarint(this.unknownTagCount(struct))
      this.unknownTagsBetween(struct, -1, Number.POSITIVE_INFINITY)
    }
  }

  unknownTagCount(struct: object): number {
    return this.unknownTags?.get(struct)?.length ?? 0
  }

  /** Writes those tagged fields of `struct` that the schema does not know and whose tag lies between two that it does. */
  unknownTagsBetween(struct: object, above: number, below: number): void {
    for (const { tag, bytes } of this.unknownTags?.get(struct) ?? []) {
      if (tag <= above || tag >= below) continue
      this.uvarint(tag)
      this.uvarint(bytes.length)
      this.raw(bytes)
    }
  }

  /** Begins the payload of a tagged field; pass what it gives to closeTag. */
  openTag(tag: number): number {
    this.uvarint(tag)
    this.#openTags++
    const p = this.#reserve(1)
    return p + 1 - this.#start
  }

  /** Ends a tagged field: puts its size before it. */
  closeTag(mark: number): void {
    const size = this.#position - this.#start - mark
    this.#openTags--
    let extra = 0
    for (let rest = size >>> 7; rest > 0; rest >>>= 7) extra++
    if (extra > 0) {
      this.#reserve(extra)
      const at = this.#start + mark
      this.#slab.buffer.copyWithin(at + extra, at, at + size)
    }
    const b = this.#slab.buffer
    let p = this.#start + mark - 1
    let rest = size
    while (rest > 0x7f) {
      b[p++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    b[p] = rest
  }

  /** The message as buffers that follow each other: at least one. */
  finish(): Buffer[] {
    this.#flush()
    this.#slab.used = this.#position
    returnSlab(this.#slab)
    return this.#parts.length > 0 ? this.#parts : [this.#slab.buffer.subarray(0, 0)]
  }

  /** The message as one buffer. */
  toBuffer(): Buffer {
    const parts = this.finish()
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
  }

  /** As finish(), for a message that began with four bytes for the length of what follows them: fills those in. */
  finishFrame(): Buffer[] {
    const size = this.size
    const parts = this.finish()
    parts[0]!.writeInt32BE(size - 4, 0)
    return parts
  }

  #put16(value: number): void {
    const p = this.#reserve(2)
    const b = this.#slab.buffer
    b[p] = value >> 8
    b[p + 1] = value
  }

  #put32(value: number): void {
    const p = this.#reserve(4)
    const b = this.#slab.buffer
    b[p] = value >> 24
    b[p + 1] = value >> 16
    b[p + 2] = value >> 8
    b[p + 3] = value
  }

  /** Writes `value` after its length (plus `add`) in `prefixBytes` if it is ASCII; false: nothing is written. */
  #shortAscii(value: string, prefixBytes: 1 | 2, add: 0 | 1): boolean {
    const size = value.length
    const start = this.#reserve(prefixBytes + size)
    const b = this.#slab.buffer
    let p = start
    if (prefixBytes === 2) b[p++] = 0
    b[p++] = size + add
    for (let i = 0; i < size; i++) {
      const code = value.charCodeAt(i)
      if (code > 0x7f) {
        this.#position = start
        return false
      }
      b[p++] = code
    }
    return true
  }

  #longString(value: string, compact: boolean): void {
    const size = Buffer.byteLength(value)
    if (size > MAX_STRING_BYTES)
      throw new EncodeError(`a string of ${size} bytes; ${MAX_STRING_BYTES} are the most`)
    if (compact) this.uvarint(size + 1)
    else this.#put16(size)
    const p = this.#reserve(size)
    this.#slab.buffer.write(value, p, size, 'utf8')
  }

  #reserve(size: number): number {
    let p = this.#position
    if (p + size > this.#slab.buffer.length) p = this.#grow(size)
    this.#position = p + size
    return p
  }

  /** Moves the bytes since `#start` into a bigger slab of their own; gives where to go on. */
  #grow(size: number): number {
    const kept = this.#position - this.#start
    const next = newSlab(2 ** Math.ceil(Math.log2(2 * (kept + size))))
    this.#slab.buffer.copy(next.buffer, 0, this.#start, this.#position)
    this.#slab = next
    this.#start = 0
    this.#position = kept
    return kept
  }

  #flush(): void {
    if (this.#position === this.#start) return
    this.#parts.push(this.#slab.buffer.subarray(this.#start, this.#position))
    this.#partsBytes += this.#position - this.#start
    this.#start = this.#position
  }
}

const isList = (value: Uint8Array | readonly Uint8Array[]): value is readonly Uint8Array[] =>
  Array.isArray(value)

const totalBytes = (parts: readonly Uint8Array[]): number => {
  let size = 0
  for (const part of parts) size += part.length
  return size
}
