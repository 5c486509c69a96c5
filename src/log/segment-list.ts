import { assert } from '../runtime/assert.ts'
import type { AbortedTransaction } from './log-types.ts'
import type { LogSegment } from './segment.ts'

/** The segments of one log by base offset, never empty once opened. The last one is the active segment. */
export class SegmentList {
  #segments: LogSegment[] = []

  get all(): readonly LogSegment[] {
    return this.#segments
  }

  get length(): number {
    return this.#segments.length
  }

  get first(): LogSegment {
    const first = this.#segments[0]
    assert(first !== undefined, 'a log has a segment')
    return first
  }

  get active(): LogSegment {
    const last = this.#segments.at(-1)
    assert(last !== undefined, 'a log has an active segment')
    return last
  }

  get sizeBytes(): number {
    let bytes = 0
    for (const segment of this.#segments) bytes += segment.sizeBytes
    return bytes
  }

  /** Adds a segment behind all others. */
  push(segment: LogSegment): void {
    const last = this.#segments.at(-1)
    assert(last === undefined || last.baseOffset < segment.baseOffset, 'segments ascend')
    this.#segments.push(segment)
  }

  /** Index of the segment that holds `offset`: the last that starts at or before it; 0 when all start later. */
  indexFor(offset: number): number {
    let low = 0
    let high = this.#segments.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#segments[middle] as LogSegment).baseOffset <= offset) low = middle
      else high = middle - 1
    }
    return low
  }

  at(index: number): LogSegment | undefined {
    return this.#segments[index]
  }

  /** Aborted transactions that a reader of [fromOffset, toOffset) must skip. */
  abortedTransactions(fromOffset: number, toOffset: number): AbortedTransaction[] {
    const found: AbortedTransaction[] = []
    for (const { transactionIndex } of this.#segments.slice(this.indexFor(fromOffset))) {
      if (transactionIndex.entries.length > 0 && transactionIndex.collect(fromOffset, toOffset, found)) break
    }
    return found
  }

  /** Takes the segments out that `drop` says, from the front or the back; the caller deletes their files. */
  remove(drop: (segment: LogSegment, next: LogSegment | undefined) => boolean): LogSegment[] {
    const dropped: LogSegment[] = []
    const segments = this.#segments
    this.#segments = segments.filter((segment, index) => {
      if (!drop(segment, segments[index + 1])) return true
      dropped.push(segment)
      return false
    })
    return dropped
  }
}
