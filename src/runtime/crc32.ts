import * as zlib from 'node:zlib'
import { type CrcUpdate, crcOfPolynomial } from './crc-tables.ts'

/** The polynomial of Ethernet, gzip and PNG, bits reversed. */
const POLYNOMIAL = 0xedb88320
/** Below this a call into native code costs more than the work. */
const NATIVE_BYTES_MIN = 256

const native = (zlib as { crc32?: (data: Uint8Array, value?: number) => number }).crc32
let tables: CrcUpdate | undefined

/**
 * CRC-32 of `buffer` from `start` to `end`, unsigned; the checksum of messages of magic 0 and 1. zlib's where Node has it
 * (20.15, 22.2), tables elsewhere.
 */
export function crc32(buffer: Uint8Array, start = 0, end = buffer.length): number {
  if (native !== undefined && end - start >= NATIVE_BYTES_MIN) return native(buffer.subarray(start, end))
  return crc32ByTables(buffer, start, end)
}

/** The same in plain JavaScript. Exported for its test and for the bench. */
export function crc32ByTables(buffer: Uint8Array, start = 0, end = buffer.length): number {
  tables ??= crcOfPolynomial(POLYNOMIAL)
  return ~tables(-1, buffer, start, end) >>> 0
}
