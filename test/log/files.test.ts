import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { LeaderEpochs } from '../../src/log/leader-epochs.ts'
import { StorageRefused } from '../../src/log/log-types.ts'
import { OffsetIndex } from '../../src/log/offset-index.ts'
import { TimeIndex } from '../../src/log/time-index.ts'
import { encodeBatch } from '../../src/protocol/records/batch-builder.ts'
import { DiskError } from '../../src/runtime/disk.ts'
import { MemoryDisk } from '../../src/runtime/memory-disk.ts'
import { batchOf, DIRECTORY, LogFixture, NOW, refusalOf } from './fixtures.ts'

const PARTITION = join(DIRECTORY, 't-0')
const base = '00000000000000000000'

describe('the files of a partition', () => {
  it('are made by the first append, under the names that Kafka gives them', () => {
    const fixture = new LogFixture()
    fixture.log.setHighWatermark(0)
    expect(fixture.log.read({ offset: 0, maxBytes: 100 }).buffers).toEqual([])
    expect(fixture.disk.list(DIRECTORY)).toEqual([])
    fixture.append(batchOf(['a']), 2)
    expect(fixture.disk.list(PARTITION)).toEqual([
      `${base}.log`,
      'leader-epoch-checkpoint',
      'partition.metadata',
    ])
    fixture.log.close()
    expect(fixture.disk.list(PARTITION)).toEqual([
      `${base}.index`,
      `${base}.log`,
      `${base}.timeindex`,
      '00000000000000000001.snapshot',
      'leader-epoch-checkpoint',
      'partition.metadata',
    ])
    const text = (name: string) => fixture.disk.readFile(join(PARTITION, name)).toString()
    expect(text('leader-epoch-checkpoint')).toBe('0\n1\n2 0\n')
    expect(text('partition.metadata')).toBe('version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAw\n')
  })

  it('have sparse indexes: last offset and position of a batch, largest timestamp and its offset', () => {
    const fixture = new LogFixture({ indexIntervalBytes: 100 })
    const sizes = [0, 1, 2].map((index) => {
      const records = batchOf(['x'.repeat(60), 'y'], { timestamp: NOW + index })
      fixture.append(records)
      return records.length
    })
    fixture.log.close()
    const index = fixture.disk.readFile(join(PARTITION, `${base}.index`))
    const [first = 0, second = 0] = sizes
    expect(Array.from({ length: index.length / 4 }, (_, at) => index.readInt32BE(at * 4))).toEqual([
      3,
      first,
      5,
      first + second,
    ])
    const time = fixture.disk.readFile(join(PARTITION, `${base}.timeindex`))
    expect([time.length, Number(time.readBigInt64BE(0)), time.readInt32BE(8)]).toEqual([12, NOW, 1])
  })

  it('roll by size, by age and when relative offsets would not fit', () => {
    const records = () => batchOf(['x'.repeat(1000)])
    const size = records().length
    const bySize = new LogFixture({ segmentBytes: size * 2 })
    for (let i = 0; i < 5; i++) bySize.append(records())
    expect(bySize.log.segmentCount).toBe(3)
    expect(bySize.disk.list(PARTITION)).toContain('00000000000000000002.log')
    expect(bySize.disk.list(PARTITION)).toContain('00000000000000000004.snapshot')

    const byAge = new LogFixture({ segmentMs: 1000 })
    for (const timestamp of [NOW, NOW + 1000, NOW + 1001]) {
      byAge.append(encodeBatch({ records: [{ value: 'v', timestamp }] }))
    }
    expect(byAge.log.segmentCount).toBe(2)

    const far = new LogFixture()
    far.append(records())
    const later = records()
    later.writeBigInt64BE(2n ** 31n, 0)
    far.log.appendAsFollower([later])
    expect(far.log.segmentCount).toBe(2)
    expect(far.log.logEndOffset).toBe(2 ** 31 + 1)
    expect(far.log.read({ offset: 1, maxBytes: 1, minOneBatch: true }).firstOffset).toBe(2 ** 31)
  })

  it('are rebuilt or cut when they are missing, torn or full of garbage', () => {
    const fixture = new LogFixture({ indexIntervalBytes: 10, segmentBytes: 400 })
    for (let i = 0; i < 6; i++) fixture.append(batchOf([`value-${i}`]))
    fixture.log.close()
    const whole = fixture.readAllFromDisk()
    const damage: readonly (() => void)[] = [
      () => fixture.disk.remove(join(PARTITION, `${base}.index`)),
      () => fixture.disk.writeFileAtomically(join(PARTITION, `${base}.timeindex`), 'garbage'),
      () => fixture.disk.writeFileAtomically(join(PARTITION, `${base}.index`), Buffer.alloc(16, 255)),
      () => fixture.disk.open(fixture.lastLogFile()).append([Buffer.alloc(70, 1)]),
      () => fixture.disk.open(fixture.lastLogFile()).append([batchOf(['torn']).subarray(0, 65)]),
      () => fixture.disk.remove(join(PARTITION, 'leader-epoch-checkpoint')),
    ]
    for (const harm of damage) {
      harm()
      fixture.open({ clean: false })
      expect(fixture.readAll()).toEqual(whole)
      expect(fixture.log.logEndOffset).toBe(6)
      expect(fixture.log.endOffsetForEpoch(0)).toEqual({ leaderEpoch: 0, endOffset: 6 })
      fixture.log.close()
    }
  })

  it('end in front of the first batch that is damaged, after an unclean stop', () => {
    const fixture = new LogFixture({ segmentBytes: 400 })
    for (let i = 0; i < 8; i++) fixture.append(batchOf([`value-${i}`]))
    const size = batchOf(['value-0']).length
    fixture.disk.open(join(PARTITION, `${base}.log`)).write(size + 70, Buffer.from([1, 2, 3]))
    fixture.open({ clean: false })
    expect(fixture.log).toMatchObject({ logStartOffset: 0, logEndOffset: 1, segmentCount: 1 })
    expect(fixture.append(batchOf(['next'])).firstOffset).toBe(1)
  })

  it('are gone, all of them, after a deletion', () => {
    const fixture = new LogFixture()
    fixture.append(batchOf(['a']))
    fixture.log.delete()
    expect(fixture.disk.list(DIRECTORY)).toEqual([])
    expect(fixture.cache.usedBytes).toBe(0)
  })
})

describe('a disk that fails', () => {
  it('gives KAFKA_STORAGE_ERROR with the cause, and no half of a batch', () => {
    const disk = new MemoryDisk({ capacityBytes: 3000 })
    const fixture = new LogFixture({}, 2 ** 20, disk)
    fixture.append(batchOf(['a'.repeat(1000)]))
    const refused = refusalOf(() => fixture.append(batchOf(['b'.repeat(3000)])))
    expect(refused).toBeInstanceOf(StorageRefused)
    expect(refused).toMatchObject({ code: 'KAFKA_STORAGE_ERROR', cause: { code: 'ENOSPC' } })
    expect((refused as StorageRefused).cause).toBeInstanceOf(DiskError)
    expect(fixture.log.logEndOffset).toBe(1)
    expect(fixture.append(batchOf(['c'])).firstOffset).toBe(1)
    fixture.open({ clean: false })
    expect(fixture.log.logEndOffset).toBe(2)
  })
})

describe('the offset index', () => {
  it('finds the last entry at or before an offset, and drops what lies behind a cut', () => {
    const index = new OffsetIndex(100)
    for (const [offset, position] of [
      [110, 1000],
      [120, 2000],
      [130, 3000],
    ] as const)
      index.append(offset, position)
    expect([99, 109, 110, 119, 125, 500].map((offset) => index.lookup(offset))).toEqual([
      0, 0, 1000, 1000, 2000, 3000,
    ])
    index.truncateTo(130)
    expect(index.count).toBe(2)
    index.append(120, 5000)
    expect(index.count).toBe(2)
    expect(index.encode().toString('hex')).toBe('0000000a000003e800000014000007d0')
    const copy = new OffsetIndex(100)
    expect(copy.decode(index.encode(), 2001)).toBe(true)
    expect(copy.lookup(120)).toBe(2000)
    expect(copy.decode(index.encode(), 2000)).toBe(false)
    expect(copy.decode(Buffer.alloc(7), 2000)).toBe(false)
  })
})

describe('the time index', () => {
  it('keeps ascending timestamps only', () => {
    const index = new TimeIndex(100)
    index.append(5000, 110)
    index.append(4000, 120)
    index.append(6000, 130)
    expect(index.count).toBe(2)
    expect([4999, 5000, 5999, 6000].map((time) => index.lookup(time))).toEqual([100, 110, 110, 130])
    expect(index.encode().toString('hex')).toBe('00000000000013880000000a00000000000017700000001e')
    expect(new TimeIndex(100).decode(index.encode())).toBe(true)
  })
})

describe('leader epochs', () => {
  const epochsOf = (...starts: readonly (readonly [number, number])[]): LeaderEpochs => {
    const epochs = new LeaderEpochs(new MemoryDisk(), 'unused')
    for (const [epoch, offset] of starts) epochs.assign(epoch, offset)
    return epochs
  }

  it('tell where an epoch ends, or the largest known one before it (KIP-101, KIP-279)', () => {
    const epochs = epochsOf([1, 0], [3, 10], [6, 25])
    const ends = [-1, 0, 1, 2, 3, 4, 5, 6, 7].map((epoch) => {
      const { leaderEpoch, endOffset } = epochs.endOffsetFor(epoch, 40)
      return [leaderEpoch, endOffset]
    })
    expect(ends).toEqual([
      [-1, -1],
      [0, 0],
      [1, 10],
      [1, 10],
      [3, 25],
      [3, 25],
      [3, 25],
      [6, 40],
      [-1, -1],
    ])
  })

  it('tell the epoch of an offset, and follow the log when it is cut at either end', () => {
    const epochs = epochsOf([1, 0], [3, 10], [6, 25])
    expect([0, 9, 10, 24, 25, 99].map((offset) => epochs.epochOf(offset))).toEqual([1, 1, 3, 3, 6, 6])
    epochs.truncateFromEnd(25)
    expect(epochs.latest).toBe(3)
    epochs.truncateFromStart(15)
    expect(epochs.entries).toEqual([{ epoch: 3, startOffset: 15 }])
    expect(epochs.epochOf(14)).toBe(-1)
  })
})
