import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Codec } from '../../src/protocol/records/batch.ts'
import { encodeBatch } from '../../src/protocol/records/batch-builder.ts'
import { recordsOf } from '../../src/protocol/records/convert.ts'
import { LogFixture, NOW, refusalOf } from './fixtures.ts'

interface ModelRecord {
  readonly offset: number
  readonly timestamp: number
  readonly value: string
  /** First offset of its batch, and of the one behind it. */
  readonly batchStart: number
  readonly batchEnd: number
  readonly epoch: number
}

/** The log as a list of records, without any of its machinery. */
class Model {
  records: ModelRecord[] = []
  start = 0
  end = 0
  highWatermark = 0

  append(values: readonly (readonly [string, number])[], epoch: number): void {
    const batchStart = this.end
    const batchEnd = this.end + values.length
    for (const [value, timestamp] of values) {
      this.records.push({ offset: this.end++, timestamp, value, batchStart, batchEnd, epoch })
    }
  }

  visible(): ModelRecord[] {
    return this.records.filter((record) => record.offset >= this.start)
  }
}

type Step =
  | { readonly do: 'append'; readonly times: readonly number[]; readonly codec: Codec; readonly pad: number }
  | { readonly do: 'epoch' | 'reopen' | 'crash' | 'roll' }
  | { readonly do: 'commit' | 'truncate' | 'delete' | 'read' | 'restart'; readonly share: number }
  | { readonly do: 'time'; readonly offsetMs: number }

const share = fc.double({ min: 0, max: 1, noNaN: true })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      times: fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 6 }),
      codec: fc.constantFrom<Codec>('none', 'gzip', 'lz4', 'snappy'),
      pad: fc.constantFrom(0, 10, 400, 3000, 70_000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('epoch', 'reopen', 'crash', 'roll') }) },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constantFrom('commit', 'truncate', 'delete', 'read', 'restart'), share }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('time' as const), offsetMs: fc.integer({ min: -60, max: 60 }) }),
  },
) as fc.Arbitrary<Step>

class Run {
  readonly model = new Model()
  readonly fixture: LogFixture
  epoch = 0

  constructor(cacheBytes: number) {
    const config = { segmentBytes: 500_000, indexIntervalBytes: 200, segmentIndexBytes: 80 }
    this.fixture = new LogFixture(config, cacheBytes)
  }

  offsetAt(at: number): number {
    const { start, end } = this.model
    return start + Math.round((end - start) * at)
  }

  take(each: Step): void {
    const { model, fixture } = this
    const { log } = fixture
    switch (each.do) {
      case 'append': {
        const values = each.times.map(
          (time, index) => [`${model.end + index}-${'x'.repeat(each.pad)}`, NOW + time] as const,
        )
        const records = values.map(([value, timestamp]) => ({ value, timestamp }))
        const result = fixture.append(encodeBatch({ codec: each.codec, records }), this.epoch)
        expect(result).toMatchObject({ firstOffset: model.end, lastOffset: model.end + values.length - 1 })
        model.append(values, this.epoch)
        return
      }
      case 'epoch':
        this.epoch++
        return
      case 'roll':
        log.roll()
        return
      case 'reopen':
      case 'crash': {
        const clean = each.do === 'reopen'
        if (clean) log.close()
        fixture.open({ clean, highWatermark: model.highWatermark, logStartOffset: model.start })
        return
      }
      case 'commit':
        model.highWatermark = Math.max(model.highWatermark, this.offsetAt(each.share))
        expect(log.setHighWatermark(model.highWatermark)).toBe(model.highWatermark)
        return
      case 'truncate': {
        const asked = this.offsetAt(each.share)
        // A real follower truncates to where a batch starts.
        const cut = model.records.find((record) => record.batchEnd > asked)?.batchStart ?? asked
        this.truncated(Math.max(cut, 0))
        log.truncateTo(cut)
        return
      }
      case 'delete': {
        const offset = Math.min(this.offsetAt(each.share), model.highWatermark)
        if (offset < model.start) return
        expect(log.deleteRecordsBefore(offset)).toBe(offset)
        model.start = offset
        return
      }
      case 'restart':
        if (each.share < 0.9) return
        log.truncateFullyAndStartAt(model.end + 10)
        Object.assign(model, { records: [], start: model.end + 10, end: model.end + 10 })
        model.highWatermark = model.start
        return
      case 'read':
        this.read(this.offsetAt(each.share), Math.round(each.share * 5000))
        return
      case 'time':
        this.lookUp(NOW + each.offsetMs)
    }
  }

  truncated(cut: number): void {
    const { model } = this
    if (cut >= model.end) return
    model.records = model.records.filter((record) => record.offset < cut)
    model.end = cut
    model.start = Math.min(model.start, cut)
    model.highWatermark = Math.max(model.start, Math.min(model.highWatermark, cut))
  }

  read(offset: number, maxBytes: number): void {
    const { model } = this
    const { log } = this.fixture
    const limit = model.highWatermark
    const read = log.read({ offset, maxBytes, maxOffsetExclusive: limit, minOneBatch: true })
    const got = [...recordsOf(Buffer.concat(read.buffers))].map(({ offset: at, value }) => [
      at,
      String(value),
    ])
    const first = model.records.find((record) => record.batchEnd > offset)
    const wanted = model.records
      .filter((record) => record.batchStart >= (first?.batchStart ?? 0) && record.offset < read.nextOffset)
      .map((record) => [record.offset, record.value])
    expect(got).toEqual(read.sizeBytes === 0 ? [] : wanted)
    const deliverable = first !== undefined && first.batchEnd <= limit && offset < limit
    expect(read.sizeBytes > 0).toBe(deliverable)
    if (read.buffers.length > 0 && read.nextOffset < (first?.batchEnd ?? 0))
      throw new Error('a part of a batch')
  }

  lookUp(timestamp: number): void {
    const { model } = this
    const wanted = model.visible().find((record) => record.timestamp >= timestamp)
    const found = this.fixture.log.findOffsetByTimestamp(timestamp)
    expect(found).toEqual(
      wanted && { offset: wanted.offset, timestamp: wanted.timestamp, leaderEpoch: wanted.epoch },
    )
  }

  check(): void {
    const { model } = this
    const { log } = this.fixture
    const { start: logStartOffset, end: logEndOffset, highWatermark } = model
    expect(log).toMatchObject({ logStartOffset, logEndOffset, highWatermark })
    const got = [...recordsOf(this.fixture.readAll())].map(({ offset, value }) => [offset, String(value)])
    const from = model.visible()[0]?.batchStart ?? 0
    const wanted = model.records.filter((record) => record.batchStart >= from && model.start < model.end)
    expect(got).toEqual(wanted.map((record) => [record.offset, record.value]))
    for (const record of model.visible()) expect(log.epochOf(record.offset)).toBe(record.epoch)
    expect(refusalOf(() => log.read({ offset: logEndOffset + 1, maxBytes: 1 }))).toMatchObject({
      code: 'OFFSET_OUT_OF_RANGE',
    })
  }
}

describe('a partition log', () => {
  for (const [name, cacheBytes] of [
    ['all in memory', 2 ** 26],
    ['little in memory', 5000],
    ['nothing in memory', 0],
  ] as const) {
    it(`holds what a list of records holds, through any sequence of operations, with ${name}`, () => {
      fc.assert(
        fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
          const run = new Run(cacheBytes)
          for (const each of steps) {
            run.take(each)
            run.check()
          }
        }),
        { numRuns: 120, seed: 20_260_101 },
      )
    })
  }
})
