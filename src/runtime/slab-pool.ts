import { assert } from './assert.ts'

/** Smaller pieces are not worth the bookkeeping: ordinary memory serves them. */
export const SLAB_BYTES_MIN = 32 * 1024
/** Larger ones are rare, and few of them would fill the pool. */
export const SLAB_BYTES_MAX = 4 * 1024 * 1024
/** Sizes between two powers of two: a slab is at most a quarter larger than what was asked for. */
const STEPS_PER_DOUBLING = 4
const DEFAULT_FREE_BYTES_MAX = 16 * 1024 * 1024
const POISON = 0xdd

export interface SlabPoolOptions {
  /** Bytes of slabs that may lie ready. Slabs in use do not count: those who hold them bound them. Default 16 MiB. */
  readonly maxFreeBytes?: number
  /** Fills slabs that come back with 0xDD, so that who still reads one is found out. For tests. Default false. */
  readonly poison?: boolean
}

/** One piece of memory and how many hold it. */
interface Slab {
  readonly pool: SlabPool
  readonly memory: Buffer
  holders: number
}

/** Slabs by their memory, so that any view of one leads to it. What is not in here is ordinary memory. */
const slabs = new WeakMap<ArrayBufferLike, Slab>()

/**
 * Memory for large frames and reads that is used again: fresh memory costs a page fault for each 4 KiB, and the garbage collector
 * learns of it late.
 *
 * Who owns what: a slab is free for others once nobody holds it **and** the turn of the event loop is over. So within the turn
 * (its microtasks included) a view that was handed over may be used without ado; who keeps a view longer calls `retainSlab`,
 * and `releaseSlab` when done. Who may keep it for ever calls `pinSlab`. All three do nothing to ordinary memory. A holder that is
 * lost without `releaseSlab` costs nothing but the reuse: the garbage collector takes the slab as it takes any other memory.
 */
export class SlabPool {
  readonly #maxFreeBytes: number
  readonly #poison: boolean
  /** By size; the size that was asked for last is the last key. */
  readonly #free = new Map<number, Buffer[]>()
  #freeBytes = 0
  /** Nobody holds these, but this turn may still use them. */
  #released: Slab[] = []
  /** Held by the pool itself until the turn ends. */
  #lent: Slab[] = []
  #sweepPlanned = false
  #immediatePlanned = false

  constructor(options: SlabPoolOptions = {}) {
    this.#maxFreeBytes = options.maxFreeBytes ?? DEFAULT_FREE_BYTES_MAX
    this.#poison = options.poison ?? false
  }

  get freeBytes(): number {
    return this.#freeBytes
  }

  /** `bytes` of uninitialised memory with one holder: who calls. Ordinary memory outside [SLAB_BYTES_MIN, SLAB_BYTES_MAX]. */
  take(bytes: number): Buffer {
    if (bytes < SLAB_BYTES_MIN || bytes > SLAB_BYTES_MAX) return Buffer.allocUnsafeSlow(bytes)
    return this.#view(bytes, this.#takeFree(slabBytes(bytes)))
  }

  /** As `take`, but undefined where new memory would have to be had. */
  takeReady(bytes: number): Buffer | undefined {
    if (bytes < SLAB_BYTES_MIN || bytes > SLAB_BYTES_MAX) return undefined
    const size = slabBytes(bytes)
    return this.#free.get(size)?.length ? this.#view(bytes, this.#takeFree(size)) : undefined
  }

  /** `bytes` of uninitialised memory until the turn ends; whoever wants it longer retains it. */
  lend(bytes: number): Buffer {
    const view = this.take(bytes)
    const slab = slabs.get(view.buffer)
    if (slab !== undefined) {
      this.#lent.push(slab)
      this.#planSweep()
    }
    return view
  }

  /**
   * Says that the turn is over: to be called with nothing else on the stack and no microtask waiting, as at the beginning of a
   * callback of the system. Otherwise this is found out once in a round of the event loop, in which sockets may be read often.
   */
  endTurn(): void {
    if (this.#sweepPlanned) this.#sweep()
  }

  /** Called by `releaseSlab` when the last holder has let go. */
  released(slab: Slab): void {
    this.#released.push(slab)
    this.#planSweep()
  }

  #view(bytes: number, memory: Buffer): Buffer {
    slabs.set(memory.buffer, { pool: this, memory, holders: 1 })
    return memory.subarray(0, bytes)
  }

  #takeFree(size: number): Buffer {
    const ready = this.#free.get(size) ?? []
    this.#free.delete(size)
    this.#free.set(size, ready)
    const memory = ready.pop()
    if (memory === undefined) return Buffer.allocUnsafeSlow(size)
    this.#freeBytes -= size
    return memory
  }

  #planSweep(): void {
    if (this.#sweepPlanned) return
    this.#sweepPlanned = true
    if (this.#immediatePlanned) return
    this.#immediatePlanned = true
    setImmediate(() => {
      this.#immediatePlanned = false
      this.endTurn()
    })
  }

  #sweep(): void {
    this.#sweepPlanned = false
    const lent = this.#lent
    this.#lent = []
    for (const slab of lent) if (--slab.holders === 0) this.#released.push(slab)
    const released = this.#released
    this.#released = []
    for (const slab of released) {
      // Somebody took hold of it again in the same turn, or it is in the list twice.
      if (slab.holders > 0 || slabs.get(slab.memory.buffer) !== slab) continue
      slabs.delete(slab.memory.buffer)
      this.#giveBack(slab.memory)
    }
  }

  #giveBack(memory: Buffer): void {
    if (this.#poison) memory.fill(POISON)
    let list = this.#free.get(memory.length)
    if (list === undefined) {
      list = []
      this.#free.set(memory.length, list)
    }
    list.push(memory)
    this.#freeBytes += memory.length
    // The size that was not asked for the longest goes first.
    for (const [size, ready] of this.#free) {
      while (this.#freeBytes > this.#maxFreeBytes && ready.pop() !== undefined) this.#freeBytes -= size
      if (this.#freeBytes <= this.#maxFreeBytes) break
    }
  }
}

/** The size of the slab that `bytes` are cut from. */
const slabBytes = (bytes: number): number => {
  const step = 2 ** Math.floor(Math.log2(bytes)) / STEPS_PER_DOUBLING
  return Math.ceil(bytes / step) * step
}

/** True when the view lies in a slab: its memory will be used again once nobody holds it. */
export const isInSlab = (view: Uint8Array): boolean =>
  view.buffer.byteLength >= SLAB_BYTES_MIN && slabs.has(view.buffer)

/** Holds the slab under a view beyond this turn. Each call needs its `releaseSlab`. */
export const retainSlab = (view: Uint8Array): void => {
  const slab = slabs.get(view.buffer)
  if (slab !== undefined) slab.holders++
}

/** Lets go of a slab that was taken or retained. */
export const releaseSlab = (view: Uint8Array): void => {
  const slab = slabs.get(view.buffer)
  if (slab === undefined) return
  assert(slab.holders > 0, 'a slab is released by more than hold it')
  if (--slab.holders === 0) slab.pool.released(slab)
}

/** Makes it ordinary memory: whoever has a view of it may keep it for as long as he likes. */
export const pinSlab = (view: Uint8Array): void => {
  slabs.delete(view.buffer)
}
