import { describe, expect, it } from 'vitest'
import { isInSlab, pinSlab, releaseSlab, retainSlab, SlabPool } from '../../src/runtime/slab-pool.ts'

const KIB = 1024
const MIB = 1024 * KIB
/** Slabs come back when the turn is over. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

describe('a slab pool', () => {
  it('gives memory again that nobody holds, once the turn is over', async () => {
    const pool = new SlabPool()
    const first = pool.take(100 * KIB)
    releaseSlab(first)
    expect(pool.take(100 * KIB).buffer).not.toBe(first.buffer)
    await turn()
    expect(pool.take(100 * KIB).buffer).toBe(first.buffer)
  })

  it('keeps memory back while anybody holds any view of it', async () => {
    const pool = new SlabPool({ poison: true })
    const frame = pool.take(100 * KIB).fill(7)
    const view = frame.subarray(1000, 2000)
    retainSlab(view)
    retainSlab(frame.subarray(5))
    releaseSlab(frame)
    releaseSlab(frame)
    await turn()
    expect([isInSlab(view), view[0], pool.freeBytes]).toEqual([true, 7, 0])
    releaseSlab(view)
    await turn()
    expect([isInSlab(view), view[0]]).toEqual([false, 0xdd])
    expect(pool.freeBytes).toBe(frame.buffer.byteLength)
  })

  it('leaves a slab alone that is held again in the turn in which it was released', async () => {
    const pool = new SlabPool({ poison: true })
    const frame = pool.take(50 * KIB).fill(1)
    releaseSlab(frame)
    retainSlab(frame)
    releaseSlab(frame)
    retainSlab(frame)
    await turn()
    expect([frame[0], pool.freeBytes]).toEqual([1, 0])
    releaseSlab(frame)
    await turn()
    expect([frame[0], pool.freeBytes]).toEqual([0xdd, frame.buffer.byteLength])
  })

  it('lends until the end of the turn, microtasks included, and longer to who retains', async () => {
    const pool = new SlabPool({ poison: true })
    const brief = pool.lend(64 * KIB).fill(1)
    const kept = pool.lend(64 * KIB).fill(2)
    retainSlab(kept)
    await Promise.resolve()
    expect(brief[0]).toBe(1)
    await turn()
    expect([brief[0], kept[0]]).toEqual([0xdd, 2])
    releaseSlab(kept)
    await turn()
    expect(kept[0]).toBe(0xdd)
  })

  it('takes back at once what nobody holds when it is told that the turn is over', async () => {
    const pool = new SlabPool({ poison: true })
    const [free, held, lent] = [pool.take(64 * KIB).fill(1), pool.take(64 * KIB).fill(2), pool.lend(64 * KIB)]
    releaseSlab(free)
    pool.endTurn()
    expect([free[0], held[0], lent[0], pool.freeBytes]).toEqual([0xdd, 2, 0xdd, 128 * KIB])
    releaseSlab(held)
    await turn()
    expect(pool.freeBytes).toBe(192 * KIB)
  })

  it('never takes a pinned slab back', async () => {
    const pool = new SlabPool({ poison: true })
    const frame = pool.take(64 * KIB).fill(3)
    releaseSlab(frame)
    pinSlab(frame.subarray(10, 20))
    await turn()
    expect([frame[0], pool.freeBytes, isInSlab(frame)]).toEqual([3, 0, false])
    releaseSlab(frame)
  })

  it('leaves small and huge pieces and foreign memory to the garbage collector', async () => {
    const pool = new SlabPool()
    for (const memory of [pool.take(KIB), pool.take(5 * MIB), Buffer.alloc(100 * KIB)]) {
      expect(isInSlab(memory)).toBe(false)
      retainSlab(memory)
      releaseSlab(memory)
      releaseSlab(memory)
    }
    await turn()
    expect([pool.freeBytes, pool.takeReady(KIB)]).toEqual([0, undefined])
  })

  it.each([32 * KIB, 33 * KIB, 100_000, 1_000_100, MIB, MIB + 1, 4 * MIB])(
    'serves %i bytes from a slab at most a quarter larger',
    (bytes) => {
      const view = new SlabPool().take(bytes)
      expect([view.length, isInSlab(view)]).toEqual([bytes, true])
      expect(view.buffer.byteLength).toBeLessThanOrEqual(bytes * 1.25)
    },
  )

  it('keeps a bounded number of bytes ready, those of sizes that are asked for', async () => {
    const pool = new SlabPool({ maxFreeBytes: 4 * MIB })
    const old = Array.from({ length: 4 }, () => pool.take(MIB))
    for (const each of old) releaseSlab(each)
    await turn()
    expect(pool.freeBytes).toBe(4 * MIB)
    const now = Array.from({ length: 2 }, () => pool.take(2 * MIB))
    for (const each of now) releaseSlab(each)
    await turn()
    expect(pool.freeBytes).toBe(4 * MIB)
    expect(pool.takeReady(2 * MIB)).toBeDefined()
    expect(pool.takeReady(2 * MIB)).toBeDefined()
    expect(pool.takeReady(MIB)).toBeUndefined()
  })

  it('notices who releases more often than it holds', () => {
    const frame = new SlabPool().take(64 * KIB)
    releaseSlab(frame)
    expect(() => releaseSlab(frame)).toThrow('released by more')
  })
})
