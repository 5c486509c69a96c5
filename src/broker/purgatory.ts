import type { Clock, Timer } from '../runtime/clock.ts'
import { Heap } from '../runtime/heap.ts'
import type { ConnectionInfo, Waiting } from './context.ts'

/**
 * Entries that are over may fill the heap of deadlines up to this many beyond the live ones before they are
 * swept out.
 */
const DEAD_ENTRIES_MAX = 1024

/** A request that waits for something to happen to any of its keys, or for its deadline. */
export interface Parked<Key extends object> {
  readonly keys: readonly Key[]
  /**
   * Looks whether it can be answered; if so answers and gives true. `expired`: the deadline is over, and it
   * must. Called after the turn in which something happened, not within it.
   */
  tryComplete(expired: boolean): boolean
}

/** One entry: what waits, and where it is registered. */
class Entry<Key extends object> implements Waiting {
  readonly deadlineMs: number
  /** Undefined: it is over. Drops what it held, since the heap keeps the entry until its deadline. */
  request: Parked<Key> | undefined
  connection: ConnectionInfo | null
  isDirty = false
  readonly #owner: Purgatory<Key>

  constructor(
    owner: Purgatory<Key>,
    request: Parked<Key>,
    connection: ConnectionInfo | null,
    deadlineMs: number,
  ) {
    this.#owner = owner
    this.request = request
    this.connection = connection
    this.deadlineMs = deadlineMs
  }

  abandon(): void {
    this.#owner.remove(this)
  }
}

/**
 * Requests that wait (DelayedFetch, DelayedProduce): found by what they wait for, woken when it changes.
 *
 * A change only marks them; they are looked at once after the turn, however many changes it brought. There is
 * one timer for all deadlines, the earliest. Nothing happens for a key that nobody waits for, and nothing at
 * all in idle times.
 */
export class Purgatory<Key extends object> {
  readonly #clock: Clock
  readonly #watchers = new Map<Key, Set<Entry<Key>>>()
  readonly #deadlines = new Heap<Entry<Key>>((a, b) => a.deadlineMs < b.deadlineMs)
  readonly #dirty: Entry<Key>[] = []
  #size = 0
  #timer: Timer | undefined
  #timerAtMs = Number.POSITIVE_INFINITY
  #wakePlanned = false
  #closed = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Requests that wait. */
  get size(): number {
    return this.#size
  }

  /** Entries that await a deadline, those that are over and not swept out yet included. */
  get deadlineCount(): number {
    return this.#deadlines.size
  }

  /**
   * Parks a request for at most `waitMs` (Infinity: for as long as it takes). Its connection, if any, gives
   * it up when it closes.
   */
  park(request: Parked<Key>, connection: ConnectionInfo | null, waitMs: number): void {
    if (this.#closed) return
    const entry = new Entry(this, request, connection, this.#clock.now() + Math.max(0, waitMs))
    this.#size++
    for (const key of request.keys) {
      const watchers = this.#watchers.get(key)
      if (watchers === undefined) this.#watchers.set(key, new Set([entry]))
      else watchers.add(entry)
    }
    connection?.waiting.add(entry)
    if (waitMs === Number.POSITIVE_INFINITY) return
    this.#sweep()
    this.#deadlines.push(entry)
    if (entry.deadlineMs < this.#timerAtMs) this.#arm(entry.deadlineMs)
  }

  /** Something happened to `key`: who waits for it is looked at when the turn is over. */
  touch(key: Key): void {
    const watchers = this.#watchers.get(key)
    if (watchers === undefined) return
    for (const entry of watchers) {
      if (entry.isDirty) continue
      entry.isDirty = true
      this.#dirty.push(entry)
    }
    if (this.#wakePlanned || this.#dirty.length === 0) return
    this.#wakePlanned = true
    queueMicrotask(() => this.#wake())
  }

  /** Gives up everything: nothing that waits is answered any more. */
  close(): void {
    this.#closed = true
    this.#timer?.cancel()
    this.#watchers.clear()
    this.#dirty.length = 0
    this.#size = 0
  }

  /** Takes an entry out; its request is not told. For `Entry` alone. */
  remove(entry: Entry<Key>): void {
    const request = entry.request
    if (request === undefined) return
    entry.request = undefined
    entry.connection?.waiting.delete(entry)
    entry.connection = null
    this.#size--
    for (const key of request.keys) {
      const watchers = this.#watchers.get(key)
      if (watchers?.delete(entry) && watchers.size === 0) this.#watchers.delete(key)
    }
  }

  #wake(): void {
    this.#wakePlanned = false
    const dirty = this.#dirty.splice(0)
    for (const entry of dirty) {
      entry.isDirty = false
      if (entry.request?.tryComplete(false)) this.remove(entry)
    }
  }

  #arm(atMs: number): void {
    this.#timer?.cancel()
    this.#timerAtMs = atMs
    this.#timer = this.#clock.after(atMs - this.#clock.now(), () => this.#expire())
  }

  #expire(): void {
    this.#timer = undefined
    this.#timerAtMs = Number.POSITIVE_INFINITY
    const now = this.#clock.now()
    for (let first = this.#deadlines.peek(); first !== undefined; first = this.#deadlines.peek()) {
      if (first.request !== undefined && first.deadlineMs > now) {
        this.#arm(first.deadlineMs)
        return
      }
      this.#deadlines.pop()
      const request = first.request
      if (request === undefined) continue
      this.remove(first)
      request.tryComplete(true)
    }
  }

  /** Entries that are over leave the heap when they are its head, or when they have become too many. */
  #sweep(): void {
    const heap = this.#deadlines
    for (let first = heap.peek(); first !== undefined && first.request === undefined; first = heap.peek())
      heap.pop()
    if (heap.size < 2 * this.#size + DEAD_ENTRIES_MAX) return
    const live: Entry<Key>[] = []
    for (let entry = heap.pop(); entry !== undefined; entry = heap.pop()) {
      if (entry.request !== undefined) live.push(entry)
    }
    for (const entry of live) heap.push(entry)
  }
}
