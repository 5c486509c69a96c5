import { DecodeError } from '../errors.ts'

/**
 * Variable-length integers of records: seven bits a byte, lowest first, zigzag for signed ones. As Kafka reads them: at most
 * five bytes for 32 bits and ten for 64, whatever the value, and bits beyond the width are dropped.
 */
export class VarintReader {
  at: number
  readonly #buffer: Uint8Array
  readonly #end: number

  constructor(buffer: Uint8Array, at = 0, end = buffer.length) {
    this.#buffer = buffer
    this.at = at
    this.#end = end
  }

  /** Unsigned bits of a 32-bit varint, as a signed int32. @throws DecodeError when cut off or longer than five bytes. */
  unsignedBits(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#byte()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw new DecodeError('varint of more than 5 bytes', this.at)
  }

  /** A zigzag int32. */
  varint(): number {
    const bits = this.unsignedBits()
    return (bits >>> 1) ^ -(bits & 1)
  }

  /** A zigzag int64. @throws DecodeError when cut off or longer than ten bytes. */
  varlong(): bigint {
    let low = 0
    let shift = 0
    for (; shift < 28; shift += 7) {
      const byte = this.#byte()
      low |= (byte & 0x7f) << shift
      if (byte < 0x80) return BigInt((low >>> 1) ^ -(low & 1))
    }
    let value = BigInt(low)
    for (; shift < 70; shift += 7) {
      const byte = this.#byte()
      value |= BigInt(byte & 0x7f) << BigInt(shift)
      if (byte < 0x80) {
        const bits = BigInt.asUintN(64, value)
        return BigInt.asIntN(64, (bits >> 1n) ^ -(bits & 1n))
      }
    }
    throw new DecodeError('varlong of more than 10 bytes', this.at)
  }

  #byte(): number {
    if (this.at >= this.#end) throw new DecodeError('a varint ends before it is whole', this.at)
    return this.#buffer[this.at++] as number
  }
}

/** Bytes of `value` (an int32) as a zigzag varint. */
export function varintBytes(value: number): number {
  const bits = ((value << 1) ^ (value >> 31)) >>> 0
  return bits < 0x80 ? 1 : bits < 0x4000 ? 2 : bits < 0x200000 ? 3 : bits < 0x10000000 ? 4 : 5
}

/** Writes an int32 as a zigzag varint; returns the position behind it. */
export function writeVarint(buffer: Uint8Array, at: number, value: number): number {
  return writeUnsignedVarint(buffer, at, (value << 1) ^ (value >> 31))
}

/** Writes the 32 bits of `value`; returns the position behind them. */
function writeUnsignedVarint(buffer: Uint8Array, at: number, value: number): number {
  let bits = value
  let next = at
  while (bits & ~0x7f) {
    buffer[next++] = (bits & 0x7f) | 0x80
    bits >>>= 7
  }
  buffer[next++] = bits
  return next
}

/** Bytes of `value` (an int64) as a zigzag varint. */
export function varlongBytes(value: number | bigint): number {
  const number = Number(value)
  if (number >= -(2 ** 30) && number < 2 ** 30) return varintBytes(number)
  let bytes = 1
  for (let bits = zigzag64(value); bits >= 0x80n; bits >>= 7n) bytes++
  return bytes
}

/** Writes an int64 as a zigzag varint; returns the position behind it. */
export function writeVarlong(buffer: Uint8Array, at: number, value: number | bigint): number {
  const number = Number(value)
  if (number >= -(2 ** 30) && number < 2 ** 30) return writeVarint(buffer, at, number)
  let next = at
  let bits = zigzag64(value)
  for (; bits >= 0x80n; bits >>= 7n) buffer[next++] = Number(bits & 0x7fn) | 0x80
  buffer[next++] = Number(bits)
  return next
}

function zigzag64(value: number | bigint): bigint {
  const exact = BigInt(value)
  return BigInt.asUintN(64, (exact << 1n) ^ (exact >> 63n))
}
