import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { assert } from './assert.ts'

/** The part of WebAssembly that is used: Node has it, its types do not. */
interface Wasm {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object, imports: object) => WasmInstance
}

interface WasmInstance {
  readonly exports: object
}

const { Module, Instance } = (globalThis as unknown as { WebAssembly: Wasm }).WebAssembly

/** The parts used of the WASM module that @bokuweb/zstd-wasm wraps: the reference library, built with Emscripten. */
interface ZstdModule {
  instantiateWasm: (imports: object, receive: (instance: WasmInstance) => void) => object
  init(): void
  readonly HEAPU8: Uint8Array
  _malloc(bytes: number): number
  _free(pointer: number): void
  _ZSTD_compressBound(bytes: number): number
  _ZSTD_compress(to: number, toBytes: number, from: number, fromBytes: number, level: number): number
  _ZSTD_decompress(to: number, toBytes: number, from: number, fromBytes: number): number
  _ZSTD_isError(result: number): number
}

/** The library's ZSTD_error_dstSize_tooSmall, as its functions return it. */
const TARGET_TOO_SMALL = -70
/** WASM memory never shrinks: an instance that grew beyond this is dropped after the call that made it grow. */
const KEPT_BYTES_MAX = 64 * 1024 * 1024
const FIRST_TARGET_BYTES = 128 * 1024

/** zstd for Node versions without it: synchronous, made at first use (about 10 ms). */
export class WasmZstd {
  #module: ZstdModule | undefined
  #compiled: object | undefined

  /** One frame, with its content size. */
  compress(data: Buffer, level: number): Buffer {
    const module = this.#load()
    const bound = module._ZSTD_compressBound(data.length)
    const source = this.#copyIn(module, data)
    const target = allocate(module, bound)
    const size = module._ZSTD_compress(target, bound, source, data.length, level)
    assert(module._ZSTD_isError(size) === 0, `zstd compresses whatever it is given, but returned ${size}`)
    return this.#finish(module, source, target, size)
  }

  /** All frames of `data`. Never asks for more than `maxBytes` for the output. */
  decompress(data: Buffer, maxBytes: number): Buffer | 'damaged' | 'too-large' {
    const module = this.#load()
    const source = this.#copyIn(module, data)
    for (let room = Math.max(data.length * 4, FIRST_TARGET_BYTES); ; room *= 4) {
      const bytes = Math.min(room, maxBytes)
      const target = allocate(module, bytes)
      const size = module._ZSTD_decompress(target, bytes, source, data.length)
      if (size === TARGET_TOO_SMALL && bytes < maxBytes) {
        module._free(target)
        continue
      }
      const failed = module._ZSTD_isError(size) !== 0
      const result = this.#finish(module, source, target, failed ? 0 : size)
      if (!failed) return result
      return size === TARGET_TOO_SMALL ? 'too-large' : 'damaged'
    }
  }

  #copyIn(module: ZstdModule, data: Buffer): number {
    const source = allocate(module, data.length)
    module.HEAPU8.set(data, source)
    return source
  }

  #finish(module: ZstdModule, source: number, target: number, size: number): Buffer {
    const result = Buffer.from(module.HEAPU8.subarray(target, target + size))
    module._free(source)
    module._free(target)
    if (module.HEAPU8.length > KEPT_BYTES_MAX) this.#module = undefined
    return result
  }

  #load(): ZstdModule {
    if (this.#module !== undefined) return this.#module
    const require = createRequire(import.meta.url ?? __filename)
    const directory = dirname(require.resolve('@bokuweb/zstd-wasm'))
    const path = join(directory, 'zstd.js')
    // The wrapper starts one instance only, and asynchronously. Its own hook for that, on a fresh copy, does what we need.
    delete require.cache[path]
    const module = (require(path) as { Module: ZstdModule }).Module
    this.#compiled ??= new Module(readFileSync(join(directory, 'zstd.wasm')))
    const compiled = this.#compiled
    module.instantiateWasm = (imports, receive) => {
      const instance = new Instance(compiled, imports)
      receive(instance)
      return instance.exports
    }
    module.init()
    this.#module = module
    return module
  }
}

let shared: WasmZstd | undefined

/** The instance that all share. */
export function wasmZstd(): WasmZstd {
  shared ??= new WasmZstd()
  return shared
}

function allocate(module: ZstdModule, bytes: number): number {
  const pointer = module._malloc(Math.max(bytes, 1))
  assert(pointer !== 0, `zstd found no ${bytes} bytes`)
  return pointer
}
