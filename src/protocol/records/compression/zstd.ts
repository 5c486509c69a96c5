import * as zlib from 'node:zlib'
import { wasmZstd } from '../../../runtime/zstd-wasm.ts'
import { DecompressionError, tooLarge } from './output.ts'

/** Kafka's default level. */
const LEVEL = 3
const CHUNK_BYTES = 256 * 1024
const MAGIC = 0xfd2fb528
/** What a decoder may be asked to keep behind it, whatever the output's bound: the format asks every decoder for 8 MiB. */
const WINDOW_BYTES_MIN = 8 * 1024 * 1024

/** Node 22.15 and later have zstd in node:zlib. */
interface ZlibZstd {
  zstdCompressSync(data: Buffer, options: { params: Record<number, number> }): Buffer
  zstdDecompressSync(data: Buffer, options: { maxOutputLength: number; chunkSize: number }): Buffer
  constants: { ZSTD_c_compressionLevel: number }
}

const builtIn = 'zstdCompressSync' in zlib ? (zlib as unknown as ZlibZstd) : undefined
let useBuiltIn = true

/** For tests and the bench: `false` has everything done by the WASM build. */
export function allowBuiltInZstd(allowed: boolean): void {
  useBuiltIn = allowed
}

/** `level` as the reference library's, negative ones included; Node's own and the WASM build take all of them. */
export function compressZstd(data: Buffer, level = LEVEL): Buffer {
  if (builtIn !== undefined && useBuiltIn) {
    return builtIn.zstdCompressSync(data, { params: { [builtIn.constants.ZSTD_c_compressionLevel]: level } })
  }
  return wasmZstd().compress(data, level)
}

export function decompressZstd(data: Buffer, maxBytes: number): Buffer {
  checkFrameHeader(data, maxBytes)
  if (builtIn !== undefined && useBuiltIn) {
    try {
      const out = builtIn.zstdDecompressSync(data, {
        maxOutputLength: Math.max(maxBytes, 1),
        chunkSize: CHUNK_BYTES,
      })
      if (out.length <= maxBytes) return out
    } catch (error) {
      if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes)
      throw new DecompressionError(`zstd: ${error instanceof Error ? error.message : String(error)}`)
    }
    throw tooLarge(maxBytes)
  }
  const result = wasmZstd().decompress(data, maxBytes)
  if (result === 'too-large') throw tooLarge(maxBytes)
  if (result === 'damaged') throw new DecompressionError('zstd: damaged frame')
  return result
}

/** Looks at what the first frame claims before anything is allocated for it. */
function checkFrameHeader(data: Buffer, maxBytes: number): void {
  if (data.length < 6 || data.readUInt32LE(0) !== MAGIC) throw new DecompressionError('not a zstd frame')
  const descriptor = data[4] as number
  if (descriptor & 0x08) throw new DecompressionError('zstd frame with the reserved bit set')
  if (descriptor & 0x20) return
  const window = data[5] as number
  const base = 2 ** (10 + (window >> 3))
  if (base + (base / 8) * (window & 7) > Math.max(maxBytes, WINDOW_BYTES_MIN)) {
    throw new DecompressionError(`zstd frame asks for a window of more than ${base} bytes`, 'too-large')
  }
}
