import { DecodeError } from '../protocol/errors.ts'
import { crc32c } from '../runtime/crc32c.ts'

/** One producer in a snapshot. Numbers as in ProducerSnapshot; `currentTxnFirstOffset` is -1 without an open transaction. */
export interface ProducerSnapshotEntry {
  readonly producerId: number
  readonly epoch: number
  readonly lastSequence: number
  readonly lastOffset: number
  readonly offsetDelta: number
  readonly timestamp: number
  readonly coordinatorEpoch: number
  readonly currentTxnFirstOffset: number
}

const HEADER_BYTES = 10
const ENTRY_BYTES = 46
const CRC_START = 6

/**
 * Content of a `.snapshot` file.
 *
 *     0 int16 version 1   2 uint32 CRC-32C of what follows   6 int32 count   10 entries of 46 bytes:
 *     0 int64 producerId   8 int16 epoch   10 int32 lastSequence   14 int64 lastOffset   22 int32 offsetDelta
 *     26 int64 timestamp   34 int32 coordinatorEpoch   38 int64 currentTxnFirstOffset
 *
 * Source: ProducerSnapshot and ProducerStateManager.
 */
export const encodeProducerSnapshot = (entries: readonly ProducerSnapshotEntry[]): Buffer => {
  const out = Buffer.alloc(HEADER_BYTES + entries.length * ENTRY_BYTES)
  out.writeInt16BE(1, 0)
  out.writeInt32BE(entries.length, CRC_START)
  let at = HEADER_BYTES
  for (const entry of entries) {
    out.writeBigInt64BE(BigInt(entry.producerId), at)
    out.writeInt16BE(entry.epoch, at + 8)
    out.writeInt32BE(entry.lastSequence, at + 10)
    out.writeBigInt64BE(BigInt(entry.lastOffset), at + 14)
    out.writeInt32BE(entry.offsetDelta, at + 22)
    out.writeBigInt64BE(BigInt(entry.timestamp), at + 26)
    out.writeInt32BE(entry.coordinatorEpoch, at + 34)
    out.writeBigInt64BE(BigInt(entry.currentTxnFirstOffset), at + 38)
    at += ENTRY_BYTES
  }
  out.writeUInt32BE(crc32c(out, CRC_START), 2)
  return out
}

/** Reads a `.snapshot` file. Throws DecodeError when it is damaged or of another version. */
export const decodeProducerSnapshot = (content: Buffer): ProducerSnapshotEntry[] => {
  if (content.length < HEADER_BYTES) throw new DecodeError('producer snapshot is cut', content.length)
  if (content.readInt16BE(0) !== 1) throw new DecodeError('unknown version of a producer snapshot', 0)
  if (content.readUInt32BE(2) !== crc32c(content, CRC_START)) {
    throw new DecodeError('producer snapshot with a wrong checksum', 2)
  }
  const count = content.readInt32BE(CRC_START)
  if (count < 0 || HEADER_BYTES + count * ENTRY_BYTES !== content.length) {
    throw new DecodeError(`producer snapshot of ${content.length} bytes with ${count} entries`, CRC_START)
  }
  const entries: ProducerSnapshotEntry[] = []
  for (let at = HEADER_BYTES; at < content.length; at += ENTRY_BYTES) {
    entries.push({
      producerId: Number(content.readBigInt64BE(at)),
      epoch: content.readInt16BE(at + 8),
      lastSequence: content.readInt32BE(at + 10),
      lastOffset: Number(content.readBigInt64BE(at + 14)),
      offsetDelta: content.readInt32BE(at + 22),
      timestamp: Number(content.readBigInt64BE(at + 26)),
      coordinatorEpoch: content.readInt32BE(at + 34),
      currentTxnFirstOffset: Number(content.readBigInt64BE(at + 38)),
    })
  }
  return entries
}
