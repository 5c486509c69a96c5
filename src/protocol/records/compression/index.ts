import { type Codec, codecOfId } from '../batch.ts'
import { compressGzip, decompressGzip } from './gzip.ts'
import { compressLz4, decompressLz4 } from './lz4.ts'
import { DecompressionError, tooLarge } from './output.ts'
import { compressSnappy, decompressSnappy } from './snappy.ts'
import { compressZstd, decompressZstd } from './zstd.ts'

export { DecompressionError } from './output.ts'

/** What one batch may decode to unless the caller says otherwise. */
export const DECOMPRESSED_BYTES_MAX = 128 * 1024 * 1024

export interface CompressOptions {
  /** gzip 1 to 9, zstd as the reference library; lz4 and snappy have one level here. Default: the codec's own default. */
  readonly level?: number | undefined
  /** Of the message format that the data goes into. Magic 0 has a historic header checksum in lz4 frames. Default 2. */
  readonly magic?: number | undefined
}

export interface DecompressOptions {
  /** The most that may come out; decoding stops there. Default 128 MiB. */
  readonly maxBytes?: number | undefined
  /** Of the message format that the data was in. Default 2. */
  readonly magic?: number | undefined
}

/** Compresses synchronously, into new memory (`none`: the very buffer given). `codec`: a name, or the id in the attributes. */
export function compress(codec: Codec | number, data: Buffer, options: CompressOptions = {}): Buffer {
  switch (nameOf(codec)) {
    case 'none':
      return data
    case 'gzip':
      return compressGzip(data, options.level)
    case 'snappy':
      return compressSnappy(data)
    case 'lz4':
      return compressLz4(data, options.magic === 0)
    case 'zstd':
      return compressZstd(data, options.level)
  }
}

/**
 * Decompresses synchronously, into new memory (with `none`: the very buffer given). Allocates in steps, so that data that
 * claims or becomes too much costs no more than `maxBytes`.
 *
 * @throws DecompressionError (a DecodeError) for damaged or cut data, an unknown codec, or more than `maxBytes`.
 */
export function decompress(codec: Codec | number, data: Buffer, options: DecompressOptions = {}): Buffer {
  const maxBytes = options.maxBytes ?? DECOMPRESSED_BYTES_MAX
  switch (nameOf(codec)) {
    case 'none':
      if (data.length > maxBytes) throw tooLarge(maxBytes)
      return data
    case 'gzip':
      return decompressGzip(data, maxBytes)
    case 'snappy':
      return decompressSnappy(data, maxBytes)
    case 'lz4':
      return decompressLz4(data, maxBytes, options.magic === 0)
    case 'zstd':
      return decompressZstd(data, maxBytes)
  }
}

function nameOf(codec: Codec | number): Codec {
  const name = typeof codec === 'number' ? codecOfId(codec) : codec
  if (name === undefined) throw new DecompressionError(`Unknown compression type id: ${codec}`)
  return name
}
