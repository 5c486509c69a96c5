import { crc32c } from '../../runtime/crc32c.ts'
import { DecodeError } from '../errors.ts'

/**
 * A record batch of magic 2 (KIP-98; Kafka's DefaultRecordBatch), read and patched where it lies. Every function takes the
 * buffer and the position of the batch's first byte, and expects what `wholeBatchBytes` promised: a whole batch.
 *
 *      0 baseOffset i64          16 magic i8 (2)            35 maxTimestamp i64
 *      8 batchLength i32         17 crc u32 (from 21 on)    43 producerId i64
 *     12 partitionLeaderEpoch    21 attributes i16          51 producerEpoch i16
 *        i32                     23 lastOffsetDelta i32     53 baseSequence i32
 *                                27 baseTimestamp i64       57 recordCount i32      61 records
 *
 * Base offset, length and leader epoch lie before the checksum, so that a broker sets them without computing a new one.
 */

/** Bytes before the length field counts: base offset and the length itself. Common to every magic. */
export const LOG_OVERHEAD_BYTES = 12
/** Where the magic byte lies, in every magic. */
export const MAGIC_OFFSET = 16
/** Header of a batch of magic 2. */
export const BATCH_HEADER_BYTES = 61
/** The least value of the length field that any magic has: that of an empty message of magic 0. */
const LENGTH_MIN = 14

const CRC_OFFSET = 17
const ATTRIBUTES_OFFSET = 21

/** Attribute bits. The lowest three are the codec. */
export const Attribute = {
  codec: 0x07,
  logAppendTime: 0x08,
  transactional: 0x10,
  control: 0x20,
  deleteHorizon: 0x40,
} as const

/** Compression codecs by their id in the attributes. */
export const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type Codec = (typeof CODECS)[number]

/** The codec with that id; undefined for the ids (5 to 7) that mean nothing. */
export const codecOfId = (id: number): Codec | undefined => CODECS[id]
export const codecId = (codec: Codec): number => CODECS.indexOf(codec)

/** No timestamp. */
export const NO_TIMESTAMP = -1

const TWO_32 = 2 ** 32

/** An int64 as a number: exact up to 2^53, rounded beyond, which no offset or time of ours reaches. */
export const readInt64 = (buffer: Buffer, at: number): number =>
  buffer.readInt32BE(at) * TWO_32 + buffer.readUInt32BE(at + 4)

/** Writes a whole number (or a bigint) as an int64. */
export function writeInt64(buffer: Buffer, at: number, value: number | bigint): void {
  if (typeof value === 'bigint') {
    buffer.writeBigInt64BE(value, at)
    return
  }
  const high = Math.floor(value / TWO_32)
  buffer.writeInt32BE(high, at)
  buffer.writeUInt32BE(value - high * TWO_32, at + 4)
}

/**
 * Bytes of the batch (or, before magic 2, the message) that begins at `at`, its own 12 leading bytes included; 0 when the
 * buffer ends (`end`) before the batch does. Works for every magic and allocates nothing, whatever the length says.
 *
 * @throws DecodeError when the length is less than any batch has.
 */
export function wholeBatchBytes(buffer: Buffer, at: number, end = buffer.length): number {
  if (end - at < LOG_OVERHEAD_BYTES) return 0
  const length = buffer.readInt32BE(at + 8)
  if (length < LENGTH_MIN) {
    throw new DecodeError(
      `Record size ${length} is less than the minimum record overhead (${LENGTH_MIN})`,
      at + 8,
    )
  }
  return length > end - at - LOG_OVERHEAD_BYTES ? 0 : length + LOG_OVERHEAD_BYTES
}

/** One batch of a buffer that holds several. */
export interface BatchPosition {
  readonly position: number
  readonly sizeBytes: number
}

/**
 * The whole batches of a buffer, one after the other; a batch that is cut off at the end is left out, as a fetch may cut it.
 *
 * @throws DecodeError for a length or magic that cannot be, or a batch of magic 2 that is smaller than its own header.
 */
export function* batchesOf(
  buffer: Buffer,
  start = 0,
  end = buffer.length,
): Generator<BatchPosition, void, void> {
  let position = start
  for (;;) {
    const sizeBytes = wholeBatchBytes(buffer, position, end)
    if (sizeBytes === 0) return
    checkMagic(buffer, position, sizeBytes)
    yield { position, sizeBytes }
    position += sizeBytes
  }
}

/** @throws DecodeError unless the whole batch at `at` is of a magic that exists and not smaller than that one's header. */
function checkMagic(buffer: Buffer, at: number, sizeBytes: number): void {
  const found = magic(buffer, at)
  if (found < 0 || found > 2)
    throw new DecodeError(`Invalid magic found in record: ${found}`, at + MAGIC_OFFSET)
  if (found === 2 && sizeBytes < BATCH_HEADER_BYTES) {
    throw new DecodeError(
      `a batch of ${sizeBytes} bytes is smaller than its header (${BATCH_HEADER_BYTES})`,
      at + 8,
    )
  }
}

export const baseOffset = (buffer: Buffer, at = 0): number => readInt64(buffer, at)
/** The length field: bytes after the first twelve. */
const batchLength = (buffer: Buffer, at = 0): number => buffer.readInt32BE(at + 8)
export const batchSizeBytes = (buffer: Buffer, at = 0): number => batchLength(buffer, at) + LOG_OVERHEAD_BYTES
export const partitionLeaderEpoch = (buffer: Buffer, at = 0): number => buffer.readInt32BE(at + 12)
export const magic = (buffer: Buffer, at = 0): number => buffer.readInt8(at + MAGIC_OFFSET)
export const crc = (buffer: Buffer, at = 0): number => buffer.readUInt32BE(at + CRC_OFFSET)
export const attributes = (buffer: Buffer, at = 0): number => buffer.readInt16BE(at + ATTRIBUTES_OFFSET)
export const lastOffsetDelta = (buffer: Buffer, at = 0): number => buffer.readInt32BE(at + 23)
export const lastOffset = (buffer: Buffer, at = 0): number =>
  baseOffset(buffer, at) + lastOffsetDelta(buffer, at)
/** With a delete horizon, this field holds the horizon. */
export const baseTimestamp = (buffer: Buffer, at = 0): number => readInt64(buffer, at + 27)
export const maxTimestamp = (buffer: Buffer, at = 0): number => readInt64(buffer, at + 35)
/** Exact as `producerIdBig`; a number is exact up to 2^53, and a broker hands out far smaller ones. */
export const producerId = (buffer: Buffer, at = 0): number => readInt64(buffer, at + 43)
export const producerIdBig = (buffer: Buffer, at = 0): bigint => buffer.readBigInt64BE(at + 43)
export const producerEpoch = (buffer: Buffer, at = 0): number => buffer.readInt16BE(at + 51)
export const baseSequence = (buffer: Buffer, at = 0): number => buffer.readInt32BE(at + 53)
export const recordCount = (buffer: Buffer, at = 0): number => buffer.readInt32BE(at + 57)

/** Id of the codec, 0 to 7; of these only 0 to 4 exist. */
export const compressionId = (buffer: Buffer, at = 0): number => attributes(buffer, at) & Attribute.codec
export const isLogAppendTime = (buffer: Buffer, at = 0): boolean =>
  (attributes(buffer, at) & Attribute.logAppendTime) !== 0
export const isTransactional = (buffer: Buffer, at = 0): boolean =>
  (attributes(buffer, at) & Attribute.transactional) !== 0
export const isControl = (buffer: Buffer, at = 0): boolean =>
  (attributes(buffer, at) & Attribute.control) !== 0
export const hasProducerId = (buffer: Buffer, at = 0): boolean => buffer.readInt32BE(at + 43) >= 0

/** When tombstones and markers of this batch may go (KIP-534), or undefined. */
export function deleteHorizonMs(buffer: Buffer, at = 0): number | undefined {
  return attributes(buffer, at) & Attribute.deleteHorizon ? baseTimestamp(buffer, at) : undefined
}

/** Sequence of the last record, wrapped after 2^31 - 1 to 0; -1 without a sequence. */
export function lastSequence(buffer: Buffer, at = 0): number {
  const first = baseSequence(buffer, at)
  return first === -1 ? -1 : addSequence(first, lastOffsetDelta(buffer, at))
}

/** A sequence number `increment` (0 or more) further on; the one after 2^31 - 1 is 0. */
export const addSequence = (sequence: number, increment: number): number =>
  sequence + increment > 0x7fffffff ? increment - (0x7fffffff - sequence) - 1 : sequence + increment

/** The checksum of the batch as its bytes are now. */
const computeCrc = (buffer: Buffer, at = 0): number =>
  crc32c(buffer, at + ATTRIBUTES_OFFSET, at + batchSizeBytes(buffer, at))

export const crcIsValid = (buffer: Buffer, at = 0): boolean => computeCrc(buffer, at) === crc(buffer, at)

/** Not covered by the checksum. */
export const setBaseOffset = (buffer: Buffer, at: number, offset: number): void =>
  writeInt64(buffer, at, offset)

/** Not covered by the checksum. */
export function setPartitionLeaderEpoch(buffer: Buffer, at: number, epoch: number): void {
  buffer.writeInt32BE(epoch, at + 12)
}

/** Makes `timeMs` the time of every record of the batch, as message.timestamp.type=LogAppendTime asks; computes a new checksum. */
export function setLogAppendTime(buffer: Buffer, at: number, timeMs: number): void {
  buffer.writeInt16BE(attributes(buffer, at) | Attribute.logAppendTime, at + ATTRIBUTES_OFFSET)
  writeInt64(buffer, at + 35, timeMs)
  updateCrc(buffer, at)
}

/** Sets the greatest timestamp of a CreateTime batch and computes a new checksum. */
export function setMaxTimestamp(buffer: Buffer, at: number, timeMs: number): void {
  buffer.writeInt16BE(attributes(buffer, at) & ~Attribute.logAppendTime, at + ATTRIBUTES_OFFSET)
  writeInt64(buffer, at + 35, timeMs)
  updateCrc(buffer, at)
}

export function updateCrc(buffer: Buffer, at = 0): void {
  buffer.writeUInt32BE(computeCrc(buffer, at), at + CRC_OFFSET)
}
