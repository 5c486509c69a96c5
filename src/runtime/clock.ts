/**
 * Time, as one injected object. Everything that waits in the broker waits here, so that a test can own it.
 * Wall time is in milliseconds since the epoch, as on the wire.
 */

/** A pending delay. Cancelling twice, or after it ran, does nothing. */
export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Runs `run` once, `ms` from now (0 or less: as soon as the current turn ends). Equal deadlines run in the order set. */
  after(ms: number, run: () => void): Timer
}

/** Longest delay that Node's own timers take; a longer one would fire at once. */
const TIMER_MS_MAX = 2 ** 31 - 1

/** The machine's clock. Its timers never keep the process alive. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now()
  }

  after(ms: number, run: () => void): Timer {
    let handle: NodeJS.Timeout
    const arm = (left: number): void => {
      const step = Math.min(Math.max(left, 0), TIMER_MS_MAX)
      handle = setTimeout(() => (left > step ? arm(left - step) : run()), step)
      handle.unref()
    }
    arm(ms)
    return { cancel: () => clearTimeout(handle) }
  }
}
