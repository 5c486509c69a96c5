import type { Clock, Timer } from '../runtime/clock.ts'

interface Entry {
  deadlineMs: number
  run: () => void
  timer: Timer
  /** When `timer` fires: never after the deadline. */
  firesAtMs: number
}

/**
 * Timers by key. Setting a key again replaces what it had; moving a deadline back, as each heartbeat does,
 * costs no call to the clock: the old timer fires, sees that it is early and sets itself for the rest.
 */
export class KeyedTimers {
  readonly #clock: Clock
  readonly #entries = new Map<string, Entry>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#entries.size
  }

  has(key: string): boolean {
    return this.#entries.has(key)
  }

  /** Runs `run` once, `delayMs` from now, unless the key is set again or cancelled before. */
  set(key: string, delayMs: number, run: () => void): void {
    const deadlineMs = this.#clock.now() + delayMs
    const entry = this.#entries.get(key)
    if (entry !== undefined && entry.firesAtMs <= deadlineMs) {
      entry.deadlineMs = deadlineMs
      entry.run = run
      return
    }
    entry?.timer.cancel()
    this.#entries.set(key, {
      deadlineMs,
      run,
      firesAtMs: deadlineMs,
      timer: this.#clock.after(delayMs, () => this.#fire(key)),
    })
  }

  cancel(key: string): void {
    this.#entries.get(key)?.timer.cancel()
    this.#entries.delete(key)
  }

  cancelAll(): void {
    for (const entry of this.#entries.values()) entry.timer.cancel()
    this.#entries.clear()
  }

  #fire(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    const leftMs = entry.deadlineMs - this.#clock.now()
    if (leftMs > 0) {
      entry.firesAtMs = entry.deadlineMs
      entry.timer = this.#clock.after(leftMs, () => this.#fire(key))
      return
    }
    this.#entries.delete(key)
    entry.run()
  }
}
