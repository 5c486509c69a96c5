import * as zlib from 'node:zlib'
import { DecompressionError, tooLarge } from './output.ts'

/** Output memory grows in steps of this size. */
const CHUNK_BYTES = 256 * 1024
const MAGIC = 0x1f8b
const DEFLATE = 8
const HEADER_BYTES = 10

const Flag = { headerChecksum: 2, extra: 4, name: 8, comment: 16 } as const

/** `level` 1 to 9; by default zlib's own, as Kafka's. */
export function compressGzip(data: Buffer, level?: number): Buffer {
  return zlib.gzipSync(data, level === undefined ? {} : { level })
}

export function decompressGzip(data: Buffer, maxBytes: number): Buffer {
  try {
    const out = zlib.gunzipSync(data, { maxOutputLength: Math.max(maxBytes, 1), chunkSize: chunkFor(data) })
    if (out.length <= maxBytes) return out
  } catch (error) {
    if (isTooLarge(error)) throw tooLarge(maxBytes)
    const message = error instanceof Error ? error.message : String(error)
    throw new DecompressionError(`gzip: ${message}`, 'damaged', partialGunzip(data, maxBytes))
  }
  throw tooLarge(maxBytes)
}

const chunkFor = (data: Buffer): number => Math.min(Math.max(data.length * 4, 1024), CHUNK_BYTES)

const isTooLarge = (error: unknown): boolean => (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE'

/** What a stream that is cut off, or has a wrong checksum, decodes to up to there; empty when its deflate data is damaged. */
function partialGunzip(data: Buffer, maxBytes: number): Buffer {
  const start = deflateStart(data)
  if (start < 0) return Buffer.alloc(0)
  try {
    return zlib.inflateRawSync(data.subarray(start), {
      maxOutputLength: Math.max(maxBytes, 1),
      chunkSize: chunkFor(data),
      finishFlush: zlib.constants.Z_SYNC_FLUSH,
    })
  } catch {
    return Buffer.alloc(0)
  }
}

/** Where the deflate data begins (RFC 1952); -1 when this is no gzip header. */
function deflateStart(data: Buffer): number {
  if (data.length < HEADER_BYTES || data.readUInt16BE(0) !== MAGIC || data[2] !== DEFLATE) return -1
  const flags = data[3] as number
  if (flags & 0xe0) return -1
  let at = HEADER_BYTES
  if (flags & Flag.extra) {
    if (at + 2 > data.length) return -1
    at += 2 + data.readUInt16LE(at)
  }
  for (const text of [Flag.name, Flag.comment]) {
    if (!(flags & text)) continue
    const zero = data.indexOf(0, at)
    if (zero < 0) return -1
    at = zero + 1
  }
  if (flags & Flag.headerChecksum) at += 2
  return at <= data.length ? at : -1
}
