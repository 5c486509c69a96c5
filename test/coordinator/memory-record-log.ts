import type {
  AppendedRecords,
  CoordinatorRecord,
  RecordLog,
  RecordProducer,
  RecordVisitor,
} from '../../src/coordinator/record-log.ts'
import { type ErrorName, Refusal } from '../../src/protocol/errors.ts'

type Entry =
  | { readonly record: CoordinatorRecord; readonly producer: RecordProducer | null }
  | { readonly marker: RecordProducer; readonly committed: boolean }

/** A record log in an array. Commits at once, unless told to hold; appends fail while `failure` is set. */
export class MemoryRecordLog implements RecordLog {
  readonly entries: Entry[] = []
  appends = 0
  failure: ErrorName | null = null
  #holding = false
  #held: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = []

  append(records: readonly CoordinatorRecord[], _nowMs: number, producer?: RecordProducer): AppendedRecords {
    if (this.failure !== null) throw new Refusal(this.failure)
    this.appends++
    for (const record of records) this.entries.push({ record, producer: producer ?? null })
    const lastOffset = this.entries.length - 1
    if (!this.#holding) return { lastOffset, whenCommitted: null }
    return {
      lastOffset,
      whenCommitted: new Promise((resolve, reject) => this.#held.push({ resolve, reject })),
    }
  }

  replay(visitor: RecordVisitor): void {
    this.entries.forEach((entry, offset) => {
      if ('record' in entry) visitor.record(entry.record, offset, entry.producer)
      else visitor.marker(entry.marker, entry.committed, offset)
    })
  }

  /** Writes the marker of a transaction; gives its offset. */
  mark(marker: RecordProducer, committed: boolean): number {
    this.entries.push({ marker, committed })
    return this.entries.length - 1
  }

  get records(): CoordinatorRecord[] {
    return this.entries.flatMap((entry) => ('record' in entry ? [entry.record] : []))
  }

  /** From now on commits wait for `release` or `refuse`. */
  hold(): void {
    this.#holding = true
  }

  release(): void {
    this.#holding = false
    for (const { resolve } of this.#held.splice(0)) resolve()
  }

  refuse(code: ErrorName): void {
    this.#holding = false
    for (const { reject } of this.#held.splice(0)) reject(new Refusal(code))
  }
}
