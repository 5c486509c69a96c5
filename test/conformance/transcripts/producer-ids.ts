import { crc32c } from '../../../src/runtime/crc32c.ts'

/** A producer id and epoch that the recorded broker gave, and those that this one gave in its place. */
export interface GivenProducer {
  readonly recordedId: bigint
  readonly recordedEpoch: number
  readonly id: bigint
  readonly epoch: number
}

const LENGTH_AT = 8
const MAGIC_AT = 16
const CRC_AT = 17
const CHECKED_FROM = 21
const PRODUCER_ID_AT = 43
const EPOCH_AT = 51
const HEADER_BYTES = 61

/**
 * The batches of `records` with the ids of this broker in place of the recorded ones; checksums are made
 * anew.
 */
export function withOwnProducers(records: Buffer, producers: readonly GivenProducer[]): Buffer {
  return rewrite(records, (id) => {
    const given = producers.find((producer) => producer.recordedId === id)
    return given && { id: given.id, epochDelta: given.epoch - given.recordedEpoch }
  })
}

/** The other way round, for what comes back. */
export function withRecordedProducers(records: Buffer, producers: readonly GivenProducer[]): Buffer {
  return rewrite(records, (id) => {
    const given = producers.find((producer) => producer.id === id)
    return given && { id: given.recordedId, epochDelta: given.recordedEpoch - given.epoch }
  })
}

function rewrite(
  records: Buffer,
  replace: (id: bigint) => { readonly id: bigint; readonly epochDelta: number } | undefined,
): Buffer {
  let copy: Buffer | undefined
  for (let at = 0; at + HEADER_BYTES <= records.length; ) {
    const end = at + LENGTH_AT + 4 + records.readInt32BE(at + LENGTH_AT)
    if (records[at + MAGIC_AT] !== 2 || end > records.length || end < at + HEADER_BYTES) break
    const given = replace(records.readBigInt64BE(at + PRODUCER_ID_AT))
    if (given !== undefined) {
      copy ??= Buffer.from(records)
      copy.writeBigInt64BE(given.id, at + PRODUCER_ID_AT)
      copy.writeInt16BE(records.readInt16BE(at + EPOCH_AT) + given.epochDelta, at + EPOCH_AT)
      // A damaged batch stays damaged.
      if (crc32c(records, at + CHECKED_FROM, end) === records.readUInt32BE(at + CRC_AT)) {
        copy.writeUInt32BE(crc32c(copy, at + CHECKED_FROM, end), at + CRC_AT)
      }
    }
    at = end
  }
  return copy ?? records
}
