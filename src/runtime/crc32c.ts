import { type CrcUpdate, crcOfPolynomial } from './crc-tables.ts'
import { loadOptional } from './optional.ts'

/** Castagnoli's polynomial, bits reversed. */
const POLYNOMIAL = 0x82f63b78
/** Below this a call into native code costs more than the work. */
const NATIVE_BYTES_MIN = 256
/** Loading native code takes some milliseconds: it is not worth it before so many bytes were asked for. */
const BYTES_BEFORE_LOADING = 256 * 1024

interface Native {
  crc32c(input: Uint8Array, initialState?: number): number
}

let native: Native['crc32c'] | null | undefined
let tables: CrcUpdate | undefined
let bytesSeen = 0

/**
 * CRC-32C of `buffer` from `start` to `end`, unsigned; the checksum of record batches (RFC 3720, Kafka's Crc32C). `previous`
 * continues from the result of an earlier call. Uses the processor's own instruction through a prebuilt native package
 * where one is installed, tables elsewhere; the choice is made once some
 * work has been asked for.
 */
export function crc32c(buffer: Uint8Array, start = 0, end = buffer.length, previous = 0): number {
  if (end - start >= NATIVE_BYTES_MIN) {
    if (native === undefined) loadWhenWorthwhile(end - start)
    if (native) {
      const range = start === 0 && end === buffer.length ? buffer : buffer.subarray(start, end)
      return native(range, previous) >>> 0
    }
  }
  return crc32cByTables(buffer, start, end, previous)
}

function loadWhenWorthwhile(bytes: number): void {
  bytesSeen += bytes
  if (bytesSeen >= BYTES_BEFORE_LOADING) native = loadOptional<Native>('@node-rs/crc32')?.crc32c ?? null
}

/** The same in plain JavaScript. Exported for its test and for the bench. */
export function crc32cByTables(buffer: Uint8Array, start = 0, end = buffer.length, previous = 0): number {
  tables ??= crcOfPolynomial(POLYNOMIAL)
  return ~tables(~previous, buffer, start, end) >>> 0
}
