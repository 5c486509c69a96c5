import type { Clock, Timer } from './clock.ts'
import { Heap } from './heap.ts'

interface Pending {
  readonly deadlineMs: number
  readonly order: number
  run: (() => void) | null
}

/** Turns of the event loop that work set off by one timer gets: enough for a request and its answer over an in-process link. */
const TURNS_BETWEEN_TIMERS = 3

/**
 * Time that stands still until it is told to move. `advance` runs what falls due in order of (deadline, order set), with the
 * clock showing each timer's own deadline while it runs, and lets promise reactions and `setImmediate` callbacks finish
 * after each, so that what one timer causes is over before the next one fires.
 */
export class ManualClock implements Clock {
  #nowMs: number
  #order = 0
  #pending = 0
  #advancing: Promise<void> = Promise.resolve()
  readonly #timers = new Heap<Pending>(
    (a, b) => a.deadlineMs < b.deadlineMs || (a.deadlineMs === b.deadlineMs && a.order < b.order),
  )

  /** `startMs`: what `now()` says at first, in milliseconds since the epoch. */
  constructor(startMs = 1_700_000_000_000) {
    this.#nowMs = startMs
  }

  /** Timers that are set and neither ran nor were cancelled. */
  get pending(): number {
    return this.#pending
  }

  now(): number {
    return this.#nowMs
  }

  after(ms: number, run: () => void): Timer {
    const entry: Pending = { deadlineMs: this.#nowMs + Math.max(ms, 0), order: this.#order++, run }
    this.#timers.push(entry)
    this.#pending++
    return {
      cancel: () => {
        if (entry.run === null) return
        entry.run = null
        this.#pending--
      },
    }
  }

  /**
   * Moves time on by `ms` (0 or more) and runs all that falls due, timers set on the way included. A call made while another
   * is under way starts when that one is over. Rejects with what a timer threw; time then stands at that timer's deadline.
   */
  advance(ms: number): Promise<void> {
    const done = this.#advancing.then(() => this.#advanceTo(this.#nowMs + ms))
    this.#advancing = done.catch(() => {})
    return done
  }

  async #advanceTo(targetMs: number): Promise<void> {
    await settle()
    for (;;) {
      const next = this.#timers.peek()
      if (next === undefined || next.deadlineMs > targetMs) break
      this.#timers.pop()
      if (next.run === null) continue
      const run = next.run
      next.run = null
      this.#pending--
      this.#nowMs = Math.max(this.#nowMs, next.deadlineMs)
      run()
      await settle()
    }
    this.#nowMs = Math.max(this.#nowMs, targetMs)
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS_BETWEEN_TIMERS; turn++) await new Promise((done) => setImmediate(done))
}
