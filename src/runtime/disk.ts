import type { SlabPool } from './slab-pool.ts'

/**
 * Files, as one injected object: `SystemDisk` (node:fs), `MemoryDisk` (tests, `--memory`; bounded).
 *
 * Calls are synchronous on purpose: a write that lands in the page cache costs less than a promise, and the log stays a
 * plain state machine. Only `sync` waits. Paths are absolute, in the platform's own form.
 */
export interface Disk {
  /** Opens a file for reading and writing, and makes it when it does not exist. */
  open(path: string): DiskFile
  exists(path: string): boolean
  /** Names (not paths) in a directory, sorted; empty when there is no such directory. */
  list(path: string): string[]
  /** Makes a directory with its parents. */
  makeDirectory(path: string): void
  /** Replaces what is at `to`, as POSIX rename does. */
  rename(from: string, to: string): void
  /** Removes a file, or a directory with all that is in it; nothing when it does not exist. */
  remove(path: string): void
  /** Whole content of a small file. */
  readFile(path: string): Buffer
  /** Replaces a small file so that a crash leaves the old or the new content, never a mixture. */
  writeFileAtomically(path: string, content: Buffer | string): void
}

export interface DiskFile {
  readonly path: string
  /** Bytes in the file. */
  readonly size: number
  /** Writes the chunks, in order, at the end. The disk may keep the chunks by reference: never change them afterwards. */
  append(chunks: readonly Buffer[]): void
  /** Overwrites bytes at `position`. */
  write(position: number, data: Buffer): void
  /**
   * Up to `length` bytes from `position`, fewer only at the end of the file. May be a view of live memory: read only. With
   * `slabs` the bytes may be lent from there: they are good until the turn ends, and longer for who retains them.
   */
  read(position: number, length: number, slabs?: SlabPool): Buffer
  truncate(size: number): void
  /** Forces the content down to the device (fdatasync). */
  sync(): Promise<void>
  close(): void
}

/** A file operation that failed. `code` is the system's own: ENOSPC, EIO, EACCES, ENOENT, EROFS, … */
export class DiskError extends Error {
  override readonly name = 'DiskError'
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
