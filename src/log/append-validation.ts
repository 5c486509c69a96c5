import { crc32c } from '../runtime/crc32c.ts'
import * as header from './batch-header.ts'
import { compressRecords, decompressRecords } from './compressed-records.ts'
import { convertOldFormat } from './legacy-append.ts'
import type { CompressionTypeConfig, LogConfig } from './log-config.ts'
import { type AppendOrigin, RecordsRefused } from './log-types.ts'
import { checkRecords, type RecordRules, type RecordSummary } from './record-check.ts'

const NEWEST_PRODUCE_VERSION = 13
/** From this version of Produce on a partition's records are exactly one batch of magic 2. */
const ONE_BATCH_SINCE = 3
const ZSTD_SINCE = 7
const ZSTD = 4
const INT32_MAX = 2 ** 31 - 1

const CODECS: Readonly<Record<Exclude<CompressionTypeConfig, 'producer'>, number>> = {
  uncompressed: 0,
  gzip: 1,
  snappy: 2,
  lz4: 3,
  zstd: ZSTD,
}

/** What the validation of an append must know. */
export interface ValidationContext {
  /** `topic-partition`, for messages. */
  readonly partition: string
  readonly config: LogConfig
  readonly origin: AppendOrigin
  readonly produceVersion: number | undefined
  readonly nowMs: number
}

/** One batch of magic 2, ready to be stored; base offset and leader epoch are still to be set. */
export interface ValidatedBatch {
  /** The bytes that came, restamped in place, or new ones if the batch had to be rewritten. */
  readonly records: Buffer
  readonly recordCount: number
  readonly lastOffsetDelta: number
  readonly maxTimestamp: number
  /** -1 unless the topic stamps records itself. */
  readonly logAppendTimeMs: number
}

/**
 * Bytes of the batch at `at`, or 0 when there is no whole batch (left). Throws RecordsRefused for a length or magic that cannot
 * be: CORRUPT_MESSAGE, for the whole request, as Kafka's handler reads batches before it looks at partitions.
 */
const nextBatchSize = (records: Buffer, at: number): number => {
  const left = records.length - at
  if (left < header.LOG_OVERHEAD) return 0
  const length = records.readInt32BE(at + 8)
  const refuse = { clientMessage: '', beforeAppend: true, wholeRequest: true }
  if (length < header.LENGTH_MIN) {
    const message = `Record size ${length} is less than the minimum record overhead (${header.LENGTH_MIN})`
    throw new RecordsRefused('CORRUPT_MESSAGE', message, { ...refuse, clientMessage: message })
  }
  if (left <= header.MAGIC_AT) return 0
  const found = header.magic(records, at)
  if (found < 0 || found > 2) {
    const message = `Invalid magic found in record: ${found}`
    throw new RecordsRefused('CORRUPT_MESSAGE', message, { ...refuse, clientMessage: message })
  }
  const size = length + header.LOG_OVERHEAD
  if (size > INT32_MAX) {
    // The real broker's int overflows here, and what follows is an unforeseen error.
    throw new RecordsRefused('UNKNOWN_SERVER_ERROR', 'Batch length overflows', {
      ...refuse,
      clientMessage: null,
    })
  }
  return left < size ? 0 : size
}

/**
 * Whether any batch is marked as part of a transaction: the Produce handler asks before it looks at partitions, and refuses
 * the request with TRANSACTIONAL_ID_AUTHORIZATION_FAILED if it has no transactional id. Throws RecordsRefused like an append.
 */
export const hasTransactionalRecords = (records: Buffer): boolean => {
  for (let at = 0, size = nextBatchSize(records, 0); size > 0; size = nextBatchSize(records, at)) {
    const known = header.magic(records, at) === 2 && size >= header.ATTRIBUTES_AT + 2
    if (known && header.isTransactional(header.attributes(records, at))) return true
    at += size
  }
  return false
}

const beforeAppend = (message: string): RecordsRefused =>
  new RecordsRefused('INVALID_RECORD', message, { beforeAppend: true })

/** What the handler of a real broker checks before it looks at the partition. Returns the bytes of the only batch. */
const checkOneBatch = (records: Buffer, produceVersion: number): number => {
  const size = nextBatchSize(records, 0)
  if (size === 0) throw beforeAppend('Produce requests must have at least one record batch per partition')
  if (header.magic(records, 0) !== 2) {
    throw beforeAppend('Produce requests are only allowed to contain record batches with magic version 2')
  }
  if (produceVersion < ZSTD_SINCE && size >= header.ATTRIBUTES_AT + 2) {
    if (header.codecOf(header.attributes(records, 0)) === ZSTD) {
      throw new RecordsRefused(
        'UNSUPPORTED_COMPRESSION_TYPE',
        'ZStandard compression needs Produce version 7',
        { beforeAppend: true },
      )
    }
  }
  if (nextBatchSize(records, size) !== 0) {
    throw beforeAppend('Produce requests are only allowed to contain exactly one record batch per partition')
  }
  return size
}

/** Length, checksum and size: the first look at each batch. Source: UnifiedLog.analyzeAndValidateRecords. */
const checkEnvelope = (batch: Buffer, context: ValidationContext): void => {
  const { config, origin } = context
  if (origin === 'client' && header.baseOffset(batch, 0) !== 0) {
    const offset = batch.readBigInt64BE(0)
    throw new RecordsRefused(
      'INVALID_RECORD',
      `The baseOffset of a batch appended to ${context.partition} should be 0, but is ${offset}`,
    )
  }
  if (batch.length > config.maxMessageBytes) throw tooLarge(batch.length, config)
  if (
    batch.length < header.BATCH_OVERHEAD ||
    header.crc(batch, 0) !== crc32c(batch, header.ATTRIBUTES_AT, batch.length)
  ) {
    const message = `Record is corrupt in ${context.partition}: its checksum is wrong`
    throw new RecordsRefused('CORRUPT_MESSAGE', message, { beforeAppend: true })
  }
}

const tooLarge = (bytes: number, config: LogConfig): RecordsRefused =>
  new RecordsRefused(
    'MESSAGE_TOO_LARGE',
    `The record batch has ${bytes} bytes, which exceeds max.message.bytes of ${config.maxMessageBytes}`,
    { beforeAppend: true },
  )

/** The header fields of a client's batch. Source: LogValidator.validateBatch. */
const checkHeader = (batch: Buffer, attributes: number, partition: string): void => {
  const count = header.recordCount(batch, 0)
  const span = header.lastOffsetDelta(batch, 0) + 1
  if (span <= 0 || count <= 0 || span !== count) {
    throw new RecordsRefused(
      'INVALID_RECORD',
      `Inconsistent batch in ${partition}: ${count} records over ${span} offsets`,
    )
  }
  if (header.isControl(attributes)) {
    throw new RecordsRefused(
      'INVALID_RECORD',
      `Clients are not allowed to write control records in ${partition}`,
    )
  }
  if (header.producerId(batch, 0) > -1 && header.baseSequence(batch, 0) < 0) {
    throw new RecordsRefused(
      'INVALID_RECORD',
      `Invalid sequence number ${header.baseSequence(batch, 0)} of an idempotent producer in ${partition}`,
    )
  }
}

/**
 * Checks the records of one partition of a Produce request, or of one of our coordinators, as a 4.4 broker does, and restamps
 * or rewrites the batch as the topic asks. Throws RecordsRefused with the code and record errors of a real broker.
 *
 * Records are checked by walking their lengths; only compressed batches are decompressed for it. A batch that may stay as it
 * is, is returned as a view of `records`.
 */
export const validateAppend = (records: Buffer, context: ValidationContext): ValidatedBatch => {
  const { origin } = context
  const produceVersion = context.produceVersion ?? NEWEST_PRODUCE_VERSION
  if (origin === 'client' && produceVersion < ONE_BATCH_SINCE) {
    const converted = convertOldFormat(records, context)
    if (converted !== undefined) return finish(converted, context, true)
  }
  const size = checkOneBatch(records, origin === 'client' ? produceVersion : NEWEST_PRODUCE_VERSION)
  const batch = records.length === size ? records : records.subarray(0, size)
  checkEnvelope(batch, context)
  return finish(batch, context, false)
}

/** `batch` is one whole batch of magic 2. `mine`: it was made here from an old format, in the codec that came. */
const finish = (batch: Buffer, context: ValidationContext, mine: boolean): ValidatedBatch => {
  const { config, nowMs } = context
  const attributes = header.attributes(batch, 0)
  const source = header.codecOf(attributes)
  if (source > ZSTD)
    throw new RecordsRefused('UNKNOWN_SERVER_ERROR', `Unknown compression type id: ${source}`)
  if (context.origin === 'client') checkHeader(batch, attributes, context.partition)
  const wanted = config.compressionType === 'producer' ? source : CODECS[config.compressionType]
  const target = header.isControl(attributes) && source === 0 ? 0 : wanted
  const stampsTime = config.messageTimestampType === 'LogAppendTime'

  const checked = checkContent(batch, attributes, target, context)
  if (source === target && source !== 0 && !checked.deltasAscend && !mine) {
    throw new RecordsRefused(
      'UNKNOWN_SERVER_ERROR',
      'Offsets inside the compressed batch do not ascend by one',
    )
  }
  const maxTimestamp = stampsTime ? nowMs : checked.maxTimestamp
  let stored = batch
  if (source !== target) {
    stored = recompress(batch, checked.plain, target, config)
    stamp(stored, header.restamped(attributes, target, stampsTime), maxTimestamp)
  } else if (
    header.isLogAppendTime(attributes) !== stampsTime ||
    header.maxTimestamp(batch, 0) !== maxTimestamp
  ) {
    stamp(stored, header.restamped(attributes, source, stampsTime), maxTimestamp)
  }
  if (stored.length > config.maxMessageBytes) throw tooLarge(stored.length, config)
  return {
    records: stored,
    recordCount: header.recordCount(batch, 0),
    lastOffsetDelta: header.lastOffsetDelta(batch, 0),
    maxTimestamp,
    logAppendTimeMs: stampsTime ? nowMs : -1,
  }
}

interface CheckedContent extends RecordSummary {
  /** The uncompressed records. */
  readonly plain: Buffer
}

const checkContent = (
  batch: Buffer,
  attributes: number,
  target: number,
  context: ValidationContext,
): CheckedContent => {
  const { config } = context
  const source = header.codecOf(attributes)
  const rules: RecordRules = {
    partition: context.partition,
    createTime: config.messageTimestampType === 'CreateTime',
    nowMs: context.nowMs,
    beforeMaxMs: config.messageTimestampBeforeMaxMs,
    afterMaxMs: config.messageTimestampAfterMaxMs,
    compacted: config.cleanupPolicy.includes('compact') && !header.isControl(attributes),
  }
  const frame = {
    count: header.recordCount(batch, 0),
    baseTimestamp: header.baseTimestamp(batch, 0),
    logAppendTimeMs: header.isLogAppendTime(attributes) ? header.maxTimestamp(batch, 0) : undefined,
    lengthsUnchecked: source !== 0 && source === target,
    damaged: false,
  }
  let plain = batch
  let start = header.BATCH_OVERHEAD
  if (source !== 0) {
    const unpacked = decompressRecords(source, batch.subarray(header.BATCH_OVERHEAD), config)
    plain = unpacked.bytes
    start = 0
    frame.damaged = unpacked.damaged
  }
  const summary = checkRecords(plain, start, plain.length, frame, rules)
  return { ...summary, plain: start === 0 ? plain : plain.subarray(start) }
}

/** The batch with its records in another codec: same header, apart from length, attributes and checksum. */
const recompress = (batch: Buffer, plain: Buffer, target: number, config: LogConfig): Buffer => {
  const body = target === 0 ? plain : compressRecords(target, plain, config)
  const out = Buffer.allocUnsafeSlow(header.BATCH_OVERHEAD + body.length)
  batch.copy(out, 0, 0, header.BATCH_OVERHEAD)
  body.copy(out, header.BATCH_OVERHEAD)
  out.writeInt32BE(out.length - header.LOG_OVERHEAD, 8)
  return out
}

const stamp = (batch: Buffer, attributes: number, maxTimestamp: number): void => {
  batch.writeInt16BE(attributes, header.ATTRIBUTES_AT)
  header.writeInt64(batch, header.MAX_TIMESTAMP_AT, maxTimestamp)
  batch.writeUInt32BE(crc32c(batch, header.ATTRIBUTES_AT, batch.length), header.CRC_AT)
}
