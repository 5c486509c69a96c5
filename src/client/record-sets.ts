import { DecodeError } from '../protocol/errors.ts'
import {
  batchesOf,
  type Codec,
  crcIsValid,
  isControl,
  isLogAppendTime,
  isTransactional,
  lastOffset,
  magic,
  partitionLeaderEpoch,
  producerIdBig,
} from '../protocol/records/batch.ts'
import { encodeBatch } from '../protocol/records/batch-builder.ts'
import { controlRecordOf } from '../protocol/records/control.ts'
import { encodeLegacy, legacyCrcIsValid, legacyHeader, legacyRecordsOf } from '../protocol/records/legacy.ts'
import { RecordCursor } from '../protocol/records/record.ts'
import { ClientError } from './client-error.ts'
import type { ConsumedRecord } from './consumer.ts'
import type { Entry } from './produce-batch.ts'
import type { ProducerIdentity } from './producer-id.ts'

/**
 * Encodes the records of one partition in the newest format that the version of Produce carries: magic 0 up to version 1,
 * magic 1 in version 2, magic 2 from 3 on. Throws a ClientError for what the format has no room for.
 */
export const encodeRecordSet = (
  produceVersion: number,
  entries: readonly Entry[],
  codec: Codec,
  producer: ProducerIdentity & { readonly baseSequence: number },
): Buffer => {
  if (produceVersion < 3) return encodeMessageSet(produceVersion < 2 ? 0 : 1, entries, codec)
  return encodeBatch({
    codec,
    producerId: producer.producerId,
    producerEpoch: producer.producerEpoch,
    baseSequence: producer.baseSequence,
    records: entries.map(({ record, timestampMs }) => ({
      key: record.key,
      value: record.value,
      headers: record.headers,
      timestamp: timestampMs,
    })),
  })
}

const encodeMessageSet = (magic: 0 | 1, entries: readonly Entry[], codec: Codec): Buffer => {
  const unsupported = (what: string): ClientError =>
    new ClientError('unsupported', `this broker's message format ${magic} has no ${what}`)
  if (codec === 'zstd') throw unsupported('zstd')
  if (entries.some(({ record }) => (record.headers?.length ?? 0) > 0)) throw unsupported('headers')
  return encodeLegacy({
    magic,
    codec,
    records: entries.map(({ record, timestampMs }, offset) => ({
      offset,
      timestamp: timestampMs,
      key: record.key,
      value: record.value,
    })),
  })
}

export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: bigint
}

export interface RecordSetOptions {
  readonly topic: string
  readonly partition: number
  /** Records before this offset are left out: a fetch gives whole batches. */
  readonly from: number
  /** read_committed: the aborted transactions that the answer names. Null: everything is read. */
  readonly aborted: readonly AbortedTransaction[] | null
}

export interface DecodedRecordSet {
  readonly records: readonly ConsumedRecord[]
  /** Where to go on; null when not one whole batch was there. */
  readonly nextOffset: number | null
}

/**
 * The records of a fetched record set, of any format, copied out of the answer. Control records are left out. Throws
 * DecodeError for bytes that are no records.
 */
export const decodeRecordSet = (set: Buffer, options: RecordSetOptions): DecodedRecordSet => {
  const records: ConsumedRecord[] = []
  const aborted = options.aborted === null ? null : new AbortedProducers(options.aborted)
  let nextOffset: number | null = null
  for (const { position, sizeBytes } of batchesOf(set)) {
    if (magic(set, position) < 2) {
      nextOffset = readMessage(set, position, sizeBytes, options, records) + 1
      continue
    }
    if (!crcIsValid(set, position)) throw new DecodeError('the checksum of a batch does not match', position)
    nextOffset = lastOffset(set, position) + 1
    const hidden = aborted?.hides(set, position) ?? false
    if (!hidden && !isControl(set, position)) readBatch(set, position, options, records)
  }
  return { records, nextOffset: nextOffset === null ? null : Math.max(nextOffset, options.from) }
}

const readBatch = (
  set: Buffer,
  position: number,
  options: RecordSetOptions,
  records: ConsumedRecord[],
): void => {
  const { topic, partition, from } = options
  const timestampType = isLogAppendTime(set, position) ? 'LogAppendTime' : 'CreateTime'
  const leaderEpoch = partitionLeaderEpoch(set, position)
  const cursor = new RecordCursor(set, position)
  while (cursor.next()) {
    if (cursor.offset < from) continue
    records.push({
      topic,
      partition,
      offset: cursor.offset,
      timestampMs: cursor.timestamp,
      timestampType,
      leaderEpoch,
      key: copied(cursor.key),
      value: copied(cursor.value),
      headers: cursor.headers.map(({ key, value }) => ({ key, value: copied(value) })),
    })
  }
}

/** Gives the last offset of the message, which for a compressed one is that of its last inner message. */
const readMessage = (
  set: Buffer,
  position: number,
  sizeBytes: number,
  options: RecordSetOptions,
  records: ConsumedRecord[],
): number => {
  const { topic, partition, from } = options
  const header = legacyHeader(set, position, sizeBytes)
  if (!legacyCrcIsValid(set, position, sizeBytes))
    throw new DecodeError('the checksum of a message does not match', position)
  for (const record of legacyRecordsOf(set, position, sizeBytes)) {
    if (record.offset < from) continue
    records.push({
      topic,
      partition,
      offset: record.offset,
      timestampMs: record.timestamp,
      timestampType:
        header.magic === 0 ? 'NoTimestampType' : header.isLogAppendTime ? 'LogAppendTime' : 'CreateTime',
      leaderEpoch: -1,
      key: copied(record.key),
      value: copied(record.value),
      headers: [],
    })
  }
  return header.offset
}

const copied = (view: Buffer | null): Buffer | null => (view === null ? null : Buffer.from(view))

/** Follows, batch by batch, which producers are inside a transaction that was aborted (KIP-98, consumer side). */
class AbortedProducers {
  /** Sorted by first offset. */
  readonly #coming: AbortedTransaction[]
  readonly #now = new Set<bigint>()

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#coming = [...aborted].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1))
  }

  /** Whether the records of this batch were aborted. Asked of every batch, in order. */
  hides(set: Buffer, position: number): boolean {
    const last = BigInt(lastOffset(set, position))
    while (this.#coming[0] !== undefined && this.#coming[0].firstOffset <= last)
      this.#now.add((this.#coming.shift() as AbortedTransaction).producerId)
    const producer = producerIdBig(set, position)
    if (isControl(set, position)) {
      if (controlRecordOf(set, position)?.type === 'ABORT') this.#now.delete(producer)
      return true
    }
    return isTransactional(set, position) && this.#now.has(producer)
  }
}
