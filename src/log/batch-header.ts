import { Attribute, baseOffset, magic, readInt64 } from '../protocol/records/batch.ts'

/**
 * The header fields of stored batches that the log needs, read in place: those of protocol/records/batch.ts, and what is
 * needed here beside them. All take the buffer and where the batch starts. An absurd timestamp or producer id loses its lowest
 * bits as a number, not in what is stored.
 */
export {
  attributes,
  baseOffset,
  baseSequence,
  baseTimestamp,
  batchSizeBytes as batchSize,
  crc,
  lastOffsetDelta,
  magic,
  maxTimestamp,
  partitionLeaderEpoch as leaderEpoch,
  producerEpoch,
  producerId,
  recordCount,
  writeInt64,
} from '../protocol/records/batch.ts'

/** Bytes in front of the length's scope: base offset and length. */
export const LOG_OVERHEAD = 12
/** Smallest `length` that Kafka's readers accept (a message of magic 0). */
export const LENGTH_MIN = 14
export const MAGIC_AT = 16
export const CRC_AT = 17
export const ATTRIBUTES_AT = 21
export const MAX_TIMESTAMP_AT = 35
/** Header of a batch of magic 2. */
export const BATCH_OVERHEAD = 61

/** Offset of the last record that the batch has or had, in any format. */
export const lastOffset = (buffer: Buffer, at: number): number => {
  const base = baseOffset(buffer, at)
  return buffer[at + MAGIC_AT] === 2 ? base + buffer.readInt32BE(at + 23) : base
}

/** Largest timestamp of a stored batch; messages of magic 0 have none (-1). */
export const maxTimestampOf = (buffer: Buffer, at: number): number => {
  const format = magic(buffer, at)
  if (format === 2) return readInt64(buffer, at + MAX_TIMESTAMP_AT)
  // Magic 1: offset 8, length 4, crc 4, magic 1, attributes 1, timestamp 8.
  return format === 1 ? readInt64(buffer, at + 18) : -1
}

export const codecOf = (attributeBits: number): number => attributeBits & Attribute.codec
export const isLogAppendTime = (attributeBits: number): boolean =>
  (attributeBits & Attribute.logAppendTime) !== 0
export const isTransactional = (attributeBits: number): boolean =>
  (attributeBits & Attribute.transactional) !== 0
export const isControl = (attributeBits: number): boolean => (attributeBits & Attribute.control) !== 0

/** The attributes that have a meaning, with another codec and timestamp type: what a broker writes back when it restamps. */
export const restamped = (attributeBits: number, codec: number, logAppendTime: boolean): number =>
  (attributeBits & (Attribute.transactional | Attribute.control | Attribute.deleteHorizon)) |
  codec |
  (logAppendTime ? Attribute.logAppendTime : 0)
