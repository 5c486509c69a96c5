import type { Disk } from '../runtime/disk.ts'
import { readCheckpoint, writeCheckpoint } from './checkpoint-file.ts'
import type { EpochEndOffset } from './log-types.ts'

const UNKNOWN: EpochEndOffset = { leaderEpoch: -1, endOffset: -1 }

interface EpochStart {
  readonly epoch: number
  readonly startOffset: number
}

/**
 * Which leader epoch wrote which offsets: where each epoch starts. Kept in `leader-epoch-checkpoint` (written on change once
 * the partition's directory exists). Source: Kafka's LeaderEpochFileCache, KIP-101, KIP-279.
 */
export class LeaderEpochs {
  readonly #disk: Disk
  readonly #path: string
  #starts: EpochStart[] = []
  #stored = false

  constructor(disk: Disk, path: string) {
    this.#disk = disk
    this.#path = path
  }

  /** The newest epoch; -1 without one. */
  get latest(): number {
    return this.#starts.at(-1)?.epoch ?? -1
  }

  get entries(): readonly EpochStart[] {
    return this.#starts
  }

  /** Reads the file. Entries that do not ascend are dropped; the scan of the log adds what is missing. */
  load(): void {
    this.#stored = true
    this.#starts = []
    for (const [epoch, startOffset] of readCheckpoint(this.#disk, this.#path) ?? []) {
      this.#insert(Number(epoch), Number(startOffset))
    }
  }

  /** From now on changes go to the file; writes what there is. */
  store(): void {
    this.#stored = true
    this.#write()
  }

  /** Notes that `epoch` starts at `startOffset`; nothing when the epoch is known or old. */
  assign(epoch: number, startOffset: number): void {
    if (epoch <= this.latest || epoch < 0) return
    const before = [...this.#starts]
    this.#insert(epoch, startOffset)
    try {
      this.#write()
    } catch (error) {
      // Else the next append of this epoch would find it known, and the file would never learn of it.
      this.#starts = before
      throw error
    }
  }

  /** Epoch of the record at `offset`; -1 when it is not known. */
  epochOf(offset: number): number {
    for (let i = this.#starts.length - 1; i >= 0; i--) {
      const entry = this.#starts[i] as EpochStart
      if (entry.startOffset <= offset) return entry.epoch
    }
    return -1
  }

  /** The largest known epoch <= `epoch`, and where it ends (the start of the next one, or the log end offset). */
  endOffsetFor(epoch: number, logEndOffset: number): EpochEndOffset {
    if (epoch < 0 || epoch > this.latest) return UNKNOWN
    if (epoch === this.latest) return { leaderEpoch: epoch, endOffset: logEndOffset }
    const higher = this.#starts.findIndex((entry) => entry.epoch > epoch)
    const endOffset = (this.#starts[higher] as EpochStart).startOffset
    // Older than all that is known: nothing of it is left, it ends where the oldest known epoch starts.
    const floor = this.#starts[higher - 1]
    return { leaderEpoch: floor?.epoch ?? epoch, endOffset }
  }

  /** The log now ends at `endOffset`: forgets epochs that started there or later. */
  truncateFromEnd(endOffset: number): void {
    if ((this.#starts.at(-1)?.startOffset ?? -1) < endOffset) return
    this.#starts = this.#starts.filter((entry) => entry.startOffset < endOffset)
    this.#write()
  }

  /** The log now starts at `startOffset`: the epoch that covers it starts there, older ones are forgotten. */
  truncateFromStart(startOffset: number): void {
    const covering = this.#starts.findLastIndex((entry) => entry.startOffset <= startOffset)
    if (covering < 0 || (this.#starts[covering] as EpochStart).startOffset === startOffset) {
      if (covering <= 0) return
      this.#starts = this.#starts.slice(covering)
    } else {
      const { epoch } = this.#starts[covering] as EpochStart
      this.#starts = [{ epoch, startOffset }, ...this.#starts.slice(covering + 1)]
    }
    this.#write()
  }

  clear(): void {
    if (this.#starts.length === 0) return
    this.#starts = []
    this.#write()
  }

  /** An entry that does not fit behind the others removes those that contradict it, as Kafka's cache does. */
  #insert(epoch: number, startOffset: number): void {
    if (!Number.isSafeInteger(epoch) || !Number.isSafeInteger(startOffset) || startOffset < 0) return
    while (
      (this.#starts.at(-1)?.startOffset ?? -1) >= startOffset ||
      (this.#starts.at(-1)?.epoch ?? -1) >= epoch
    ) {
      this.#starts.pop()
    }
    this.#starts.push({ epoch, startOffset })
  }

  #write(): void {
    if (!this.#stored) return
    writeCheckpoint(
      this.#disk,
      this.#path,
      this.#starts.map((entry) => `${entry.epoch} ${entry.startOffset}`),
    )
  }
}
