import { describe, expect, it } from 'vitest'
import { LogTail, TailCache } from '../../src/log/tail-cache.ts'
import { encodeBatch } from '../../src/protocol/records/batch-builder.ts'
import { releaseSlab, SlabPool } from '../../src/runtime/slab-pool.ts'
import { batchOf, LogFixture, refusalOf } from './fixtures.ts'

const large = (fill: string): Buffer => {
  const records = encodeBatch({ records: [{ value: Buffer.alloc(20_000, fill) }] })
  const own = Buffer.allocUnsafeSlow(records.length)
  records.copy(own)
  return own
}

describe('reading', () => {
  it('hands out the very bytes that were appended, without a copy', () => {
    const fixture = new LogFixture()
    const records = large('a')
    fixture.append(records)
    const { buffers } = fixture.log.read({ offset: 0, maxBytes: 2 ** 20 })
    expect(buffers.map((buffer) => buffer.buffer)).toEqual([records.buffer])
    expect(buffers[0]?.byteOffset).toBe(records.byteOffset)
  })

  it('hands out many small batches as one piece', () => {
    const fixture = new LogFixture()
    for (let i = 0; i < 10; i++) fixture.append(batchOf([`v${i}`]))
    const read = fixture.log.read({ offset: 3, maxBytes: 2 ** 20 })
    expect(read).toMatchObject({ firstOffset: 3, nextOffset: 10 })
    expect(read.buffers.length).toBe(1)
  })

  for (const [name, cacheBytes] of [
    ['memory', 2 ** 20],
    ['disk', 0],
  ] as const) {
    it(`from ${name} stops at maxBytes, but for a first batch that must come, and in front of what is not visible`, () => {
      const fixture = new LogFixture({}, cacheBytes)
      const { length } = large('a')
      for (const fill of ['a', 'b', 'c']) fixture.append(large(fill))
      const read = (maxBytes: number, minOneBatch: boolean, maxOffsetExclusive = 3) =>
        fixture.log.read({ offset: 0, maxBytes, minOneBatch, maxOffsetExclusive }).nextOffset
      expect(read(length - 1, false)).toBe(0)
      expect(read(length - 1, true)).toBe(1)
      expect(read(1, true)).toBe(1)
      expect(read(2 * length - 1, true)).toBe(1)
      expect(read(2 * length, false)).toBe(2)
      expect(read(2 ** 20, true, 2)).toBe(2)
      expect(read(1, true, 0)).toBe(0)
    })

    it(`from ${name} starts with the batch that contains the offset`, () => {
      const fixture = new LogFixture({}, cacheBytes)
      fixture.append(batchOf(['a', 'b', 'c']))
      fixture.append(batchOf(['d', 'e', 'f']))
      expect(fixture.log.read({ offset: 4, maxBytes: 2 ** 20 })).toMatchObject({
        firstOffset: 3,
        nextOffset: 6,
      })
      expect(fixture.log.read({ offset: 6, maxBytes: 2 ** 20 }).buffers).toEqual([])
      expect(refusalOf(() => fixture.log.read({ offset: 7, maxBytes: 1 }))).toMatchObject({
        code: 'OFFSET_OUT_OF_RANGE',
      })
    })

    it(`from ${name} passes the gap that compaction left`, () => {
      const fixture = new LogFixture({}, cacheBytes)
      fixture.append(batchOf(['a']))
      const later = batchOf(['b'])
      later.writeBigInt64BE(10n, 0)
      fixture.log.appendAsFollower([later])
      expect(fixture.log.read({ offset: 5, maxBytes: 2 ** 20 })).toMatchObject({
        firstOffset: 10,
        nextOffset: 11,
      })
    })
  }
})

describe('the tail cache', () => {
  it('keeps all logs together within its bound, and drops the oldest first', () => {
    const bound = 100_000
    const cache = new TailCache({ capacityBytes: bound })
    const fixtures = ['x', 'y'].map((topic) => {
      const fixture = new LogFixture()
      fixture.open({ topic, cache })
      return fixture
    })
    for (let i = 0; i < 20; i++) {
      for (const fixture of fixtures) fixture.append(i % 3 === 0 ? batchOf(['small']) : large('a'))
      expect(cache.usedBytes).toBeLessThanOrEqual(bound)
    }
    for (const fixture of fixtures) {
      expect(fixture.readAll().length).toBe(fixture.log.sizeBytes)
      fixture.log.close()
    }
    expect(cache.usedBytes).toBe(0)
  })

  it('copies a small part of a large buffer instead of keeping all of it alive', () => {
    const fixture = new LogFixture()
    const frame = Buffer.allocUnsafeSlow(10 * 20_000)
    const records = large('a')
    records.copy(frame)
    fixture.append(frame.subarray(0, records.length))
    expect(fixture.cache.usedBytes).toBeLessThan(30_000)
    const half = Buffer.allocUnsafeSlow(2 * records.length)
    large('b').copy(half)
    fixture.append(half.subarray(0, records.length))
    expect(fixture.cache.usedBytes).toBeGreaterThan(20_000 + half.length)
  })

  it('forgets what was truncated or deleted', () => {
    const fixture = new LogFixture()
    for (const fill of ['a', 'b', 'c']) fixture.append(large(fill))
    const full = fixture.cache.usedBytes
    fixture.log.truncateTo(2)
    const two = fixture.cache.usedBytes
    expect(two).toBeLessThan(full)
    fixture.log.setHighWatermark(2)
    fixture.log.deleteRecordsBefore(1)
    expect(fixture.cache.usedBytes).toBeLessThan(two)
    fixture.append(large('d'))
    expect(fixture.readAll(1).length).toBe(2 * large('d').length)
  })
})

describe('memory that is used again', () => {
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  /** A batch in a slab, as it comes from a socket: its one holder is the request. */
  const inSlab = (slabs: SlabPool, offset: number): Buffer => {
    const records = encodeBatch({ baseOffset: offset, records: [{ value: Buffer.alloc(63 * 1024, 'x') }] })
    const memory = slabs.take(records.length)
    records.copy(memory)
    return memory
  }

  it('stays away while the tail has it, and comes back from each way in which the tail lets go', async () => {
    for (const letGo of [
      (tail: LogTail) => tail.clear(),
      (tail: LogTail) => tail.truncateTo(0),
      (tail: LogTail) => tail.dropBefore(1),
      (tail: LogTail) => tail.append(Buffer.concat([batchOf(['a']), Buffer.alloc(200_000)]), 1, 2, 0),
    ]) {
      const slabs = new SlabPool({ poison: true })
      const tail = new LogTail(new TailCache({ capacityBytes: 128 * 1024 }))
      const batch = inSlab(slabs, 0)
      tail.append(batch, 0, 1, 0)
      releaseSlab(batch)
      await turn()
      expect(slabs.freeBytes).toBe(0)
      expect(tail.read(0, 2 ** 20, 1, true)?.buffers[0]?.equals(batch)).toBe(true)
      letGo(tail)
      await turn()
      expect(slabs.freeBytes).toBe(64 * 1024)
    }
  })

  it('counts once while any batch in it is kept, whatever came between', async () => {
    const slabs = new SlabPool()
    const cache = new TailCache()
    const [one, two] = [new LogTail(cache), new LogTail(cache)]
    const [first, second] = [inSlab(slabs, 0), inSlab(slabs, 1)]
    for (const tail of [one, two]) {
      tail.append(first, 0, 1, 0)
      tail.append(second, 1, 2, 0)
    }
    for (const batch of [first, second]) releaseSlab(batch)
    const withinOverhead = (bytes: number): void => {
      expect(cache.usedBytes).toBeGreaterThanOrEqual(bytes)
      expect(cache.usedBytes).toBeLessThan(bytes + 1024)
    }
    withinOverhead(128 * 1024)
    one.clear()
    withinOverhead(128 * 1024)
    two.dropBefore(1)
    withinOverhead(64 * 1024)
    two.clear()
    await turn()
    expect([cache.usedBytes, slabs.freeBytes]).toEqual([0, 128 * 1024])
  })

  it('counts in full each time', async () => {
    const slabs = new SlabPool()
    const cache = new TailCache({ capacityBytes: 100 * 1024 })
    const tail = new LogTail(cache)
    for (let offset = 0; offset < 5; offset++) {
      const batch = inSlab(slabs, offset)
      tail.append(batch, offset, offset + 1, 0)
      releaseSlab(batch)
      expect(cache.usedBytes).toBeGreaterThanOrEqual(64 * 1024)
      tail.clear()
      expect(cache.usedBytes).toBe(0)
      await turn()
    }
    expect(slabs.freeBytes).toBe(64 * 1024)
  })
})
