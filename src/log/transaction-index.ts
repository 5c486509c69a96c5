import type { Disk } from '../runtime/disk.ts'
import type { AbortedTransaction } from './log-types.ts'

/**
 * Aborted transactions whose marker lies in one segment, by marker.
 *
 *     .txnindex entry, big endian:   0 int16 version 0   2 int64 producerId   10 int64 firstOffset   18 int64 lastOffset
 *                                    26 int64 lastStableOffset
 *
 * Source: Kafka's TransactionIndex and AbortedTxn. The file exists only when there is an entry.
 */
export class TransactionIndex {
  static readonly ENTRY_BYTES = 34
  readonly #disk: Disk
  readonly #path: string
  #entries: AbortedTransaction[] = []

  constructor(disk: Disk, path: string) {
    this.#disk = disk
    this.#path = path
  }

  get entries(): readonly AbortedTransaction[] {
    return this.#entries
  }

  append(aborted: AbortedTransaction): void {
    const file = this.#disk.open(this.#path)
    try {
      file.append([encodeEntry(aborted)])
    } finally {
      file.close()
    }
    this.#entries.push(aborted)
  }

  /** Adds to `into` what a reader of [fromOffset, toOffset) must know. True: no later segment can add to it. */
  collect(fromOffset: number, toOffset: number, into: AbortedTransaction[]): boolean {
    for (const entry of this.#entries) {
      if (entry.lastOffset >= fromOffset && entry.firstOffset < toOffset) into.push(entry)
      if (entry.lastStableOffset >= toOffset) return true
    }
    return false
  }

  truncateTo(offset: number): void {
    const kept = this.#entries.filter((entry) => entry.lastOffset < offset)
    if (kept.length === this.#entries.length) return
    this.#entries = kept
    const file = this.#disk.open(this.#path)
    try {
      file.truncate(kept.length * TransactionIndex.ENTRY_BYTES)
    } finally {
      file.close()
    }
  }

  /** Forgets everything and removes the file: the segment is about to be scanned. */
  clear(): void {
    this.#entries = []
    this.#disk.remove(this.#path)
  }

  /** Reads the file; false when it cannot be true. */
  load(): boolean {
    this.#entries = []
    if (!this.#disk.exists(this.#path)) return true
    const content = this.#disk.readFile(this.#path)
    if (content.length % TransactionIndex.ENTRY_BYTES !== 0) return false
    for (let at = 0; at < content.length; at += TransactionIndex.ENTRY_BYTES) {
      if (content.readInt16BE(at) !== 0) return false
      this.#entries.push({
        producerId: Number(content.readBigInt64BE(at + 2)),
        firstOffset: Number(content.readBigInt64BE(at + 10)),
        lastOffset: Number(content.readBigInt64BE(at + 18)),
        lastStableOffset: Number(content.readBigInt64BE(at + 26)),
      })
    }
    return true
  }
}

const encodeEntry = (aborted: AbortedTransaction): Buffer => {
  const out = Buffer.alloc(TransactionIndex.ENTRY_BYTES)
  out.writeBigInt64BE(BigInt(aborted.producerId), 2)
  out.writeBigInt64BE(BigInt(aborted.firstOffset), 10)
  out.writeBigInt64BE(BigInt(aborted.lastOffset), 18)
  out.writeBigInt64BE(BigInt(aborted.lastStableOffset), 26)
  return out
}
