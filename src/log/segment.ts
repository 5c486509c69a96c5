import { join } from 'node:path'
import type { Disk, DiskFile } from '../runtime/disk.ts'
import * as header from './batch-header.ts'
import { OffsetIndex, replaceFile } from './offset-index.ts'
import { TimeIndex } from './time-index.ts'
import { TransactionIndex } from './transaction-index.ts'

const NAME_DIGITS = 20
/** What a look for one batch reads at a time; an index entry is not further away than this, as a rule. */
const LOOK_BYTES = 4096 + header.BATCH_OVERHEAD

/** `<20 digits>` of a segment that starts at `offset`. */
export const segmentName = (offset: number): string => String(offset).padStart(NAME_DIGITS, '0')

/** Base offset in the name of a segment's file, or undefined for another file. */
export const offsetOfName = (name: string, suffix: string): number | undefined => {
  if (!name.endsWith(suffix) || name.length !== NAME_DIGITS + suffix.length) return undefined
  const digits = name.slice(0, NAME_DIGITS)
  return /^\d+$/.test(digits) ? Number(digits) : undefined
}

/** Where a batch lies in a segment. `sizeBytes` counts its whole length. */
export interface BatchPosition {
  readonly position: number
  readonly sizeBytes: number
}

/** Called with a batch at `at` in `buffer`, which lies at `position` in the file. False ends the walk. */
export type BatchVisitor = (buffer: Buffer, at: number, position: number) => boolean

/**
 * One file of a log with its indexes: batches from `baseOffset` on, in Kafka's on-disk format. It knows batches by their
 * headers alone. Source: Kafka's LogSegment.
 */
export class LogSegment {
  readonly baseOffset: number
  readonly offsetIndex: OffsetIndex
  readonly timeIndex: TimeIndex
  readonly transactionIndex: TransactionIndex
  /** When the segment was made, by the clock. */
  readonly createdMs: number
  /** Timestamp of the first batch: what segment.ms is counted from. Undefined while empty. */
  firstBatchTimestamp: number | undefined
  #maxTimestamp = -1
  #offsetOfMaxTimestamp: number
  #bytesSinceIndexEntry = 0
  #sizeBytes = 0
  #indexesStale = true
  #file: DiskFile | undefined
  readonly #disk: Disk
  readonly #path: string

  constructor(disk: Disk, directory: string, baseOffset: number, createdMs: number) {
    this.baseOffset = baseOffset
    this.createdMs = createdMs
    this.offsetIndex = new OffsetIndex(baseOffset)
    this.timeIndex = new TimeIndex(baseOffset)
    this.#offsetOfMaxTimestamp = baseOffset
    this.#disk = disk
    this.#path = join(directory, segmentName(baseOffset))
    this.transactionIndex = new TransactionIndex(disk, `${this.#path}.txnindex`)
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** Largest timestamp of all records, -1 when none has one. */
  get maxTimestamp(): number {
    return this.#maxTimestamp
  }

  /** Last offset of the first batch that has `maxTimestamp`. */
  get offsetOfMaxTimestamp(): number {
    return this.#offsetOfMaxTimestamp
  }

  get logFile(): DiskFile {
    this.#file ??= this.#disk.open(`${this.#path}.log`)
    return this.#file
  }

  /** Opens the file of an existing segment; its indexes are read by `loadIndexes` or made by `rebuildIndexes`. */
  open(): void {
    this.#sizeBytes = this.logFile.size
  }

  /** Writes whole batches at the end; `note` each of them afterwards. A failed write is taken back as far as the disk lets us. */
  append(chunks: readonly Buffer[], bytes: number): void {
    try {
      this.logFile.append(chunks)
    } catch (error) {
      try {
        this.#file?.truncate(this.#sizeBytes)
      } catch {
        // A disk that refuses even this: what was written lies behind the size that the index and readers go by.
      }
      throw error
    }
    this.#sizeBytes += bytes
  }

  /** Takes a batch that was written at `position` into the indexes. */
  note(
    position: number,
    sizeBytes: number,
    lastOffset: number,
    maxTimestamp: number,
    intervalBytes: number,
  ): void {
    this.firstBatchTimestamp ??= maxTimestamp
    if (maxTimestamp > this.#maxTimestamp) {
      this.#maxTimestamp = maxTimestamp
      this.#offsetOfMaxTimestamp = lastOffset
    }
    if (this.#bytesSinceIndexEntry > intervalBytes) {
      this.offsetIndex.append(lastOffset, position)
      this.timeIndex.append(this.#maxTimestamp, this.#offsetOfMaxTimestamp)
      this.#bytesSinceIndexEntry = 0
    }
    this.#bytesSinceIndexEntry += sizeBytes
    this.#indexesStale = true
  }

  /**
   * Walks the batches from `position` on; reads `windowBytes` at a time, and more where `whole` asks for all bytes of each
   * batch. Returns where it stopped: the end, a batch that is cut or whose length cannot be, or the one the visitor refused.
   */
  walk(position: number, windowBytes: number, whole: boolean, visit: BatchVisitor): number {
    let window: Buffer = EMPTY
    let windowAt = position
    let at = position
    while (at + header.MAGIC_AT < this.#sizeBytes) {
      let inWindow = at - windowAt
      if (inWindow + header.BATCH_OVERHEAD > window.length && windowAt + window.length < this.#sizeBytes) {
        window = this.logFile.read(at, windowBytes)
        windowAt = at
        inWindow = 0
      }
      if (inWindow + header.MAGIC_AT >= window.length) break
      const length = window.readInt32BE(inWindow + 8)
      const size = header.LOG_OVERHEAD + length
      if (length < header.LENGTH_MIN || at + size > this.#sizeBytes) break
      const known = header.magic(window, inWindow)
      if (known < 0 || known > 2 || (known === 2 && size < header.BATCH_OVERHEAD)) break
      if (whole && inWindow + size > window.length) {
        window = this.logFile.read(at, Math.max(windowBytes, size))
        windowAt = at
        inWindow = 0
      }
      if (!visit(window, inWindow, at)) break
      at += size
    }
    return at
  }

  /** The first batch that ends at or after `offset`; undefined when there is none. */
  find(offset: number, hint = this.offsetIndex.lookup(offset)): BatchPosition | undefined {
    let found: BatchPosition | undefined
    this.walk(hint, LOOK_BYTES, false, (buffer, at, position) => {
      if (header.lastOffset(buffer, at) < offset) return true
      found = { position, sizeBytes: header.batchSize(buffer, at) }
      return false
    })
    return found
  }

  /** Cuts the file at the batch that contains `offset`. Returns the bytes cut. */
  truncateTo(offset: number, intervalBytes: number): number {
    const found = this.find(offset)
    if (found === undefined) return 0
    const cut = this.#sizeBytes - found.position
    this.cutAt(found.position)
    this.transactionIndex.truncateTo(offset)
    this.rebuildIndexes(intervalBytes)
    return cut
  }

  cutAt(sizeBytes: number): void {
    this.logFile.truncate(sizeBytes)
    this.#sizeBytes = sizeBytes
  }

  /** Reads the offset and time index. False when one is missing or cannot be true. */
  loadIndexes(): boolean {
    const { offsetIndex, timeIndex } = this
    const paths = [`${this.#path}.index`, `${this.#path}.timeindex`] as const
    if (!this.#disk.exists(paths[0]) || !this.#disk.exists(paths[1])) return false
    if (!offsetIndex.decode(this.#disk.readFile(paths[0]), this.#sizeBytes)) return false
    if (!timeIndex.decode(this.#disk.readFile(paths[1]))) return false
    this.#maxTimestamp = timeIndex.lastTimestamp
    this.#offsetOfMaxTimestamp = timeIndex.lastOffset
    this.#indexesStale = false
    this.walk(0, header.BATCH_OVERHEAD, false, (buffer, at) => {
      this.firstBatchTimestamp = header.maxTimestampOf(buffer, at)
      return false
    })
    return true
  }

  /** Makes the offset and time index anew from the headers of the batches. */
  rebuildIndexes(intervalBytes: number): void {
    this.offsetIndex.clear()
    this.timeIndex.clear()
    this.#maxTimestamp = -1
    this.#offsetOfMaxTimestamp = this.baseOffset
    this.#bytesSinceIndexEntry = 0
    this.firstBatchTimestamp = undefined
    this.#indexesStale = true
    this.walk(0, WALK_BYTES, false, (buffer, at, position) => {
      const size = header.batchSize(buffer, at)
      this.note(
        position,
        size,
        header.lastOffset(buffer, at),
        header.maxTimestampOf(buffer, at),
        intervalBytes,
      )
      return true
    })
  }

  /** Closes the time index with the largest timestamp and writes the index files, if they are not as they should be. */
  writeIndexes(): void {
    if (!this.#indexesStale) return
    if (this.#maxTimestamp >= 0) this.timeIndex.append(this.#maxTimestamp, this.#offsetOfMaxTimestamp)
    replaceFile(this.#disk, `${this.#path}.index`, this.offsetIndex.encode())
    replaceFile(this.#disk, `${this.#path}.timeindex`, this.timeIndex.encode())
    this.#indexesStale = false
  }

  async sync(): Promise<void> {
    await this.logFile.sync()
  }

  close(): void {
    this.#file?.close()
    this.#file = undefined
  }

  /** Removes all files of the segment. */
  delete(): void {
    this.close()
    for (const suffix of ['.log', '.index', '.timeindex', '.txnindex']) this.#disk.remove(this.#path + suffix)
  }
}

const EMPTY = Buffer.alloc(0)

/** What a walk over a whole segment reads at a time. */
export const WALK_BYTES = 256 * 1024
