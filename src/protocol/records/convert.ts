import { Refusal } from '../errors.ts'
import {
  batchesOf,
  codecOfId,
  compressionId,
  isControl,
  isLogAppendTime,
  magic as magicOf,
  maxTimestamp,
} from './batch.ts'
import { type BatchOptions, encodeBatch } from './batch-builder.ts'
import { DecompressionError, type DecompressOptions } from './compression/index.ts'
import { encodeLegacy, type LegacyOptions, legacyHeader, legacyRecordsOf } from './legacy.ts'
import { RecordCursor, type RecordView } from './record.ts'

const NO_HEADERS: RecordView['headers'] = []

/** All records of the whole batches in `buffer`, of any magic, in order, those of control batches too; each an object. */
export function* recordsOf(
  buffer: Buffer,
  start = 0,
  end = buffer.length,
  options: LegacyOptions = {},
): Generator<RecordView, void, void> {
  for (const { position, sizeBytes } of batchesOf(buffer, start, end)) {
    yield* batchRecords(buffer, position, sizeBytes, options)
  }
}

function* batchRecords(
  buffer: Buffer,
  position: number,
  sizeBytes: number,
  options: LegacyOptions,
): Generator<RecordView, void, void> {
  if (magicOf(buffer, position) < 2) {
    yield* legacyRecordsOf(buffer, position, sizeBytes, options)
    return
  }
  const cursor = new RecordCursor(buffer, position, options)
  while (cursor.next()) {
    const { offset, timestamp, key, value } = cursor
    yield { offset, timestamp, key, value, headers: cursor.headers }
  }
}

/**
 * A message set of magic 0 or 1 as one batch of magic 2, as a broker stores what an old producer sends: offsets count up from
 * `baseOffset` without gaps, a record of magic 0 has no timestamp (-1). `options` decides the rest of the batch, its codec too.
 *
 * @throws DecodeError as `legacyRecordsOf`.
 */
export function upConvert(messageSet: Buffer, options: BatchOptions, limits: LegacyOptions = {}): Buffer {
  const records = []
  for (const { position, sizeBytes } of batchesOf(messageSet)) {
    for (const { timestamp, key, value } of legacyRecordsOf(messageSet, position, sizeBytes, limits)) {
      records.push({ timestamp: options.logAppendTimeMs ?? timestamp, key, value })
    }
  }
  return encodeBatch({ ...options, records })
}

/**
 * Batches as a client that knows no newer magic than `toMagic` reads them (Fetch before v4, before v2): each in its codec
 * and at its offsets, without headers; control batches are left out, and so are uncompressed records in front of
 * `firstOffset`. Batches that are old enough stay as they are. Source: Kafka's RecordsUtil.
 *
 * @throws Refusal UNSUPPORTED_COMPRESSION_TYPE for zstd, which those clients do not know.
 */
export function downConvert(
  buffers: readonly Buffer[],
  toMagic: 0 | 1,
  firstOffset = 0,
  options: DecompressOptions = {},
): Buffer[] {
  const out: Buffer[] = []
  for (const buffer of buffers) {
    for (const { position, sizeBytes } of batchesOf(buffer)) {
      const magic = magicOf(buffer, position)
      if (magic <= toMagic) out.push(buffer.subarray(position, position + sizeBytes))
      else if (magic < 2 || !isControl(buffer, position)) {
        out.push(downConvertBatch(buffer, position, sizeBytes, toMagic, firstOffset, options))
      }
    }
  }
  return out.filter((each) => each.length > 0)
}

function downConvertBatch(
  buffer: Buffer,
  position: number,
  sizeBytes: number,
  toMagic: 0 | 1,
  firstOffset: number,
  options: DecompressOptions,
): Buffer {
  const codec = codecAt(buffer, position, sizeBytes)
  if (codec === 'zstd') {
    throw new Refusal('UNSUPPORTED_COMPRESSION_TYPE', 'a client of this age does not know zstd')
  }
  const records: RecordView[] = []
  if (magicOf(buffer, position) === 2) {
    const cursor = new RecordCursor(buffer, position, options)
    while (cursor.next()) {
      if (codec === 'none' && cursor.offset < firstOffset) continue
      const { offset, timestamp, key, value } = cursor
      records.push({ offset, timestamp, key, value, headers: NO_HEADERS })
    }
  } else {
    for (const record of legacyRecordsOf(buffer, position, sizeBytes, options)) {
      if (codec !== 'none' || record.offset >= firstOffset) records.push(record)
    }
  }
  const stamped = magicOf(buffer, position) === 2 && isLogAppendTime(buffer, position)
  return encodeLegacy({
    magic: toMagic,
    codec,
    logAppendTimeMs: toMagic === 1 && stamped ? maxTimestamp(buffer, position) : undefined,
    records,
  })
}

function codecAt(buffer: Buffer, position: number, sizeBytes: number) {
  const id =
    magicOf(buffer, position) === 2
      ? compressionId(buffer, position)
      : legacyHeader(buffer, position, sizeBytes).compressionId
  const codec = codecOfId(id)
  if (codec === undefined) throw new DecompressionError(`Unknown compression type id: ${id}`)
  return codec
}
