import { copyMatch } from './lz4-block.ts'

/** Copies up to this length byte by byte: cheaper than a call. */
const SHORT = 24
const HASH_BITS = 14
const MATCH_MIN = 4
/** No element of the format makes more than this out of each of its bytes (a copy of 64 bytes takes 3). */
const EXPANSION_MAX = 22

let elementsStart = 0

/**
 * The uncompressed length that the block in `source` from `start` to `end` declares; -1 when there is none, or one that so
 * few bytes cannot become.
 */
export function snappyLength(source: Buffer, start: number, end: number): number {
  let length = 0
  let scale = 1
  for (let at = start; at < Math.min(end, start + 5); at++, scale *= 128) {
    const byte = source[at] as number
    length += (byte & 0x7f) * scale
    if (byte < 0x80) {
      elementsStart = at + 1
      return length > (end - start) * EXPANSION_MAX || length > 0x7fffffff ? -1 : length
    }
  }
  return -1
}

/**
 * Decodes a snappy block (with its length in front) into `target` at `at`, where that many bytes are free. Returns the
 * position behind the output, or -1 for bytes that are no block.
 */
export function decodeSnappyBlock(
  source: Buffer,
  start: number,
  end: number,
  target: Buffer,
  at: number,
): number {
  const length = snappyLength(source, start, end)
  if (length < 0) return -1
  const limit = at + length
  let from = elementsStart
  let to = at
  while (from < end) {
    const tag = source[from++] as number
    if ((tag & 3) === 0) {
      let literals = tag >> 2
      if (literals >= 60) {
        const extra = literals - 59
        if (from + extra > end) return -1
        literals = 0
        for (let i = extra - 1; i >= 0; i--) literals = literals * 256 + (source[from + i] as number)
        from += extra
      }
      literals++
      if (literals > end - from || literals > limit - to) return -1
      if (literals > SHORT) source.copy(target, to, from, from + literals)
      else for (let i = 0; i < literals; i++) target[to + i] = source[from + i] as number
      from += literals
      to += literals
      continue
    }
    let size: number
    let distance: number
    if ((tag & 3) === 1) {
      if (from >= end) return -1
      size = ((tag >> 2) & 7) + 4
      distance = ((tag >> 5) << 8) | (source[from++] as number)
    } else {
      const wide = (tag & 3) === 3
      if (from + (wide ? 4 : 2) > end) return -1
      size = (tag >> 2) + 1
      distance = wide
        ? source.readUInt32LE(from)
        : (source[from] as number) | ((source[from + 1] as number) << 8)
      from += wide ? 4 : 2
    }
    if (distance === 0 || distance > to - at || size > limit - to) return -1
    to = copyMatch(target, to, distance, size)
  }
  return to === limit ? to : -1
}

/** The most that `bytes` can become. */
export const snappyBlockBytesMax = (bytes: number): number => 32 + bytes + Math.ceil(bytes / 6)

const table = new Int32Array(1 << HASH_BITS)

/**
 * Encodes `source` from `start` to `end` (at most 64 KiB) as one snappy block into `target` at `at`, where
 * `snappyBlockBytesMax` bytes are free; returns the position behind it.
 */
export function encodeSnappyBlock(
  source: Buffer,
  start: number,
  end: number,
  target: Buffer,
  at: number,
): number {
  table.fill(-1)
  let to = at
  let left = end - start
  for (; left >= 128; left >>>= 7) target[to++] = (left & 127) | 128
  target[to++] = left
  let anchor = start
  let position = start
  let misses = 0
  while (position <= end - MATCH_MIN) {
    const word = read32(source, position)
    const hash = Math.imul(word, 0x1e35a7bd) >>> (32 - HASH_BITS)
    const candidate = table[hash] as number
    table[hash] = position
    if (candidate < 0 || read32(source, candidate) !== word) {
      position += 1 + (misses++ >> 5)
      continue
    }
    misses = 0
    let length = MATCH_MIN
    while (position + length < end && source[position + length] === source[candidate + length]) length++
    if (anchor < position) to = writeLiterals(source, anchor, position, target, to)
    to = writeCopies(target, to, position - candidate, length)
    position += length
    anchor = position
  }
  return anchor < end ? writeLiterals(source, anchor, end, target, to) : to
}

const read32 = (buffer: Buffer, at: number): number =>
  (buffer[at] as number) |
  ((buffer[at + 1] as number) << 8) |
  ((buffer[at + 2] as number) << 16) |
  ((buffer[at + 3] as number) << 24)

function writeLiterals(source: Buffer, from: number, until: number, target: Buffer, at: number): number {
  const length = until - from - 1
  let to = at
  if (length < 60) {
    target[to++] = length << 2
  } else if (length < 256) {
    target[to++] = 60 << 2
    target[to++] = length
  } else {
    target[to++] = 61 << 2
    target[to++] = length & 255
    target[to++] = length >> 8
  }
  if (length > SHORT) source.copy(target, to, from, until)
  else for (let i = from; i < until; i++) target[to + i - from] = source[i] as number
  return to + until - from
}

/** One match as copies of at most 64 bytes each, none of them shorter than four. */
function writeCopies(target: Buffer, at: number, distance: number, length: number): number {
  let to = at
  let left = length
  while (left > 64) {
    const size = left >= 68 ? 64 : 60
    to = writeLongCopy(target, to, distance, size)
    left -= size
  }
  if (left >= 12 || distance >= 2048) return writeLongCopy(target, to, distance, left)
  target[to++] = 1 | ((left - 4) << 2) | ((distance >> 8) << 5)
  target[to++] = distance & 255
  return to
}

function writeLongCopy(target: Buffer, at: number, distance: number, size: number): number {
  target[at] = 2 | ((size - 1) << 2)
  target[at + 1] = distance & 255
  target[at + 2] = distance >> 8
  return at + 3
}
