/** Copies up to this length byte by byte: cheaper than a call. */
const SHORT = 24
const HASH_BITS = 14
const MATCH_MIN = 4
/** A block's last bytes are literals: no match begins in the last twelve or covers the last five (the format's end rules). */
const MATCH_START_FROM_END = 12
const LITERALS_AT_END = 5
const DISTANCE_MAX = 0xffff

/**
 * Decodes the LZ4 block in `source` from `start` to `end` into `target` at `at`, not beyond `limit`. Matches reach no
 * further back than `at`. Returns the position behind the output, -1 for bytes that are no block, -2 when `limit` is too near.
 */
export function decodeLz4Block(
  source: Buffer,
  start: number,
  end: number,
  target: Buffer,
  at: number,
  limit: number,
): number {
  let from = start
  let to = at
  while (from < end) {
    const token = source[from++] as number
    let literals = token >> 4
    if (literals === 15) {
      let more = 255
      while (more === 255) {
        if (from >= end) return -1
        more = source[from++] as number
        literals += more
      }
    }
    if (literals > end - from) return -1
    if (literals > limit - to) return -2
    if (literals > SHORT) source.copy(target, to, from, from + literals)
    else for (let i = 0; i < literals; i++) target[to + i] = source[from + i] as number
    from += literals
    to += literals
    if (from === end) return to
    if (from + 2 > end) return -1
    const distance = (source[from] as number) | ((source[from + 1] as number) << 8)
    from += 2
    if (distance === 0 || distance > to - at) return -1
    let length = token & 15
    if (length === 15) {
      let more = 255
      while (more === 255) {
        if (from >= end) return -1
        more = source[from++] as number
        length += more
      }
    }
    length += MATCH_MIN
    if (length > limit - to) return -2
    to = copyMatch(target, to, distance, length)
  }
  // A block ends with literals, be they none; one that ends after a match, or is empty, is cut off.
  return -1
}

/** Repeats `length` bytes from `distance` back, overlap included; returns the position behind them. */
export function copyMatch(target: Buffer, to: number, distance: number, length: number): number {
  if (length <= SHORT) {
    for (let i = 0; i < length; i++) target[to + i] = target[to + i - distance] as number
  } else if (distance >= length) {
    target.copyWithin(to, to - distance, to - distance + length)
  } else if (distance === 1) {
    target.fill(target[to - 1] as number, to, to + length)
  } else {
    // The pattern doubles with each copy.
    let done = distance
    target.copyWithin(to, to - distance, to)
    for (; done * 2 <= length; done *= 2) target.copyWithin(to + done, to, to + done)
    if (done < length) target.copyWithin(to + done, to, to + length - done)
  }
  return to + length
}

/** The most that `bytes` can become: one byte of length for each 255 literals, and some. */
export const lz4BlockBytesMax = (bytes: number): number => bytes + Math.ceil(bytes / 255) + 16

const table = new Int32Array(1 << HASH_BITS)

/**
 * Encodes `source` from `start` to `end` as one LZ4 block into `target` at `at`, where `lz4BlockBytesMax` bytes are free;
 * returns the position behind it. Greedy, with one candidate a hash, and longer strides where nothing matches.
 */
export function encodeLz4Block(
  source: Buffer,
  start: number,
  end: number,
  target: Buffer,
  at: number,
): number {
  table.fill(-1)
  const lastMatchStart = end - MATCH_START_FROM_END
  const matchEnd = end - LITERALS_AT_END
  let to = at
  let anchor = start
  let position = start
  let misses = 0
  while (position <= lastMatchStart) {
    const word = read32(source, position)
    const hash = Math.imul(word, 0x9e3779b1) >>> (32 - HASH_BITS)
    const candidate = table[hash] as number
    table[hash] = position
    if (candidate < 0 || position - candidate > DISTANCE_MAX || read32(source, candidate) !== word) {
      position += 1 + (misses++ >> 5)
      continue
    }
    misses = 0
    let begin = position
    let back = candidate
    while (begin > anchor && back > start && source[begin - 1] === source[back - 1]) {
      begin--
      back--
    }
    let length = position - begin + MATCH_MIN
    while (begin + length < matchEnd && source[begin + length] === source[back + length]) length++
    to = writeLiterals(source, anchor, begin, target, to, length - MATCH_MIN)
    const distance = begin - back
    target[to++] = distance & 255
    target[to++] = distance >> 8
    to = writeLength(target, to, length - MATCH_MIN)
    position = begin + length
    anchor = position
    if (position <= lastMatchStart) {
      table[Math.imul(read32(source, position - 2), 0x9e3779b1) >>> (32 - HASH_BITS)] = position - 2
    }
  }
  return writeLiterals(source, anchor, end, target, to, 0)
}

const read32 = (buffer: Buffer, at: number): number =>
  (buffer[at] as number) |
  ((buffer[at + 1] as number) << 8) |
  ((buffer[at + 2] as number) << 16) |
  ((buffer[at + 3] as number) << 24)

/** The token of a sequence with its literals; `match` is what the token says of the match that follows. */
function writeLiterals(
  source: Buffer,
  from: number,
  until: number,
  target: Buffer,
  at: number,
  match: number,
): number {
  const literals = until - from
  target[at] = (Math.min(literals, 15) << 4) | Math.min(match, 15)
  const to = writeLength(target, at + 1, literals)
  if (literals > SHORT) source.copy(target, to, from, until)
  else for (let i = 0; i < literals; i++) target[to + i] = source[from + i] as number
  return to + literals
}

/** The bytes that go on where a length does not fit in its four bits of the token. */
function writeLength(target: Buffer, at: number, length: number): number {
  if (length < 15) return at
  let to = at
  let left = length - 15
  for (; left >= 255; left -= 255) target[to++] = 255
  target[to++] = left
  return to
}
