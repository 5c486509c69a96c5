import {
  compress,
  DECOMPRESSED_BYTES_MAX,
  DecompressionError,
  decompress,
} from '../protocol/records/compression/index.ts'
import type { LogConfig } from './log-config.ts'
import { RecordsRefused } from './log-types.ts'

/** Ids of the codecs in the attributes of a batch. */
const GZIP = 1
const LZ4 = 3
const ZSTD = 4

export interface UnpackedRecords {
  readonly bytes: Buffer
  /**
   * The data is damaged; `bytes` is what came out in front of that, as Kafka's reader, which decompresses as it goes, sees
   * it.
   */
  readonly damaged: boolean
}

/**
 * The records section of a compressed batch. Throws RecordsRefused MESSAGE_TOO_LARGE when it decompresses to more than
 * max.decompressed.message.bytes, or 128 MiB.
 *
 * Differs from Kafka: A compressed batch may decompress to 128 MiB at most, whatever max.decompressed.message.bytes allows.
 * zstd data that is damaged in the middle is refused with UNKNOWN_SERVER_ERROR; a real broker sees the records in front of
 * the damage and may answer INVALID_RECORD, or take the batch.
 */
export const decompressRecords = (codec: number, packed: Buffer, config: LogConfig): UnpackedRecords => {
  const maxBytes = Math.min(config.maxDecompressedMessageBytes, DECOMPRESSED_BYTES_MAX)
  try {
    return { bytes: decompress(codec, packed, { maxBytes }), damaged: false }
  } catch (error) {
    if (!(error instanceof DecompressionError)) throw error
    if (error.reason === 'damaged') return { bytes: error.partial, damaged: true }
    const message = `The batch decompresses to more than ${maxBytes} bytes`
    throw new RecordsRefused('MESSAGE_TOO_LARGE', message, { beforeAppend: true, cause: error })
  }
}

/** Compresses a records section with the topic's level for that codec. */
export const compressRecords = (codec: number, plain: Buffer, config: LogConfig): Buffer => {
  const levels: Readonly<Record<number, number>> = {
    [GZIP]: config.compressionGzipLevel,
    [LZ4]: config.compressionLz4Level,
    [ZSTD]: config.compressionZstdLevel,
  }
  return compress(codec, plain, { level: levels[codec] })
}
