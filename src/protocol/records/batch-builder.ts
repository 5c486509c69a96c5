import { EncodeError } from '../errors.ts'
import {
  Attribute,
  BATCH_HEADER_BYTES,
  type Codec,
  codecId,
  LOG_OVERHEAD_BYTES,
  NO_TIMESTAMP,
  updateCrc,
  writeInt64,
} from './batch.ts'
import { compress } from './compression/index.ts'
import { varintBytes, varlongBytes, writeVarint, writeVarlong } from './varint.ts'

/** A header to be written. Text is encoded as UTF-8. */
interface HeaderInput {
  readonly key: string
  readonly value: Buffer | string | null
}

/** A record to be written. Text is encoded as UTF-8; null and absent are the same. */
export interface RecordInput {
  readonly key?: Buffer | string | null | undefined
  readonly value?: Buffer | string | null | undefined
  readonly headers?: readonly HeaderInput[] | undefined
  /** Milliseconds since the epoch; absent: the batch's `timestamp`. */
  readonly timestamp?: number | bigint | undefined
  /** Offset relative to the batch's base offset; absent: one more than the record before. Must grow. */
  readonly offsetDelta?: number | undefined
}

/** The header of a batch to be written. What is absent is as in a batch of a plain producer. */
export interface BatchOptions {
  readonly baseOffset?: number | bigint | undefined
  readonly partitionLeaderEpoch?: number | undefined
  readonly codec?: Codec | undefined
  readonly compressionLevel?: number | undefined
  /** For records that have none of their own. Default -1 (none). */
  readonly timestamp?: number | bigint | undefined
  /** Marks the batch LogAppendTime with this time. */
  readonly logAppendTimeMs?: number | undefined
  readonly producerId?: number | bigint | undefined
  readonly producerEpoch?: number | undefined
  readonly baseSequence?: number | undefined
  readonly isTransactional?: boolean | undefined
  readonly isControl?: boolean | undefined
  /** When tombstones and markers may go; takes the place of the base timestamp (KIP-534). */
  readonly deleteHorizonMs?: number | undefined
  /** Offset delta of the last record, when compaction removed the one that had it. */
  readonly lastOffsetDelta?: number | undefined
  /** Default: the greatest of the records. */
  readonly maxTimestamp?: number | bigint | undefined
}

const FIRST_BYTES = 512
const INT32_MAX = 0x7fffffff

/**
 * Writes one batch of magic 2, record by record, into memory that grows. `build` ends it; a builder is used once.
 */
export class BatchBuilder {
  readonly #options: BatchOptions
  #buffer: Buffer
  #at = BATCH_HEADER_BYTES
  #count = 0
  #lastDelta = -1
  #baseTimestamp: number | bigint | undefined
  #maxTimestamp: number | bigint = NO_TIMESTAMP

  constructor(options: BatchOptions = {}, expectedBytes = FIRST_BYTES) {
    this.#options = options
    this.#baseTimestamp = options.deleteHorizonMs
    this.#buffer = Buffer.allocUnsafe(Math.max(expectedBytes, BATCH_HEADER_BYTES))
  }

  get count(): number {
    return this.#count
  }

  /** Bytes of the batch so far, before compression. */
  get sizeBytes(): number {
    return this.#at
  }

  /** @throws EncodeError for an offset delta that does not grow. */
  append(record: RecordInput): void {
    const offsetDelta = record.offsetDelta ?? this.#lastDelta + 1
    if (offsetDelta <= this.#lastDelta || offsetDelta > INT32_MAX) {
      throw new EncodeError(`offset delta ${offsetDelta} after ${this.#lastDelta}`)
    }
    const timestamp = record.timestamp ?? this.#options.timestamp ?? NO_TIMESTAMP
    this.#baseTimestamp ??= timestamp
    const timestampDelta = difference(timestamp, this.#baseTimestamp)
    const headers = record.headers ?? []
    let size =
      1 +
      varlongBytes(timestampDelta) +
      varintBytes(offsetDelta) +
      fieldBytes(record.key) +
      fieldBytes(record.value) +
      varintBytes(headers.length)
    for (const header of headers) size += fieldBytes(header.key) + fieldBytes(header.value)

    const buffer = this.#room(size + 5)
    let at = writeVarint(buffer, this.#at, size)
    buffer[at++] = 0
    at = writeVarlong(buffer, at, timestampDelta)
    at = writeVarint(buffer, at, offsetDelta)
    at = writeField(buffer, at, record.key)
    at = writeField(buffer, at, record.value)
    at = writeVarint(buffer, at, headers.length)
    for (const header of headers) {
      at = writeField(buffer, at, header.key)
      at = writeField(buffer, at, header.value)
    }
    this.#at = at
    this.#count++
    this.#lastDelta = offsetDelta
    if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp
  }

  /** The batch, checksum included. */
  build(): Buffer {
    const options = this.#options
    const codec = options.codec ?? 'none'
    const plain = this.#buffer.subarray(0, this.#at)
    let batch = plain
    if (codec !== 'none') {
      const body = compress(codec, plain.subarray(BATCH_HEADER_BYTES), { level: options.compressionLevel })
      batch = Buffer.allocUnsafe(BATCH_HEADER_BYTES + body.length)
      body.copy(batch, BATCH_HEADER_BYTES)
    }
    writeInt64(batch, 0, options.baseOffset ?? 0)
    batch.writeInt32BE(batch.length - LOG_OVERHEAD_BYTES, 8)
    batch.writeInt32BE(options.partitionLeaderEpoch ?? -1, 12)
    batch[16] = 2
    batch.writeInt16BE(attributesOf(options), 21)
    batch.writeInt32BE(options.lastOffsetDelta ?? Math.max(this.#lastDelta, 0), 23)
    writeInt64(batch, 27, this.#baseTimestamp ?? NO_TIMESTAMP)
    writeInt64(batch, 35, options.logAppendTimeMs ?? options.maxTimestamp ?? this.#maxTimestamp)
    writeInt64(batch, 43, options.producerId ?? -1)
    batch.writeInt16BE(options.producerEpoch ?? -1, 51)
    batch.writeInt32BE(options.baseSequence ?? -1, 53)
    batch.writeInt32BE(this.#count, 57)
    updateCrc(batch)
    return batch
  }

  #room(bytes: number): Buffer {
    const wanted = this.#at + bytes
    if (wanted > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(wanted, this.#buffer.length * 2))
      this.#buffer.copy(grown, 0, 0, this.#at)
      this.#buffer = grown
    }
    return this.#buffer
  }
}

/** One batch of magic 2 with these records. */
export function encodeBatch(options: BatchOptions & { readonly records: Iterable<RecordInput> }): Buffer {
  const builder = new BatchBuilder(options)
  for (const record of options.records) builder.append(record)
  return builder.build()
}

function attributesOf(options: BatchOptions): number {
  return (
    codecId(options.codec ?? 'none') |
    (options.logAppendTimeMs === undefined ? 0 : Attribute.logAppendTime) |
    (options.isTransactional ? Attribute.transactional : 0) |
    (options.isControl ? Attribute.control : 0) |
    (options.deleteHorizonMs === undefined ? 0 : Attribute.deleteHorizon)
  )
}

const difference = (a: number | bigint, b: number | bigint): number | bigint =>
  typeof a === 'number' && typeof b === 'number' ? a - b : BigInt.asIntN(64, BigInt(a) - BigInt(b))

function fieldBytes(field: Buffer | string | null | undefined): number {
  if (field === null || field === undefined) return 1
  const bytes = Buffer.byteLength(field)
  return varintBytes(bytes) + bytes
}

function writeField(buffer: Buffer, at: number, field: Buffer | string | null | undefined): number {
  if (field === null || field === undefined) {
    buffer[at] = 1
    return at + 1
  }
  const start = writeVarint(buffer, at, Buffer.byteLength(field))
  return start + (typeof field === 'string' ? buffer.write(field, start) : field.copy(buffer, start))
}
