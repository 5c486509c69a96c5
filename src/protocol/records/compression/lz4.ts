import { loadOptional } from '../../../runtime/optional.ts'
import { decodeLz4Block, encodeLz4Block, lz4BlockBytesMax } from './lz4-block.ts'
import { DecompressionError, Output, tooLarge } from './output.ts'
import { xxhash32 } from './xxhash32.ts'

/**
 * LZ4 frames as Kafka's clients write and read them (KafkaLZ4BlockInputStream and -OutputStream).
 *
 *     u32 magic 0x184D2204 (little endian, as all here) · flags · block size id << 4 · [u64 content size] · header checksum
 *     blocks: u32 size (top bit: stored, not compressed) · data · [u32 checksum] · … · u32 0 · [u32 content checksum]
 *
 * Flags: bits 6-7 version (1), 5 blocks are independent, 4 block checksums, 3 content size, 2 content checksum. The header
 * checksum is the second byte of xxHash32 from the flags on. Producers of magic 0 computed it from the frame's magic on,
 * and Kafka goes on doing so there: `wholeHeaderChecksum`. As Kafka's reader, this one takes one frame, ignores what follows
 * it, does not look at the content checksum, and refuses blocks that depend on each other.
 */

const FRAME_MAGIC = 0x184d2204
const FLAGS_INDEPENDENT = 0x60
const BLOCK_SIZE_ID = 4
const BLOCK_BYTES = 64 * 1024
const STORED = 0x80000000
/** Data smaller than this does not load the native package, and is done before a call into it would be. */
const NATIVE_BYTES_MIN = 4096

/** Blocks with their uncompressed length in front (u32, little endian), as the package lz4-napi takes and gives them. */
interface Native {
  compressSync(data: Buffer): Buffer
  uncompressSync(data: Buffer): Buffer
}

let native: Native | null | undefined
let useNative = true

/** For tests and the bench: `false` has everything done in plain JavaScript. */
export function allowNativeLz4(allowed: boolean): void {
  useNative = allowed
}

function nativeFor(bytes: number): Native | null {
  if (!useNative || bytes < NATIVE_BYTES_MIN) return null
  native ??= loadOptional<Native>('lz4-napi') ?? null
  return native
}

export function compressLz4(data: Buffer, wholeHeaderChecksum: boolean): Buffer {
  const blocks = Math.ceil(data.length / BLOCK_BYTES)
  const target = Buffer.allocUnsafeSlow(7 + blocks * (4 + lz4BlockBytesMax(BLOCK_BYTES)) + 4)
  target.writeUInt32LE(FRAME_MAGIC, 0)
  target[4] = FLAGS_INDEPENDENT
  target[5] = BLOCK_SIZE_ID << 4
  target[6] = (xxhash32(target, wholeHeaderChecksum ? 0 : 4, 6) >>> 8) & 255
  let at = 7
  for (let from = 0; from < data.length; from += BLOCK_BYTES) {
    const until = Math.min(from + BLOCK_BYTES, data.length)
    let blockEnd = encodeBlock(data, from, until, target, at + 4)
    const stored = blockEnd - at - 4 >= until - from
    if (stored) blockEnd = at + 4 + data.copy(target, at + 4, from, until)
    target.writeUInt32LE(((blockEnd - at - 4) | (stored ? STORED : 0)) >>> 0, at)
    at = blockEnd
  }
  target.writeUInt32LE(0, at)
  return Buffer.from(target.subarray(0, at + 4))
}

/** With `wholeHeaderChecksum` (magic 0) the header checksum is not compared: both kinds are about. */
export function decompressLz4(data: Buffer, maxBytes: number, wholeHeaderChecksum: boolean): Buffer {
  const header = readHeader(data, wholeHeaderChecksum)
  const output = new Output(Math.min(data.length * 4, header.blockBytes * 4), maxBytes)
  let at = header.end
  for (;;) {
    if (at + 4 > data.length) throw output.damaged('LZ4 frame ends before its end mark')
    const field = data.readUInt32LE(at)
    at += 4
    if (field === 0) return output.result()
    const stored = field >= STORED
    const size = stored ? field - STORED : field
    if (size > header.blockBytes)
      throw output.damaged(`LZ4 block of ${size} bytes in a frame of ${header.blockBytes}`)
    if (at + size > data.length) throw output.damaged('LZ4 frame is cut inside a block')
    if (header.blockChecksums) {
      if (at + size + 4 > data.length) throw output.damaged('LZ4 frame is cut inside a block')
      if (xxhash32(data, at, at + size) !== data.readUInt32LE(at + size)) {
        throw output.damaged('checksum of an LZ4 block does not match')
      }
    }
    if (stored) {
      if (output.room(size) - output.length < size) throw tooLarge(maxBytes)
      output.length += data.copy(output.buffer, output.length, at, at + size)
    } else {
      const limit = output.room(header.blockBytes)
      const end = decodeBlock(data, at, at + size, output.buffer, output.length, limit)
      if (end === -2 && limit === maxBytes) throw tooLarge(maxBytes)
      if (end < 0) throw output.damaged('LZ4 block is damaged')
      output.length = end
    }
    at += size + (header.blockChecksums ? 4 : 0)
  }
}

interface FrameHeader {
  readonly end: number
  readonly blockBytes: number
  readonly blockChecksums: boolean
}

function readHeader(data: Buffer, ignoreChecksum: boolean): FrameHeader {
  if (data.length < 7) throw new DecompressionError('LZ4 frame is cut inside its header')
  if (data.readUInt32LE(0) !== FRAME_MAGIC) throw new DecompressionError('not an LZ4 frame')
  const flags = data[4] as number
  const sizeId = data[5] as number
  if (flags >> 6 !== 1) throw new DecompressionError(`LZ4 frame of version ${flags >> 6}`)
  if (flags & 0x03) throw new DecompressionError('LZ4 frame with a dictionary or reserved flags')
  if (!(flags & 0x20)) throw new DecompressionError('LZ4 frame with blocks that depend on each other')
  if (sizeId & 0x8f || sizeId >> 4 < 4)
    throw new DecompressionError(`LZ4 frame with block size id ${sizeId >> 4}`)
  const end = flags & 0x08 ? 15 : 7
  if (data.length < end) throw new DecompressionError('LZ4 frame is cut inside its header')
  if (!ignoreChecksum && ((xxhash32(data, 4, end - 1) >>> 8) & 255) !== data[end - 1]) {
    throw new DecompressionError('checksum of the LZ4 frame header does not match')
  }
  return { end, blockBytes: 1 << (2 * (sizeId >> 4) + 8), blockChecksums: (flags & 0x10) !== 0 }
}

function encodeBlock(source: Buffer, start: number, end: number, target: Buffer, at: number): number {
  const fast = nativeFor(end - start)
  if (fast === null) return encodeLz4Block(source, start, end, target, at)
  return at + fast.compressSync(source.subarray(start, end)).copy(target, at, 4)
}

/** As `decodeLz4Block`, which also says what was wrong where the native one fails. */
function decodeBlock(
  source: Buffer,
  start: number,
  end: number,
  target: Buffer,
  at: number,
  limit: number,
): number {
  const fast = nativeFor(end - start)
  if (fast !== null) {
    const block = Buffer.allocUnsafe(4 + end - start)
    block.writeUInt32LE(limit - at, 0)
    source.copy(block, 4, start, end)
    try {
      return at + fast.uncompressSync(block).copy(target, at)
    } catch {
      // Damaged, or larger than the limit: the other decoder tells which.
    }
  }
  return decodeLz4Block(source, start, end, target, at, limit)
}
