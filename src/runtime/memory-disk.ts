import { dirname, sep } from 'node:path'
import { type Disk, DiskError, type DiskFile } from './disk.ts'
import { MemoryFile } from './memory-file.ts'
import type { Random } from './random.ts'

export interface MemoryDiskOptions {
  /** Bytes that all files together may hold; beyond that, writes fail with ENOSPC. Default 1 GiB. */
  readonly capacityBytes?: number
}

/**
 * A disk in memory: for `--memory`, where it is the storage, and for tests, where it can fail as a real one does. Appended
 * buffers are kept by reference and handed out as views. Names follow the platform's path rules.
 */
export class MemoryDisk implements Disk {
  readonly capacityBytes: number
  #usedBytes = 0
  #generation = 0
  readonly #files = new Map<string, MemoryFile>()
  readonly #directories = new Set<string>()

  constructor(options: MemoryDiskOptions = {}) {
    this.capacityBytes = options.capacityBytes ?? 2 ** 30
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  open(path: string): DiskFile {
    let file = this.#files.get(path)
    if (file === undefined) {
      if (this.#directories.has(path)) throw new DiskError('EISDIR', `EISDIR: open ${path}`)
      this.#requireParent(path)
      file = new MemoryFile()
      this.#files.set(path, file)
    }
    return new OpenMemoryFile(
      path,
      file,
      (bytes) => this.#reserve(path, bytes),
      () => this.#generation,
    )
  }

  exists(path: string): boolean {
    return this.#files.has(path) || this.#directories.has(path)
  }

  list(path: string): string[] {
    const prefix = path.endsWith(sep) ? path : path + sep
    const names: string[] = []
    for (const known of [this.#files.keys(), this.#directories]) {
      for (const each of known) {
        if (each.startsWith(prefix) && !each.includes(sep, prefix.length))
          names.push(each.slice(prefix.length))
      }
    }
    return names.filter((name) => name !== '').sort()
  }

  makeDirectory(path: string): void {
    for (let each = path; !this.#directories.has(each); each = dirname(each)) {
      if (this.#files.has(each)) throw new DiskError('ENOTDIR', `ENOTDIR: mkdir ${path}: ${each} is a file`)
      this.#directories.add(each)
    }
  }

  rename(from: string, to: string): void {
    this.#requireParent(to)
    const file = this.#files.get(from)
    if (file !== undefined) {
      if (this.#directories.has(to)) throw new DiskError('EISDIR', `EISDIR: rename ${from} to ${to}`)
      if (from === to) return
      this.#forget(to)
      this.#files.delete(from)
      this.#files.set(to, file)
      return
    }
    if (!this.#directories.has(from)) throw new DiskError('ENOENT', `ENOENT: rename ${from}`)
    if (from === to) return
    if (this.list(to).length > 0) throw new DiskError('ENOTEMPTY', `ENOTEMPTY: rename ${from} to ${to}`)
    const inside = from + sep
    for (const [path, each] of [...this.#files]) {
      if (!path.startsWith(inside)) continue
      this.#files.delete(path)
      this.#files.set(to + path.slice(from.length), each)
    }
    for (const path of [...this.#directories]) {
      if (path !== from && !path.startsWith(inside)) continue
      this.#directories.delete(path)
      this.#directories.add(to + path.slice(from.length))
    }
  }

  remove(path: string): void {
    this.#forget(path)
    if (!this.#directories.delete(path)) return
    const inside = path + sep
    for (const each of [...this.#files.keys()]) if (each.startsWith(inside)) this.#forget(each)
    for (const each of [...this.#directories]) if (each.startsWith(inside)) this.#directories.delete(each)
  }

  readFile(path: string): Buffer {
    const file = this.#files.get(path)
    if (file === undefined) throw new DiskError('ENOENT', `ENOENT: open ${path}`)
    return Buffer.from(file.read(0, file.size))
  }

  writeFileAtomically(path: string, content: Buffer | string): void {
    this.#requireParent(path)
    if (this.#directories.has(path)) throw new DiskError('EISDIR', `EISDIR: open ${path}`)
    const bytes = Buffer.from(content)
    this.#reserve(path, bytes.length)
    this.#forget(path)
    const file = new MemoryFile()
    file.append(bytes)
    file.markSynced()
    this.#files.set(path, file)
  }

  /**
   * Power loss. Each file goes back to what its last `sync` saw, except that some of the bytes appended since may be there:
   * with `random`, any prefix of them (a torn write); without, none. Names (made, renamed, removed) are kept. Files that
   * were open are dead afterwards: every call on them fails with EIO.
   */
  crash(random?: Random): void {
    this.#generation++
    this.#usedBytes = 0
    for (const file of this.#files.values()) {
      const unsynced = file.unsyncedAppendedBytes
      file.revert(random === undefined || unsynced === 0 ? 0 : random.int(unsynced + 1))
      this.#usedBytes += file.size
    }
  }

  #requireParent(path: string): void {
    if (!this.#directories.has(dirname(path)) && dirname(path) !== path) {
      throw new DiskError('ENOENT', `ENOENT: no such directory: ${dirname(path)}`)
    }
  }

  #reserve(path: string, bytes: number): void {
    if (this.#usedBytes + bytes > this.capacityBytes) {
      throw new DiskError('ENOSPC', `ENOSPC: no space left in memory (${this.capacityBytes} bytes): ${path}`)
    }
    this.#usedBytes += bytes
  }

  #forget(path: string): void {
    const file = this.#files.get(path)
    if (file === undefined) return
    this.#files.delete(path)
    this.#usedBytes -= file.size
    file.unlink()
  }
}

/** One handle on a file; several may be open on the same file. */
class OpenMemoryFile implements DiskFile {
  readonly path: string
  readonly #file: MemoryFile
  readonly #reserve: (bytes: number) => void
  readonly #generation: () => number
  readonly #openedIn: number
  #closed = false

  constructor(path: string, file: MemoryFile, reserve: (bytes: number) => void, generation: () => number) {
    this.path = path
    this.#file = file
    this.#reserve = reserve
    this.#generation = generation
    this.#openedIn = generation()
  }

  get size(): number {
    return this.#file.size
  }

  append(chunks: readonly Buffer[]): void {
    this.#requireOpen()
    let bytes = 0
    for (const chunk of chunks) bytes += chunk.length
    this.#account(bytes)
    for (const chunk of chunks) this.#file.append(chunk)
  }

  write(position: number, data: Buffer): void {
    this.#requireOpen()
    this.#account(Math.max(position + data.length - this.#file.size, 0))
    this.#file.write(position, data)
  }

  read(position: number, length: number): Buffer {
    this.#requireOpen()
    return this.#file.read(position, length)
  }

  truncate(size: number): void {
    this.#requireOpen()
    this.#account(size - this.#file.size)
    this.#file.truncate(size)
  }

  async sync(): Promise<void> {
    this.#requireOpen()
    this.#file.markSynced()
  }

  close(): void {
    this.#closed = true
  }

  /** A file that was removed while open takes no space of the disk any more. */
  #account(bytes: number): void {
    if (!this.#file.unlinked) this.#reserve(bytes)
  }

  #requireOpen(): void {
    if (this.#closed) throw new DiskError('EBADF', `EBADF: ${this.path} is closed`)
    if (this.#openedIn !== this.#generation())
      throw new DiskError('EIO', `EIO: ${this.path} was lost in a crash`)
  }
}
