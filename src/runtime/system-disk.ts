import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { type Disk, DiskError, type DiskFile } from './disk.ts'
import { SLAB_BYTES_MIN, type SlabPool } from './slab-pool.ts'

/** Buffers that one writev takes (IOV_MAX of Linux and macOS). */
const VECTOR_MAX = 1024
/** Windows refuses to rename over a file that a virus scanner or indexer holds for a moment. */
const RENAME_ATTEMPTS = 10
const RENAME_RETRY_CODES: ReadonlySet<string> = new Set(['EPERM', 'EACCES', 'EBUSY'])

export interface SystemDiskOptions {
  /**
   * False: `sync` and the atomic writes do not force anything to the device; what was written survives the death of the
   * process, but not of the machine. For throw-away directories. Default true.
   */
  readonly forceToDevice?: boolean
}

/**
 * The machine's files. On Windows an open file can be neither renamed over nor removed, and its directory cannot be renamed:
 * close files first, everywhere.
 */
export class SystemDisk implements Disk {
  readonly #forceToDevice: boolean

  constructor(options: SystemDiskOptions = {}) {
    this.#forceToDevice = options.forceToDevice ?? true
  }

  open(path: string): DiskFile {
    return attempt('open', path, () => {
      const descriptor = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o644)
      try {
        return new SystemFile(path, descriptor, fs.fstatSync(descriptor).size, this.#forceToDevice)
      } catch (error) {
        fs.closeSync(descriptor)
        throw error
      }
    })
  }

  exists(path: string): boolean {
    return fs.existsSync(path)
  }

  list(path: string): string[] {
    try {
      return fs.readdirSync(path).sort()
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return []
      throw diskError('list', path, error)
    }
  }

  makeDirectory(path: string): void {
    attempt('make directory', path, () => fs.mkdirSync(path, { recursive: true }))
  }

  rename(from: string, to: string): void {
    attempt('rename', from, () => {
      renamePatiently(from, to)
      this.#syncDirectory(dirname(to))
    })
  }

  remove(path: string): void {
    attempt('remove', path, () => fs.rmSync(path, { recursive: true, force: true, maxRetries: 3 }))
  }

  readFile(path: string): Buffer {
    return attempt('read', path, () => fs.readFileSync(path))
  }

  writeFileAtomically(path: string, content: Buffer | string): void {
    const temporary = `${path}.tmp`
    attempt('write', path, () => {
      const descriptor = fs.openSync(temporary, 'w', 0o644)
      try {
        fs.writeFileSync(descriptor, content)
        if (this.#forceToDevice) fs.fsyncSync(descriptor)
      } finally {
        fs.closeSync(descriptor)
      }
      renamePatiently(temporary, path)
      this.#syncDirectory(dirname(path))
    })
  }

  /** Makes a rename survive the loss of power. Windows has no such call for directories, and needs none. */
  #syncDirectory(path: string): void {
    if (!this.#forceToDevice || process.platform === 'win32') return
    const descriptor = fs.openSync(path, 'r')
    try {
      fs.fsyncSync(descriptor)
    } catch (error) {
      // Some network and FUSE file systems refuse to sync a directory; the rename itself is done.
      if (codeOf(error) !== 'EINVAL' && codeOf(error) !== 'ENOTSUP') throw error
    } finally {
      fs.closeSync(descriptor)
    }
  }
}

class SystemFile implements DiskFile {
  readonly path: string
  #descriptor: number
  #size: number
  readonly #forceToDevice: boolean

  constructor(path: string, descriptor: number, size: number, forceToDevice: boolean) {
    this.path = path
    this.#descriptor = descriptor
    this.#size = size
    this.#forceToDevice = forceToDevice
  }

  get size(): number {
    return this.#size
  }

  append(chunks: readonly Buffer[]): void {
    let end = this.#size
    try {
      if (chunks.length === 1) {
        const chunk = chunks[0] as Buffer
        end += chunk.length
        writeFully(this.#open(), chunk, this.#size)
      } else {
        end += writeVector(this.#open(), chunks, this.#size)
      }
    } catch (error) {
      this.#dropTorn()
      throw diskError('append to', this.path, error)
    }
    this.#size = end
  }

  write(position: number, data: Buffer): void {
    attempt('write', this.path, () => writeFully(this.#open(), data, position))
    this.#size = Math.max(this.#size, position + data.length)
  }

  read(position: number, length: number, slabs?: SlabPool): Buffer {
    const wanted = Math.min(length, this.#size - position)
    if (wanted <= 0) return Buffer.alloc(0)
    const into =
      slabs !== undefined && wanted >= SLAB_BYTES_MIN ? slabs.lend(wanted) : Buffer.allocUnsafe(wanted)
    return attempt('read', this.path, () => {
      let done = 0
      while (done < wanted) {
        const got = fs.readSync(this.#open(), into, done, wanted - done, position + done)
        if (got === 0) break
        done += got
      }
      return done === wanted ? into : into.subarray(0, done)
    })
  }

  truncate(size: number): void {
    attempt('truncate', this.path, () => fs.ftruncateSync(this.#open(), size))
    this.#size = size
  }

  sync(): Promise<void> {
    if (!this.#forceToDevice) return Promise.resolve()
    return new Promise((resolve, reject) => {
      fs.fdatasync(this.#open(), (error) => {
        if (error === null) resolve()
        else reject(diskError('sync', this.path, error))
      })
    })
  }

  close(): void {
    if (this.#descriptor < 0) return
    const descriptor = this.#descriptor
    this.#descriptor = -1
    attempt('close', this.path, () => fs.closeSync(descriptor))
  }

  #open(): number {
    if (this.#descriptor < 0) throw new DiskError('EBADF', `cannot use ${this.path}: it is closed`)
    return this.#descriptor
  }

  /** After an append that failed half way (a full disk): cuts what got there, so that the file ends where it did. */
  #dropTorn(): void {
    if (this.#descriptor < 0) return
    try {
      fs.ftruncateSync(this.#descriptor, this.#size)
    } catch {
      // The disk refuses even that. The next append overwrites the torn bytes, and a reader stops at `size`.
    }
  }
}

function writeFully(descriptor: number, data: Buffer, position: number): void {
  let done = fs.writeSync(descriptor, data, 0, data.length, position)
  while (done < data.length) {
    done += progress(fs.writeSync(descriptor, data, done, data.length - done, position + done))
  }
}

/** Writes all chunks from `position` on, however many, through short writes; returns how many bytes that was. */
function writeVector(descriptor: number, chunks: readonly Buffer[], position: number): number {
  let at = position
  for (let first = 0; first < chunks.length; first += VECTOR_MAX) {
    const group = chunks.slice(first, first + VECTOR_MAX)
    let bytes = 0
    for (const chunk of group) bytes += chunk.length
    let done = bytes === 0 ? 0 : fs.writevSync(descriptor, group, at)
    if (done < bytes) {
      let start = 0
      for (const chunk of group) {
        const from = Math.max(done - start, 0)
        if (from < chunk.length) writeFully(descriptor, chunk.subarray(from), at + start + from)
        start += chunk.length
      }
      done = bytes
    }
    at += done
  }
  return at - position
}

function progress(written: number): number {
  if (written === 0) throw new DiskError('EIO', 'the system wrote nothing')
  return written
}

function renamePatiently(from: string, to: string): void {
  for (let attempted = 1; ; attempted++) {
    try {
      fs.renameSync(from, to)
      return
    } catch (error) {
      const again = process.platform === 'win32' && RENAME_RETRY_CODES.has(codeOf(error))
      if (!again || attempted === RENAME_ATTEMPTS) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 ** attempted)
    }
  }
}

function attempt<T>(action: string, path: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw diskError(action, path, error)
  }
}

function diskError(action: string, path: string, error: unknown): DiskError {
  if (error instanceof DiskError) return error
  const code = codeOf(error)
  return new DiskError(code, `cannot ${action} ${path}: ${code}`, { cause: error })
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : 'EIO'
}
