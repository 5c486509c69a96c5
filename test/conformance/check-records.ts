import { isDeepStrictEqual } from 'node:util'
import * as batch from '../../src/protocol/records/batch.ts'
import { encodeBatch } from '../../src/protocol/records/batch-builder.ts'
import { controlRecord } from '../../src/protocol/records/control.ts'
import {
  encodeLegacy,
  legacyCrcIsValid,
  legacyHeader,
  legacyRecordsOf,
} from '../../src/protocol/records/legacy.ts'
import { RecordCursor } from '../../src/protocol/records/record.ts'

/** One line of record-batches-*.jsonl.gz. */
export interface RecordsVector {
  readonly id: string
  readonly sizeInBytes: number
  readonly batches: readonly RecordedBatch[]
  readonly hex: string
}

interface RecordedBatch {
  readonly magic: number
  readonly sizeInBytes: number
  readonly baseOffset: string
  readonly lastOffset: string
  readonly crc: number
  readonly compression: batch.Codec
  readonly timestampType: 'NoTimestampType' | 'CreateTime' | 'LogAppendTime'
  readonly maxTimestamp: string
  readonly deleteHorizonMs?: string | null
  readonly isControl?: boolean
  readonly records: readonly RecordedRecord[]
}

interface RecordedRecord {
  readonly offset: string
  readonly timestamp: string
  readonly key: string | null
  readonly value: string | null
  readonly headers?: readonly { readonly key: string; readonly value: string | null }[]
  readonly sequence?: number
  readonly controlType?: string
  readonly coordinatorEpoch?: number
}

/** What is wrong with our reading and writing of the batches of a vector: empty if nothing is. */
export const checkRecords = ({ sizeInBytes, batches, hex }: RecordsVector): string[] => {
  const bytes = Buffer.from(hex, 'hex')
  const positions = [...batch.batchesOf(bytes)]
  const sizes = positions.map((each) => each.sizeBytes)
  const wrong = [
    ...compare('size', bytes.length, sizeInBytes),
    ...compare(
      'sizes of batches',
      sizes,
      batches.map((each) => each.sizeInBytes),
    ),
  ]
  if (wrong.length > 0) return wrong
  return batches.flatMap((expected, i) => {
    const { position, sizeBytes } = positions[i]!
    const check = expected.magic === 2 ? checkBatch : checkLegacy
    return check(bytes, position, sizeBytes, expected).map((text) => `batch ${i}, ${text}`)
  })
}

const compare = (what: string, ours: unknown, expected: unknown): string[] =>
  isDeepStrictEqual(ours, expected) ? [] : [`${what}: ${show(ours)} instead of ${show(expected)}`]

const show = (value: unknown): string =>
  JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? v.toString() : v)).slice(0, 300)

const base64 = (bytes: Buffer | null): string | null => bytes?.toString('base64') ?? null
const unbase64 = (text: string | null): Buffer | null => (text === null ? null : Buffer.from(text, 'base64'))

/** The fields of a recorded batch that `ours` has, as numbers where ours are. */
const expectedFields = (expected: RecordedBatch, ours: object): object =>
  Object.fromEntries(
    Object.entries(ours).map(([name, value]) => {
      const recorded = (expected as unknown as Record<string, unknown>)[name]
      return [name, typeof value === 'number' && typeof recorded === 'string' ? Number(recorded) : recorded]
    }),
  )

// --- magic 2

const checkBatch = (bytes: Buffer, at: number, sizeBytes: number, expected: RecordedBatch): string[] => {
  const ours = batchFields(bytes, at)
  return [
    ...compare('fields', ours, expectedFields(expected, ours)),
    ...compare('checksum', batch.crcIsValid(bytes, at), true),
    ...compare('records', batchRecords(bytes, at), expected.records),
    ...checkEncoding(bytes, at, sizeBytes, expected),
  ]
}

const batchFields = (bytes: Buffer, at: number) => ({
  magic: batch.magic(bytes, at),
  sizeInBytes: batch.batchSizeBytes(bytes, at),
  baseOffset: batch.baseOffset(bytes, at),
  lastOffset: batch.lastOffset(bytes, at),
  crc: batch.crc(bytes, at),
  compression: batch.codecOfId(batch.compressionId(bytes, at)),
  timestampType: batch.isLogAppendTime(bytes, at) ? 'LogAppendTime' : 'CreateTime',
  maxTimestamp: batch.maxTimestamp(bytes, at),
  partitionLeaderEpoch: batch.partitionLeaderEpoch(bytes, at),
  attributes: batch.attributes(bytes, at),
  lastOffsetDelta: batch.lastOffsetDelta(bytes, at),
  baseTimestamp: batch.baseTimestamp(bytes, at),
  producerId: String(batch.producerIdBig(bytes, at)),
  producerEpoch: batch.producerEpoch(bytes, at),
  baseSequence: batch.baseSequence(bytes, at),
  lastSequence: batch.lastSequence(bytes, at),
  isTransactional: batch.isTransactional(bytes, at),
  isControl: batch.isControl(bytes, at),
  recordCount: batch.recordCount(bytes, at),
  deleteHorizonMs: batch.deleteHorizonMs(bytes, at) ?? null,
})

const batchRecords = (bytes: Buffer, at: number): RecordedRecord[] => {
  const records: RecordedRecord[] = []
  const firstSequence = batch.baseSequence(bytes, at)
  const isControl = batch.isControl(bytes, at)
  const cursor = new RecordCursor(bytes, at)
  while (cursor.next()) {
    records.push({
      offset: String(bytes.readBigInt64BE(at) + BigInt(cursor.offsetDelta)),
      timestamp: exactTimestamp(bytes, at, cursor),
      key: base64(cursor.key),
      value: base64(cursor.value),
      sequence: firstSequence < 0 ? -1 : batch.addSequence(firstSequence, cursor.offsetDelta),
      headers: cursor.headers.map(({ key, value }) => ({ key, value: base64(value) })),
      ...(isControl ? controlFields(cursor) : {}),
    })
  }
  return records
}

const exactTimestamp = (bytes: Buffer, at: number, cursor: RecordCursor): string =>
  batch.isLogAppendTime(bytes, at)
    ? String(bytes.readBigInt64BE(at + 35))
    : String(BigInt.asIntN(64, bytes.readBigInt64BE(at + 27) + cursor.timestampDeltaBig))

const controlFields = (cursor: RecordCursor): Partial<RecordedRecord> => {
  const { type, coordinatorEpoch } = controlRecord(cursor.key, cursor.value)
  const endsTransaction = type === 'COMMIT' || type === 'ABORT'
  return { controlType: type, ...(endsTransaction ? { coordinatorEpoch } : {}) }
}

/** Without a codec the bytes must be the same; compressors differ, so otherwise what they decompress to must be. */
const checkEncoding = (bytes: Buffer, at: number, sizeBytes: number, expected: RecordedBatch): string[] => {
  const cursor = new RecordCursor(bytes, at)
  const base = bytes.readBigInt64BE(at + 27)
  const horizon = batch.deleteHorizonMs(bytes, at)
  const records = expected.records.map(({ key, value, headers = [] }) => {
    cursor.next()
    return {
      key: unbase64(key),
      value: unbase64(value),
      headers: headers.map((header) => ({ key: header.key, value: unbase64(header.value) })),
      timestamp: BigInt.asIntN(64, base + cursor.timestampDeltaBig),
      offsetDelta: cursor.offsetDelta,
    }
  })
  const isLogAppendTime = batch.isLogAppendTime(bytes, at)
  const ours = encodeBatch({
    baseOffset: bytes.readBigInt64BE(at),
    partitionLeaderEpoch: batch.partitionLeaderEpoch(bytes, at),
    codec: expected.compression,
    logAppendTimeMs: isLogAppendTime ? Number(expected.maxTimestamp) : undefined,
    producerId: batch.producerIdBig(bytes, at),
    producerEpoch: batch.producerEpoch(bytes, at),
    baseSequence: batch.baseSequence(bytes, at),
    isTransactional: batch.isTransactional(bytes, at),
    isControl: batch.isControl(bytes, at),
    deleteHorizonMs: horizon,
    lastOffsetDelta: batch.lastOffsetDelta(bytes, at),
    maxTimestamp: bytes.readBigInt64BE(at + 35),
    records,
  })
  const original = bytes.subarray(at, at + sizeBytes)
  if (expected.compression === 'none')
    return compare('encoded', ours.toString('hex'), original.toString('hex'))
  return [
    ...compare('encoded and decoded again', batchRecords(ours, 0), expected.records),
    ...compare('its checksum', batch.crcIsValid(ours), true),
  ]
}

// --- magic 0 and 1

const checkLegacy = (bytes: Buffer, at: number, sizeBytes: number, expected: RecordedBatch): string[] => {
  const header = legacyHeader(bytes, at, sizeBytes)
  const records = legacyRecordsOf(bytes, at, sizeBytes)
  const ours = {
    magic: header.magic,
    sizeInBytes: header.sizeBytes,
    baseOffset: records[0]?.offset,
    lastOffset: header.offset,
    crc: header.crc,
    compression: batch.codecOfId(header.compressionId),
    timestampType: typeOfTime(header),
    maxTimestamp: header.timestamp,
  }
  return [
    ...compare('fields', ours, expectedFields(expected, ours)),
    ...compare('checksum', legacyCrcIsValid(bytes, at, sizeBytes), true),
    ...compare('records', legacyRecords(bytes, at, sizeBytes), expected.records),
    ...checkLegacyEncoding(bytes, at, sizeBytes, expected),
  ]
}

const typeOfTime = (header: { magic: number; isLogAppendTime: boolean }): string => {
  if (header.magic === 0) return 'NoTimestampType'
  return header.isLogAppendTime ? 'LogAppendTime' : 'CreateTime'
}

const legacyRecords = (bytes: Buffer, at: number, sizeBytes: number): RecordedRecord[] =>
  legacyRecordsOf(bytes, at, sizeBytes).map(({ offset, timestamp, key, value }) => ({
    offset: String(offset),
    timestamp: String(timestamp),
    key: base64(key),
    value: base64(value),
  }))

const checkLegacyEncoding = (
  bytes: Buffer,
  at: number,
  sizeBytes: number,
  expected: RecordedBatch,
): string[] => {
  const { magic, compression, timestampType, maxTimestamp } = expected
  if (compression === 'zstd') return ['zstd before magic 2']
  const ours = encodeLegacy({
    magic: magic as 0 | 1,
    codec: compression,
    logAppendTimeMs: timestampType === 'LogAppendTime' ? Number(maxTimestamp) : undefined,
    records: expected.records.map(({ offset, timestamp, key, value }) => ({
      offset: BigInt(offset),
      timestamp: BigInt(timestamp),
      key: unbase64(key),
      value: unbase64(value),
    })),
  })
  const original = bytes.subarray(at, at + sizeBytes)
  if (compression === 'none') return compare('encoded', ours.toString('hex'), original.toString('hex'))
  return [
    ...compare('encoded and decoded again', legacyRecords(ours, 0, ours.length), expected.records),
    ...compare('its checksum', legacyCrcIsValid(ours, 0, ours.length), true),
  ]
}
