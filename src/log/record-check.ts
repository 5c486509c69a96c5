import { type RecordError, RecordsRefused } from './log-types.ts'

/** What the records of a batch are checked against. */
export interface RecordRules {
  /** `topic-partition`, for messages. */
  readonly partition: string
  /** The topic keeps CreateTime: timestamps must lie within [nowMs - beforeMaxMs, nowMs + afterMaxMs]. */
  readonly createTime: boolean
  readonly nowMs: number
  readonly beforeMaxMs: number
  readonly afterMaxMs: number
  /** Every record needs a key. */
  readonly compacted: boolean
}

/** The header fields that a record's own fields are relative to. */
export interface RecordFrame {
  readonly count: number
  readonly baseTimestamp: number
  /** The batch says LogAppendTime: all records have this timestamp. Undefined: they have their own. */
  readonly logAppendTimeMs: number | undefined
  /**
   * Only compressed batches that are kept as they are: Kafka's reader then skips keys, values and headers without comparing
   * the record's length.
   */
  readonly lengthsUnchecked: boolean
  /** How the decompression of the bytes ended: cleanly, or not, in which case the bytes are those in front of the damage. */
  readonly damaged: boolean
}

export interface RecordSummary {
  /** Largest timestamp, -1 when no record has one. */
  maxTimestamp: number
  /** Offset deltas count up from 0. */
  deltasAscend: boolean
}

const ERRORS_SHOWN = 3
/** A bound as large as this is none: Kafka's default is the largest int64, and its sums wrap around rather than refuse. */
const UNBOUNDED_MS = Number.MAX_SAFE_INTEGER

/** Where the last varint ended. A variable of the module, because this runs once for each field of each record. */
let next = 0
let tooLong = false

/** Zigzag varint at `at`. At the end of the bytes, or when it is too long, `next` becomes -1. */
const slowVarint = (bytes: Buffer, start: number, end: number): number => {
  let raw = 0
  let at = start
  for (let shift = 0; shift <= 28; shift += 7) {
    if (at >= end) {
      next = -1
      tooLong = false
      return 0
    }
    const byte = bytes[at++] as number
    raw |= (byte & 0x7f) << shift
    if (byte < 0x80) {
      next = at
      return (raw >>> 1) ^ -(raw & 1)
    }
  }
  next = -1
  tooLong = true
  return 0
}

const varint = (bytes: Buffer, at: number, end: number): number => {
  if (at + 2 <= end) {
    const first = bytes[at] as number
    if (first < 0x80) {
      next = at + 1
      return (first >>> 1) ^ -(first & 1)
    }
    const second = bytes[at + 1] as number
    if (second < 0x80) {
      const raw = (first & 0x7f) | (second << 7)
      next = at + 2
      return (raw >>> 1) ^ -(raw & 1)
    }
  }
  return slowVarint(bytes, at, end)
}

/** Zigzag varint of up to 64 bits as a number; beyond 2^53 it loses its lowest bits. */
const varlong = (bytes: Buffer, at: number, end: number): number => {
  if (at + 4 <= end && (bytes[at + 3] as number) < 0x80) return varint(bytes, at, end)
  const fits = Math.min(end - at, 4)
  for (let i = 0; i < fits; i++) if ((bytes[at + i] as number) < 0x80) return varint(bytes, at, end)
  let raw = 0
  let scale = 1
  for (let i = 0; i < 10; i++, scale *= 128) {
    if (at + i >= end) break
    const byte = bytes[at + i] as number
    raw += (byte & 0x7f) * scale
    if (byte < 0x80) {
      next = at + i + 1
      return (bytes[at] as number) % 2 === 1 ? -(raw + 1) / 2 : raw / 2
    }
  }
  next = -1
  return 0
}

const invalid = (message: string): RecordsRefused => new RecordsRefused('INVALID_RECORD', message)
const malformed = (): RecordsRefused => invalid('Found invalid record structure')

/** The fields of the record read last. Variables of the module for the same reason. */
let timestampDelta = 0
let offsetDelta = 0
let keySize = 0

/** Most bytes in front of a key in a record that `quickRecord` takes. */
const QUICK_BYTES = 11

/**
 * The common case without a call for each field: lengths below 8 KiB, small deltas, no headers. Returns where the record ends, or
 * -1 for any other record, right or wrong.
 */
const quickRecord = (bytes: Buffer, start: number, end: number): number => {
  if (start + QUICK_BYTES > end) return -1
  let at = start
  let raw = bytes[at++] as number
  if (raw >= 0x80) raw = (raw & 0x7f) | ((bytes[at++] as number) << 7)
  if (raw & 0x4001) return -1
  const recordEnd = at + (raw >>> 1)
  if (recordEnd > end || bytes[at++] !== 0) return -1
  raw = bytes[at++] as number
  if (raw >= 0x80) raw = (raw & 0x7f) | ((bytes[at++] as number) << 7)
  if (raw >= 0x4000) raw = (raw & 0x3fff) | ((bytes[at++] as number) << 14)
  if (raw >= 0x200000) return -1
  const time = (raw >>> 1) ^ -(raw & 1)
  raw = bytes[at++] as number
  if (raw >= 0x80) raw = (raw & 0x7f) | ((bytes[at++] as number) << 7)
  if (raw >= 0x4000) raw = (raw & 0x3fff) | ((bytes[at++] as number) << 14)
  if (raw & 0x200001) return -1
  const delta = raw >>> 1
  raw = bytes[at++] as number
  if (raw >= 0x80) raw = (raw & 0x7f) | ((bytes[at++] as number) << 7)
  if (raw >= 0x4000) return -1
  const key = (raw >>> 1) ^ -(raw & 1)
  if (key > 0) at += key
  if (at + 2 > recordEnd) return -1
  raw = bytes[at++] as number
  if (raw >= 0x80) raw = (raw & 0x7f) | ((bytes[at++] as number) << 7)
  if (raw >= 0x4000) return -1
  if (raw > 0 && (raw & 1) === 0) at += raw >>> 1
  if (at + 1 !== recordEnd || bytes[at] !== 0) return -1
  timestampDelta = time
  offsetDelta = delta
  keySize = key
  return recordEnd
}

/** Any record. Returns where it ends; throws RecordsRefused when it is none. */
const wholeRecord = (bytes: Buffer, at: number, end: number, frame: RecordFrame): number => {
  tooLong = false
  const size = varint(bytes, at, end)
  if (next < 0) throw unreadableLength(frame)
  const bodyStart = next
  timestampDelta = varlong(bytes, bodyStart + 1, end)
  if (next < 0) throw cut(frame)
  offsetDelta = varint(bytes, next, end)
  if (next < 0) throw cut(frame)
  keySize = varint(bytes, next, end)
  if (next < 0) throw cut(frame)
  const valueAt = keySize > 0 ? next + keySize : next
  if (valueAt > end) throw cut(frame)
  const valueSize = varint(bytes, valueAt, end)
  if (next < 0) throw cut(frame)
  const headersAt = valueSize > 0 ? next + valueSize : next
  if (headersAt > end) throw cut(frame)
  const headerCount = varint(bytes, headersAt, end)
  if (next < 0) throw cut(frame)
  if (headerCount !== 0) skipHeaders(bytes, end, headerCount, frame)
  if (next - bodyStart !== size && !frame.lengthsUnchecked) {
    throw invalid(`Invalid record size: expected to read ${size} bytes, but read ${next - bodyStart}`)
  }
  return next
}

/**
 * Walks the records of a batch of magic 2 and checks them, without making an object of any. `bytes` from `start` to `end` are
 * the uncompressed records. Throws RecordsRefused as a 4.4 broker refuses: INVALID_RECORD for counts, lengths and keys,
 * INVALID_TIMESTAMP, UNKNOWN_SERVER_ERROR where Kafka's reader fails in an unforeseen way. Offset deltas of uncompressed
 * batches are not compared, there as here. Source: LogValidator, DefaultRecord.
 */
export const checkRecords = (
  bytes: Buffer,
  start: number,
  end: number,
  frame: RecordFrame,
  rules: RecordRules,
): RecordSummary => {
  const { count, baseTimestamp, logAppendTimeMs } = frame
  const { compacted, createTime } = rules
  const { nowMs, beforeMaxMs, afterMaxMs } = rules
  const earliest = beforeMaxMs >= UNBOUNDED_MS ? Number.NEGATIVE_INFINITY : nowMs - beforeMaxMs
  const latest = afterMaxMs >= UNBOUNDED_MS ? Number.POSITIVE_INFINITY : nowMs + afterMaxMs
  let errors: RecordErrors | undefined
  let maxTimestamp = -1
  let deltasAscend = true
  let at = start
  for (let i = 0; i < count; i++) {
    const recordEnd = quickRecord(bytes, at, end)
    at = recordEnd < 0 ? wholeRecord(bytes, at, end, frame) : recordEnd
    if (offsetDelta !== i) deltasAscend = false
    const timestamp = logAppendTimeMs ?? baseTimestamp + timestampDelta
    if (timestamp > maxTimestamp) maxTimestamp = timestamp
    const timely =
      createTime && timestamp !== -1
        ? timestamp >= earliest && timestamp <= latest
        : logAppendTimeMs === undefined
    if (timely && !(compacted && keySize < 0)) continue
    errors ??= new RecordErrors(rules)
    if (compacted && keySize < 0) errors.noKey(i)
    else errors.timestamp(i, timestamp, offsetDelta)
  }
  // Leftovers are found before the list of errors is looked at: the reader runs to its end first.
  if (at !== end) throw invalid('Incorrect declared batch size, records still remaining in file')
  if (frame.damaged) {
    throw new RecordsRefused('UNKNOWN_SERVER_ERROR', 'Error checking for remaining bytes after reading batch')
  }
  if (errors !== undefined) throw errors.refusal()
  return { maxTimestamp, deltasAscend }
}

const skipHeaders = (bytes: Buffer, end: number, headerCount: number, frame: RecordFrame): void => {
  if (headerCount < 0) throw invalid(`Found invalid number of record headers ${headerCount}`)
  // Each header takes two bytes at least: no loop over a count that cannot be.
  if (headerCount > end - next && !frame.damaged) {
    throw invalid(`Found invalid number of record headers. ${headerCount} is larger than the remaining bytes`)
  }
  for (let h = 0; h < headerCount; h++) {
    const nameSize = varint(bytes, next, end)
    if (next < 0) throw cut(frame)
    if (nameSize < 0) throw invalid(`Invalid negative header key size ${nameSize}`)
    if (next + nameSize > end) throw cut(frame)
    const valueSize = varint(bytes, next + nameSize, end)
    if (next < 0) throw cut(frame)
    if (valueSize > 0) next += valueSize
    if (next > end) throw cut(frame)
  }
}

/** The bytes end inside a record: a lie of the batch, unless it was the decompressor that gave up. */
const cut = (frame: RecordFrame): RecordsRefused =>
  frame.damaged && !tooLong
    ? new RecordsRefused('UNKNOWN_SERVER_ERROR', 'Failed to decompress record stream')
    : malformed()

const unreadableLength = (frame: RecordFrame): RecordsRefused => {
  if (tooLong) return new RecordsRefused('UNKNOWN_SERVER_ERROR', 'Varint is too long')
  if (frame.damaged) return new RecordsRefused('UNKNOWN_SERVER_ERROR', 'Failed to decompress record stream')
  return invalid('Incorrect declared batch size, premature EOF reached')
}

/** The per-record errors of one batch; made when the first is found. */
class RecordErrors {
  readonly #rules: RecordRules
  readonly #errors: RecordError[] = []
  #timestamps = false

  constructor(rules: RecordRules) {
    this.#rules = rules
  }

  noKey(batchIndex: number): void {
    const message = `Compacted topic cannot accept message without key in topic partition ${this.#rules.partition}`
    this.#errors.push({ batchIndex, message })
  }

  timestamp(batchIndex: number, timestamp: number, offset: number): void {
    const { createTime, nowMs, beforeMaxMs, afterMaxMs } = this.#rules
    this.#timestamps = true
    const message = createTime
      ? `Timestamp ${timestamp} of message with offset ${offset} is out of range. ` +
        `The timestamp should be within [${nowMs - beforeMaxMs}, ${nowMs + afterMaxMs}]`
      : 'Producer should not set timestamp type to LogAppendTime'
    this.#errors.push({ batchIndex, message })
  }

  refusal(): RecordsRefused {
    if (this.#timestamps) {
      const message = 'One or more records have been rejected due to invalid timestamp'
      return new RecordsRefused('INVALID_TIMESTAMP', message, {
        clientMessage: message,
        recordErrors: this.#errors,
      })
    }
    const shown = this.#errors
      .slice(0, ERRORS_SHOWN)
      .map((error) => `RecordError(batchIndex=${error.batchIndex}, message='${error.message}')`)
    const message =
      `One or more records have been rejected due to ${this.#errors.length} record errors in total, ` +
      `and only showing the first three errors at most: [${shown.join(', ')}]`
    return new RecordsRefused('INVALID_RECORD', message, {
      clientMessage: message,
      recordErrors: this.#errors,
    })
  }
}
