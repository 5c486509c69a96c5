/** Updates a reflected CRC (inner form, not inverted) with bytes `start` to `end` of `buffer`. */
export type CrcUpdate = (crc: number, buffer: Uint8Array, start: number, end: number) => number

const BIG_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 0

/**
 * A CRC in plain JavaScript for one reflected polynomial: sixteen bytes a step, read as four aligned words ("slicing by
 * 16"). The sixteen tables lie in one array of 16 KiB: table n advances a byte by n more bytes of zeros.
 */
export function crcOfPolynomial(polynomial: number): CrcUpdate {
  const tables = new Int32Array(16 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1
    tables[byte] = crc
  }
  for (let i = 256; i < tables.length; i++) {
    const crc = tables[i - 256] as number
    tables[i] = (crc >>> 8) ^ (tables[crc & 255] as number)
  }

  return (initial, buffer, start, end) => {
    let crc = initial
    let at = start
    const aligned = BIG_ENDIAN ? end : Math.min(end, at + (-(buffer.byteOffset + at) & 3))
    for (; at < aligned; at++) crc = (crc >>> 8) ^ (tables[(crc ^ (buffer[at] as number)) & 255] as number)
    const words = ((end - at) >> 4) * 4
    if (words > 0) {
      crc = updateByWords(tables, crc, new Int32Array(buffer.buffer, buffer.byteOffset + at, words))
      at += words * 4
    }
    for (; at < end; at++) crc = (crc >>> 8) ^ (tables[(crc ^ (buffer[at] as number)) & 255] as number)
    return crc
  }
}

/** `words.length` is a multiple of four. What does not depend on the step before comes first: it runs while that one ends. */
function updateByWords(tables: Int32Array, initial: number, words: Int32Array): number {
  let crc = initial
  for (let i = 0; i < words.length; i += 4) {
    const b = words[i + 1] as number
    const c = words[i + 2] as number
    const d = words[i + 3] as number
    const rest =
      (tables[2816 + (b & 255)] as number) ^
      (tables[2560 + ((b >>> 8) & 255)] as number) ^
      (tables[2304 + ((b >>> 16) & 255)] as number) ^
      (tables[2048 + (b >>> 24)] as number) ^
      (tables[1792 + (c & 255)] as number) ^
      (tables[1536 + ((c >>> 8) & 255)] as number) ^
      (tables[1280 + ((c >>> 16) & 255)] as number) ^
      (tables[1024 + (c >>> 24)] as number) ^
      (tables[768 + (d & 255)] as number) ^
      (tables[512 + ((d >>> 8) & 255)] as number) ^
      (tables[256 + ((d >>> 16) & 255)] as number) ^
      (tables[d >>> 24] as number)
    const a = (words[i] as number) ^ crc
    crc =
      rest ^
      (tables[3840 + (a & 255)] as number) ^
      (tables[3584 + ((a >>> 8) & 255)] as number) ^
      (tables[3328 + ((a >>> 16) & 255)] as number) ^
      (tables[3072 + (a >>> 24)] as number)
  }
  return crc
}
