import { DecodeError } from '../protocol/errors.ts'
import { batchesOf, codecOfId, magic } from '../protocol/records/batch.ts'
import { DECOMPRESSED_BYTES_MAX } from '../protocol/records/compression/index.ts'
import { upConvert } from '../protocol/records/convert.ts'
import { legacyCrcIsValid, legacyHeader } from '../protocol/records/legacy.ts'
import type { ValidationContext } from './append-validation.ts'
import * as header from './batch-header.ts'
import { RecordsRefused } from './log-types.ts'

/** Old formats end with lz4. */
const CODEC_MAX = 3

/**
 * A message set of magic 0 or 1, as a producer before 0.11 sends it, as one batch of magic 2 in the codec that it came in; the
 * records themselves are still to be checked. Undefined when the first batch is of magic 2 or there is none.
 *
 * Refuses CORRUPT_MESSAGE (checksum, structure), MESSAGE_TOO_LARGE (any message), INVALID_RECORD (formats mixed, or more than
 * one compressed message). Source: UnifiedLog.analyzeAndValidateRecords, LogValidator.
 */
export const convertOldFormat = (records: Buffer, context: ValidationContext): Buffer | undefined => {
  if (records.length <= header.MAGIC_AT || (records[header.MAGIC_AT] as number) > 1) return undefined
  try {
    const codec = checkMessages(records, context)
    if (codec === undefined) return undefined
    const maxBytes = Math.min(context.config.maxDecompressedMessageBytes, DECOMPRESSED_BYTES_MAX)
    return upConvert(records, { codec: codecOfId(codec) ?? 'none' }, { maxBytes })
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw new RecordsRefused('CORRUPT_MESSAGE', error.message, { beforeAppend: true, cause: error })
  }
}

/** The codec of the message set; undefined when there is not one whole message. */
const checkMessages = (records: Buffer, context: ValidationContext): number | undefined => {
  const first = magic(records, 0)
  let codec: number | undefined
  let count = 0
  for (const { position, sizeBytes } of batchesOf(records)) {
    if (magic(records, position) !== first) {
      const message = `Batch magic ${magic(records, position)} is not the first batch's magic ${first}`
      throw new RecordsRefused('INVALID_RECORD', message)
    }
    if (sizeBytes > context.config.maxMessageBytes) {
      const message = `A message of ${sizeBytes} bytes exceeds max.message.bytes of ${context.config.maxMessageBytes}`
      throw new RecordsRefused('MESSAGE_TOO_LARGE', message, { beforeAppend: true })
    }
    if (!legacyCrcIsValid(records, position, sizeBytes)) {
      const message = `A message in ${context.partition} has a wrong checksum`
      throw new RecordsRefused('CORRUPT_MESSAGE', message, { beforeAppend: true })
    }
    const { compressionId } = legacyHeader(records, position, sizeBytes)
    if (compressionId > CODEC_MAX) {
      throw new RecordsRefused('UNKNOWN_SERVER_ERROR', `Unknown compression type id: ${compressionId}`)
    }
    count++
    codec = Math.max(codec ?? 0, compressionId)
  }
  if (codec !== undefined && codec > 0 && count > 1) {
    throw new RecordsRefused('INVALID_RECORD', 'Compressed outer record has more than one batch')
  }
  return codec
}
