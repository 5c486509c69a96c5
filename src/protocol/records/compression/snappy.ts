import { loadOptional } from '../../../runtime/optional.ts'
import { Output, tooLarge } from './output.ts'
import { decodeSnappyBlock, encodeSnappyBlock, snappyBlockBytesMax, snappyLength } from './snappy-block.ts'

/**
 * Snappy as Kafka has it: the framing of the Java library (xerial) around blocks of 32 KiB is written; that and a bare block,
 * which several other clients send, are read.
 *
 *     82 53 4e 41 50 50 59 00 · i32 version 1 · i32 compatible version 1 · (i32 length · block)…
 */

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const XERIAL_HEADER_BYTES = 16
const BLOCK_BYTES = 32 * 1024
/** Data smaller than this does not load the native package, and is done before a call into it would be. */
const NATIVE_BYTES_MIN = 4096

/** Bare blocks, by the package snappy. */
interface Native {
  compressSync(data: Buffer, options: typeof COPIED): Buffer
  uncompressSync(data: Buffer, options: typeof COPIED): Buffer
}

/** Memory that stays the package's own until it is collected costs five times what the copy does (measured). */
const COPIED = { copyOutputData: true } as const

let native: Native | null | undefined
let useNative = true

/** For tests and the bench: `false` has everything done in plain JavaScript. */
export function allowNativeSnappy(allowed: boolean): void {
  useNative = allowed
}

function nativeFor(bytes: number): Native | null {
  if (!useNative || bytes < NATIVE_BYTES_MIN) return null
  native ??= loadOptional<Native>('snappy') ?? null
  return native
}

export function compressSnappy(data: Buffer): Buffer {
  const blocks = Math.ceil(data.length / BLOCK_BYTES)
  const target = Buffer.allocUnsafeSlow(XERIAL_HEADER_BYTES + blocks * (4 + snappyBlockBytesMax(BLOCK_BYTES)))
  XERIAL_MAGIC.copy(target)
  target.writeInt32BE(1, 8)
  target.writeInt32BE(1, 12)
  let at = XERIAL_HEADER_BYTES
  for (let from = 0; from < data.length; from += BLOCK_BYTES) {
    const until = Math.min(from + BLOCK_BYTES, data.length)
    const fast = nativeFor(until - from)
    const end =
      fast === null
        ? encodeSnappyBlock(data, from, until, target, at + 4)
        : at + 4 + fast.compressSync(data.subarray(from, until), COPIED).copy(target, at + 4)
    target.writeInt32BE(end - at - 4, at)
    at = end
  }
  return Buffer.from(target.subarray(0, at))
}

export function decompressSnappy(data: Buffer, maxBytes: number): Buffer {
  const output = new Output(Math.min(data.length * 4, 4 * BLOCK_BYTES), maxBytes)
  if (!isXerial(data, 0)) {
    decodeInto(output, data, 0, data.length)
    return output.result()
  }
  let at = XERIAL_HEADER_BYTES
  while (at < data.length) {
    // A stream that was appended to another brings its own header.
    if (isXerial(data, at)) {
      at += XERIAL_HEADER_BYTES
      continue
    }
    if (at + 4 > data.length) throw output.damaged('snappy stream is cut inside a length')
    const size = data.readInt32BE(at)
    at += 4
    if (size < 0 || size > data.length - at)
      throw output.damaged(`snappy stream is cut inside a block of ${size} bytes`)
    decodeInto(output, data, at, at + size)
    at += size
  }
  return output.result()
}

const isXerial = (data: Buffer, at: number): boolean =>
  data.length - at >= XERIAL_HEADER_BYTES && data.compare(XERIAL_MAGIC, 0, 8, at, at + 8) === 0

function decodeInto(output: Output, data: Buffer, start: number, end: number): void {
  const length = snappyLength(data, start, end)
  if (length < 0) throw output.damaged('snappy block without a length that could be')
  if (output.room(length) - output.length < length) throw tooLarge(output.maxBytes)
  const fast = nativeFor(length)
  if (fast !== null) {
    try {
      // The length in front, checked above, is all that this allocates.
      output.length += fast
        .uncompressSync(data.subarray(start, end), COPIED)
        .copy(output.buffer, output.length)
      return
    } catch {
      throw output.damaged('snappy block is damaged')
    }
  }
  const reached = decodeSnappyBlock(data, start, end, output.buffer, output.length)
  if (reached < 0) throw output.damaged('snappy block is damaged')
  output.length = reached
}
