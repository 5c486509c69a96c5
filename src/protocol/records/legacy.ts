import { crc32 } from '../../runtime/crc32.ts'
import { DecodeError } from '../errors.ts'
import {
  Attribute,
  type Codec,
  codecId,
  LOG_OVERHEAD_BYTES,
  MAGIC_OFFSET,
  NO_TIMESTAMP,
  readInt64,
  wholeBatchBytes,
  writeInt64,
} from './batch.ts'
import { compress, type DecompressOptions, decompress } from './compression/index.ts'
import type { RecordView } from './record.ts'

/**
 * Messages of magic 0 (before 0.10) and 1 (0.10), in sets one after the other (Kafka's LegacyRecord).
 *
 *     0 offset i64 · 8 size i32 · 12 crc u32 (CRC-32 from 16 on) · 16 magic i8 · 17 attributes i8 · [magic 1: timestamp i64]
 *     key length i32 (-1 null) · key · value length i32 (-1 null) · value
 *
 * A compressed set is the value of one wrapper message, whose offset is that of the last message inside. Inside, magic 1
 * counts offsets from 0 on, so that a broker moves a set by changing the wrapper alone; magic 0 has them absolute.
 */

const CRC_OFFSET = 12
const ATTRIBUTES_OFFSET = 17
const TIMESTAMP_OFFSET = 18
/** Where the key's length lies, by magic. */
const KEY_OFFSET = [18, 26] as const
const OVERHEAD_BYTES = [26, 34] as const
const NO_HEADERS: readonly never[] = []

type LegacyMagic = 0 | 1

/** The header of one message, read in place. */
export interface LegacyHeader {
  readonly sizeBytes: number
  readonly magic: LegacyMagic
  readonly crc: number
  readonly attributes: number
  /** Id of the codec, 0 to 7. */
  readonly compressionId: number
  readonly isLogAppendTime: boolean
  readonly offset: number
  readonly timestamp: number
}

/** @throws DecodeError when the message at `at`, of `sizeBytes`, is of no such magic or smaller than any of its magic. */
export function legacyHeader(buffer: Buffer, at: number, sizeBytes: number): LegacyHeader {
  const magic = buffer.readInt8(at + MAGIC_OFFSET)
  if (magic !== 0 && magic !== 1) throw new DecodeError(`a message of magic ${magic}`, at + MAGIC_OFFSET)
  if (sizeBytes < OVERHEAD_BYTES[magic]) {
    throw new DecodeError(`a message of ${sizeBytes} bytes is smaller than any of magic ${magic}`, at + 8)
  }
  const attributes = buffer.readInt8(at + ATTRIBUTES_OFFSET)
  return {
    sizeBytes,
    magic,
    crc: buffer.readUInt32BE(at + CRC_OFFSET),
    attributes,
    compressionId: attributes & Attribute.codec,
    isLogAppendTime: magic === 1 && (attributes & Attribute.logAppendTime) !== 0,
    offset: readInt64(buffer, at),
    timestamp: magic === 1 ? readInt64(buffer, at + TIMESTAMP_OFFSET) : NO_TIMESTAMP,
  }
}

/** Whether the checksum of the message at `at` is that of its bytes. */
export const legacyCrcIsValid = (buffer: Buffer, at: number, sizeBytes: number): boolean =>
  crc32(buffer, at + MAGIC_OFFSET, at + sizeBytes) === buffer.readUInt32BE(at + CRC_OFFSET)

export interface LegacyOptions extends DecompressOptions {
  /** Compare the checksums of the messages inside a wrapper too. Default true. */
  readonly checkInnerCrc?: boolean | undefined
}

/**
 * The records in the message at `at`: itself, or those that it wraps, with absolute offsets, and the wrapper's time where it
 * says LogAppendTime. The checksum of the message itself is the caller's to compare.
 *
 * @throws DecodeError for lengths that lie, a wrapper that wraps nothing, another magic, or another wrapper.
 * @throws DecompressionError where the wrapped messages do not decompress.
 */
export function legacyRecordsOf(
  buffer: Buffer,
  at: number,
  sizeBytes: number,
  options: LegacyOptions = {},
): RecordView[] {
  const header = legacyHeader(buffer, at, sizeBytes)
  const { key, value } = fieldsOf(buffer, at, header)
  if (header.compressionId === 0) {
    return [{ offset: header.offset, timestamp: header.timestamp, key, value, headers: NO_HEADERS }]
  }
  if (value === null) throw new DecodeError('a compressed message set that is null', at)
  const inner = decompress(header.compressionId, value, { ...options, magic: header.magic })
  return unwrap(inner, header, options.checkInnerCrc ?? true)
}

function unwrap(inner: Buffer, wrapper: LegacyHeader, checkCrc: boolean): RecordView[] {
  const records: {
    offset: number
    timestamp: number
    key: Buffer | null
    value: Buffer | null
    headers: []
  }[] = []
  for (let at = 0; ; ) {
    // A message that is cut off at the end is left out, as Kafka's reader leaves it out.
    const sizeBytes = wholeBatchBytes(inner, at)
    if (sizeBytes === 0) break
    const header = legacyHeader(inner, at, sizeBytes)
    if (header.magic !== wrapper.magic) {
      throw new DecodeError(`a message of magic ${header.magic} in a wrapper of magic ${wrapper.magic}`, at)
    }
    if (header.compressionId !== 0) throw new DecodeError('a compressed message inside a compressed one', at)
    if (checkCrc && !legacyCrcIsValid(inner, at, sizeBytes)) {
      throw new DecodeError('checksum of a message in a compressed set does not match', at)
    }
    const { key, value } = fieldsOf(inner, at, header)
    const timestamp = wrapper.isLogAppendTime ? wrapper.timestamp : header.timestamp
    records.push({ offset: header.offset, timestamp, key, value, headers: [] })
    at += sizeBytes
  }
  const last = records.at(-1)
  if (last === undefined) throw new DecodeError('a compressed message set without messages')
  if (wrapper.magic === 1) {
    const base = wrapper.offset - last.offset
    for (const record of records) record.offset += base
  }
  return records
}

function fieldsOf(
  buffer: Buffer,
  at: number,
  header: LegacyHeader,
): { key: Buffer | null; value: Buffer | null } {
  const end = at + header.sizeBytes
  const keyAt = at + KEY_OFFSET[header.magic]
  const key = sizedField(buffer, keyAt, end - 4)
  const valueAt = keyAt + 4 + (key?.length ?? 0)
  const value = sizedField(buffer, valueAt, end)
  if (valueAt + 4 + (value?.length ?? 0) !== end) {
    throw new DecodeError('bytes behind the value of a message', valueAt)
  }
  return { key, value }
}

function sizedField(buffer: Buffer, at: number, end: number): Buffer | null {
  const length = buffer.readInt32BE(at)
  if (length < 0) return null
  if (length > end - at - 4) throw new DecodeError(`a field of ${length} bytes`, at)
  return buffer.subarray(at + 4, at + 4 + length)
}

/** A record to be written as a message. Text is encoded as UTF-8. */
interface LegacyInput {
  readonly offset: number | bigint
  /** Ignored in magic 0. */
  readonly timestamp?: number | bigint | undefined
  readonly key?: Buffer | string | null | undefined
  readonly value?: Buffer | string | null | undefined
}

export interface LegacyEncodeOptions {
  readonly magic: LegacyMagic
  /** With a codec, all records go into one wrapper. zstd does not exist here. */
  readonly codec?: Exclude<Codec, 'zstd'> | undefined
  /** Magic 1: marks the messages LogAppendTime with this time. */
  readonly logAppendTimeMs?: number | undefined
  /** In order of offset. */
  readonly records: readonly LegacyInput[]
}

/** A message set; empty for no records. */
export function encodeLegacy(options: LegacyEncodeOptions): Buffer {
  const { magic, records } = options
  const codec = options.codec ?? 'none'
  const first = records[0]
  const last = records.at(-1)
  if (first === undefined || last === undefined) return Buffer.alloc(0)
  const flags = options.logAppendTimeMs === undefined ? 0 : Attribute.logAppendTime
  const relativeTo = codec !== 'none' && magic === 1 ? BigInt(first.offset) : 0n
  let maxTimestamp: number | bigint = NO_TIMESTAMP
  const messages: Buffer[] = []
  for (const record of records) {
    const timestamp = options.logAppendTimeMs ?? record.timestamp ?? NO_TIMESTAMP
    if (timestamp > maxTimestamp) maxTimestamp = timestamp
    const offset = relativeTo === 0n ? record.offset : BigInt(record.offset) - relativeTo
    messages.push(encodeMessage(magic, offset, flags, timestamp, bytesOf(record.key), bytesOf(record.value)))
  }
  const set = Buffer.concat(messages)
  if (codec === 'none') return set
  const value = compress(codec, set, { magic })
  return encodeMessage(magic, last.offset, codecId(codec) | flags, maxTimestamp, null, value)
}

const bytesOf = (field: Buffer | string | null | undefined): Buffer | null =>
  typeof field === 'string' ? Buffer.from(field) : (field ?? null)

function encodeMessage(
  magic: LegacyMagic,
  offset: number | bigint,
  attributes: number,
  timestamp: number | bigint,
  key: Buffer | null,
  value: Buffer | null,
): Buffer {
  const size = OVERHEAD_BYTES[magic] + (key?.length ?? 0) + (value?.length ?? 0)
  const message = Buffer.allocUnsafe(size)
  writeInt64(message, 0, offset)
  message.writeInt32BE(size - LOG_OVERHEAD_BYTES, 8)
  message[MAGIC_OFFSET] = magic
  message[ATTRIBUTES_OFFSET] = attributes
  if (magic === 1) writeInt64(message, TIMESTAMP_OFFSET, timestamp)
  let at: number = KEY_OFFSET[magic]
  for (const field of [key, value]) {
    message.writeInt32BE(field?.length ?? -1, at)
    at += 4 + (field?.copy(message, at + 4) ?? 0)
  }
  message.writeUInt32BE(crc32(message, MAGIC_OFFSET, size), CRC_OFFSET)
  return message
}
