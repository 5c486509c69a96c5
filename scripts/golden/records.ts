import {
  addSequence,
  attributes,
  baseSequence,
  batchesOf,
  codecOfId,
  compressionId,
  crc,
  crcIsValid,
  deleteHorizonMs,
  isControl,
  isLogAppendTime,
  isTransactional,
  lastOffsetDelta,
  lastSequence,
  magic,
  maxTimestamp,
  partitionLeaderEpoch,
  producerEpoch,
  producerIdBig,
  recordCount,
  setLogAppendTime,
} from '../../src/protocol/records/batch.ts'
import { encodeBatch, type RecordInput } from '../../src/protocol/records/batch-builder.ts'
import { controlRecord } from '../../src/protocol/records/control.ts'
import {
  encodeLegacy,
  type LegacyEncodeOptions,
  legacyCrcIsValid,
  legacyHeader,
  legacyRecordsOf,
} from '../../src/protocol/records/legacy.ts'
import { RecordCursor } from '../../src/protocol/records/record.ts'
import { emptyVerdict, judge, same, type Verdict } from './verdict.ts'

/** One line of a `record-batches-v*.jsonl` file. */
interface Vector {
  readonly id: string
  readonly sizeInBytes: number
  readonly batches: readonly GoldenBatch[]
  readonly hex: string
}

type GoldenBatch = Record<string, unknown> & { readonly records: readonly unknown[] }

/**
 * Decodes each vector and compares every field with its JSON, checksums included; encodes the decoded records anew, which
 * must give the same bytes where nothing is compressed, and the same records where something is.
 */
export function verifyRecordBatches(lines: Iterable<string>): Verdict {
  const verdict = emptyVerdict()
  for (const line of lines) {
    const vector = JSON.parse(line) as Vector
    judge(verdict, vector.id, () => verifyVector(vector))
  }
  return verdict
}

function verifyVector(vector: Vector): void {
  const bytes = Buffer.from(vector.hex, 'hex')
  same('sizeInBytes', bytes.length, vector.sizeInBytes)
  const positions = [...batchesOf(bytes)]
  same('number of batches', positions.length, vector.batches.length)
  same(
    'bytes in batches',
    positions.reduce((sum, each) => sum + each.sizeBytes, 0),
    bytes.length,
  )
  for (const [index, { position, sizeBytes }] of positions.entries()) {
    const batch = bytes.subarray(position, position + sizeBytes)
    const decoded = decodeGolden(batch)
    same(`batch ${index}`, sorted(decoded), sorted(vector.batches[index]))
    const encoded = encodeAgain(batch)
    if (decoded.compression === 'none')
      same(`batch ${index} encoded`, encoded.toString('hex'), batch.toString('hex'))
    else {
      const { sizeInBytes: _, crc: __, ...again } = decodeGolden(encoded)
      const { sizeInBytes: ___, crc: ____, ...first } = decoded
      same(`batch ${index} encoded and decoded`, sorted(again), sorted(first))
    }
  }
}

/** The order of the keys means nothing. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, sorted(each)]),
  )
}

const base64 = (bytes: Buffer | null): string | null => bytes?.toString('base64') ?? null

const decodeGolden = (batch: Buffer): GoldenBatch =>
  magic(batch) === 2 ? decodeNew(batch) : decodeOld(batch)

function decodeNew(batch: Buffer): GoldenBatch {
  if (!crcIsValid(batch)) throw new Error('the checksum does not match')
  const baseOffset = batch.readBigInt64BE(0)
  const baseTimestamp = batch.readBigInt64BE(27)
  const control = isControl(batch)
  const records: Record<string, unknown>[] = []
  const cursor = new RecordCursor(batch)
  while (cursor.next()) {
    const timestamp = isLogAppendTime(batch)
      ? batch.readBigInt64BE(35)
      : baseTimestamp + cursor.timestampDeltaBig
    const record: Record<string, unknown> = {
      offset: String(baseOffset + BigInt(cursor.offsetDelta)),
      timestamp: String(BigInt.asIntN(64, timestamp)),
      key: base64(cursor.key),
      value: base64(cursor.value),
      sequence: baseSequence(batch) === -1 ? -1 : addSequence(baseSequence(batch), cursor.offsetDelta),
      headers: cursor.headers.map(({ key, value }) => ({ key, value: base64(value) })),
    }
    if (control) {
      const { type, coordinatorEpoch } = controlRecord(cursor.key, cursor.value)
      record.controlType = type
      if (type === 'COMMIT' || type === 'ABORT') record.coordinatorEpoch = coordinatorEpoch
    }
    records.push(record)
  }
  const horizon = deleteHorizonMs(batch)
  return {
    magic: 2,
    sizeInBytes: batch.length,
    baseOffset: String(baseOffset),
    lastOffset: String(baseOffset + BigInt(lastOffsetDelta(batch))),
    crc: crc(batch),
    compression: codecOfId(compressionId(batch)),
    timestampType: isLogAppendTime(batch) ? 'LogAppendTime' : 'CreateTime',
    maxTimestamp: String(batch.readBigInt64BE(35)),
    partitionLeaderEpoch: partitionLeaderEpoch(batch),
    attributes: attributes(batch),
    lastOffsetDelta: lastOffsetDelta(batch),
    baseTimestamp: String(baseTimestamp),
    producerId: String(producerIdBig(batch)),
    producerEpoch: producerEpoch(batch),
    baseSequence: baseSequence(batch),
    lastSequence: lastSequence(batch),
    isTransactional: isTransactional(batch),
    isControl: control,
    recordCount: recordCount(batch),
    deleteHorizonMs: horizon === undefined ? null : String(horizon),
    records,
  }
}

function decodeOld(message: Buffer): GoldenBatch {
  if (!legacyCrcIsValid(message, 0, message.length)) throw new Error('the checksum does not match')
  const header = legacyHeader(message, 0, message.length)
  const records = legacyRecordsOf(message, 0, message.length)
  return {
    magic: header.magic,
    sizeInBytes: message.length,
    baseOffset: String(records[0]?.offset),
    lastOffset: String(header.offset),
    crc: header.crc,
    compression: codecOfId(header.compressionId),
    timestampType:
      header.magic === 0 ? 'NoTimestampType' : header.isLogAppendTime ? 'LogAppendTime' : 'CreateTime',
    maxTimestamp: String(header.timestamp),
    records: records.map(({ offset, timestamp, key, value }) => ({
      offset: String(offset),
      timestamp: String(timestamp),
      key: base64(key),
      value: base64(value),
    })),
  }
}

const encodeAgain = (batch: Buffer): Buffer => (magic(batch) === 2 ? encodeNew(batch) : encodeOld(batch))

function encodeNew(batch: Buffer): Buffer {
  const baseTimestamp = batch.readBigInt64BE(27)
  const records: RecordInput[] = []
  const cursor = new RecordCursor(batch)
  while (cursor.next()) {
    const { key, value, headers, offsetDelta } = cursor
    records.push({ key, value, headers, offsetDelta, timestamp: baseTimestamp + cursor.timestampDeltaBig })
  }
  const again = encodeBatch({
    baseOffset: batch.readBigInt64BE(0),
    partitionLeaderEpoch: partitionLeaderEpoch(batch),
    codec: codecOfId(compressionId(batch)),
    producerId: producerIdBig(batch),
    producerEpoch: producerEpoch(batch),
    baseSequence: baseSequence(batch),
    isTransactional: isTransactional(batch),
    isControl: isControl(batch),
    deleteHorizonMs: deleteHorizonMs(batch),
    lastOffsetDelta: lastOffsetDelta(batch),
    // What only the header knows: of batches that compaction emptied, or that a broker stamped.
    maxTimestamp: recordCount(batch) === 0 ? batch.readBigInt64BE(35) : undefined,
    records,
  })
  if (isLogAppendTime(batch)) setLogAppendTime(again, 0, maxTimestamp(batch))
  return again
}

function encodeOld(message: Buffer): Buffer {
  const header = legacyHeader(message, 0, message.length)
  return encodeLegacy({
    magic: header.magic,
    codec: codecOfId(header.compressionId) as LegacyEncodeOptions['codec'],
    logAppendTimeMs: header.isLogAppendTime ? header.timestamp : undefined,
    records: legacyRecordsOf(message, 0, message.length),
  })
}
