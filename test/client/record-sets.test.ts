import { describe, expect, it } from 'vitest'
import { decodeRecordSet } from '../../src/client/record-sets.ts'
import { encodeBatch } from '../../src/protocol/records/batch-builder.ts'
import { encodeEndTransactionMarker } from '../../src/protocol/records/control.ts'
import { encodeLegacy } from '../../src/protocol/records/legacy.ts'

const where = { topic: 't', partition: 0 }
const batch = (
  baseOffset: number,
  values: readonly string[],
  producerId = -1,
  isTransactional = false,
): Buffer =>
  encodeBatch({
    baseOffset,
    producerId,
    producerEpoch: producerId < 0 ? -1 : 0,
    baseSequence: producerId < 0 ? -1 : 0,
    isTransactional,
    records: values.map((value) => ({ value, timestamp: 1_000 })),
  })
const marker = (baseOffset: number, producerId: number, type: 'COMMIT' | 'ABORT'): Buffer =>
  encodeEndTransactionMarker({
    type,
    producerId: BigInt(producerId),
    producerEpoch: 0,
    coordinatorEpoch: 0,
    timestamp: 1_000,
    baseOffset,
  })
const values = (
  set: Buffer,
  from: number,
  aborted: { producerId: bigint; firstOffset: bigint }[] | null = null,
) => {
  const { records, nextOffset } = decodeRecordSet(set, { ...where, from, aborted })
  return { values: records.map(({ value }) => String(value)), nextOffset }
}

describe('a fetched record set', () => {
  it('starts before the position that was asked for: earlier records are left out', () => {
    const set = Buffer.concat([batch(10, ['a', 'b', 'c']), batch(13, ['d'])])
    expect(values(set, 12)).toEqual({ values: ['c', 'd'], nextOffset: 14 })
  })

  it('may end in the midst of a batch, which comes whole the next time', () => {
    const set = Buffer.concat([batch(0, ['a']), batch(1, ['b']).subarray(0, 40)])
    expect(values(set, 0)).toEqual({ values: ['a'], nextOffset: 1 })
    expect(values(batch(0, ['a']).subarray(0, 40), 0)).toEqual({ values: [], nextOffset: null })
  })

  it('goes on behind control records, which nobody sees', () => {
    expect(values(Buffer.concat([batch(0, ['a'], 7, true), marker(1, 7, 'COMMIT')]), 0)).toEqual({
      values: ['a'],
      nextOffset: 2,
    })
  })

  it('hides aborted transactions from read_committed, and only these', () => {
    // Producer 7 aborts, commits, aborts; producer 8 commits beside it; a plain producer writes in between.
    const set = Buffer.concat([
      batch(0, ['7 aborted'], 7, true),
      batch(1, ['8 committed'], 8, true),
      batch(2, ['plain']),
      marker(3, 7, 'ABORT'),
      batch(4, ['7 committed'], 7, true),
      marker(5, 7, 'COMMIT'),
      marker(6, 8, 'COMMIT'),
      batch(7, ['7 aborted again'], 7, true),
      marker(8, 7, 'ABORT'),
    ])
    const aborted = [
      { producerId: 7n, firstOffset: 7n },
      { producerId: 7n, firstOffset: 0n },
    ]
    expect(values(set, 0, aborted).values).toEqual(['8 committed', 'plain', '7 committed'])
    expect(values(set, 0, aborted).nextOffset).toBe(9)
    expect(values(set, 0).values).toHaveLength(5)
  })

  it.each(['none', 'gzip', 'snappy', 'lz4'] as const)('of formats 0 and 1 is read with %s', (codec) => {
    for (const magic of [0, 1] as const) {
      const records = ['a', 'b'].map((value, index) => ({ offset: 5 + index, timestamp: 9, value }))
      const { records: read, nextOffset } = decodeRecordSet(encodeLegacy({ magic, codec, records }), {
        ...where,
        from: 6,
        aborted: null,
      })
      expect(read.map(({ offset, value }) => [offset, String(value)])).toEqual([[6, 'b']])
      expect(read[0]?.timestampType).toBe(magic === 0 ? 'NoTimestampType' : 'CreateTime')
      expect(nextOffset).toBe(7)
    }
  })

  it('whose bytes were damaged on the way is refused', () => {
    const set = batch(0, ['abc'])
    set[set.length - 2]! ^= 1
    expect(() => values(set, 0)).toThrow(/checksum/)
  })
})
