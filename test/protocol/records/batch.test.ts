import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DecodeError, EncodeError } from '../../../src/protocol/errors.ts'
import * as batch from '../../../src/protocol/records/batch.ts'
import { BatchBuilder, encodeBatch } from '../../../src/protocol/records/batch-builder.ts'
import { controlRecordOf, encodeEndTransactionMarker } from '../../../src/protocol/records/control.ts'
import { recordsOf } from '../../../src/protocol/records/convert.ts'
import { RecordCursor } from '../../../src/protocol/records/record.ts'

interface Vector {
  readonly id: string
  readonly hex: string
  readonly batches: readonly { readonly lastSequence: number; readonly records: readonly unknown[] }[]
}

/** Batches that Kafka 4.4's Java client wrote. */
const vectors = new Map(
  gunzipSync(readFileSync(new URL('../../data/records/record-batches-v2.jsonl.gz', import.meta.url)))
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Vector)
    .map((vector) => [vector.id, vector]),
)

const golden = (id: string): Buffer => Buffer.from(vectors.get(id)?.hex ?? '', 'hex')

const recordInput = fc.record({
  key: fc.option(fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))),
  value: fc.option(fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))),
  headers: fc.array(
    fc.record({
      key: fc.string({ unit: 'grapheme' }),
      value: fc.option(fc.uint8Array({ maxLength: 20 }).map((b) => Buffer.from(b))),
    }),
    { maxLength: 3 },
  ),
  timestamp: fc.integer({ min: -1, max: 4_000_000_000_000 }),
})

test('what a builder writes, a cursor reads, for every codec', () => {
  fc.assert(
    fc.property(
      fc.array(recordInput, { minLength: 1, maxLength: 40 }),
      fc.constantFrom(...batch.CODECS),
      fc.nat(1_000_000_000),
      (records, codec, baseOffset) => {
        const bytes = encodeBatch({
          baseOffset,
          codec,
          records,
          producerId: 7,
          producerEpoch: 2,
          baseSequence: 5,
        })
        expect(batch.crcIsValid(bytes)).toBe(true)
        expect(batch.wholeBatchBytes(bytes, 0)).toBe(bytes.length)
        expect(batch.lastOffset(bytes)).toBe(baseOffset + records.length - 1)
        expect(batch.maxTimestamp(bytes)).toBe(Math.max(...records.map((record) => record.timestamp)))
        const read = [...recordsOf(bytes)]
        expect(read).toEqual(records.map((record, i) => ({ ...record, offset: baseOffset + i })))
      },
    ),
    { numRuns: 120, seed: 5 },
  )
})

test('a batch cut at any byte is not a whole batch', () => {
  for (const [id, { hex }] of vectors) {
    if (hex.length > 800) continue
    const bytes = Buffer.from(hex, 'hex')
    const first = batch.wholeBatchBytes(bytes, 0)
    for (let length = 0; length < first; length++) {
      expect(batch.wholeBatchBytes(bytes.subarray(0, length), 0), id).toBe(0)
      expect([...batch.batchesOf(bytes.subarray(0, length))], id).toEqual([])
    }
  }
})

test('records cut at any byte, inside a batch that says it is whole, are DecodeError', () => {
  for (const [id, { hex, batches }] of vectors) {
    if (hex.length > 800 || batches.length !== 1 || batches[0]?.records.length === 0) continue
    const whole = Buffer.from(hex, 'hex')
    for (let length = batch.BATCH_HEADER_BYTES; length < whole.length; length++) {
      const cut = Buffer.from(whole.subarray(0, length))
      cut.writeInt32BE(length - 12, 8)
      expect(() => drain(cut), `${id} cut at ${length}`).toThrow(DecodeError)
    }
  }
})

test('records with any bytes changed are read or are DecodeError, and nothing else', () => {
  const whole = golden('v2.none.headers')
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 57, max: whole.length - 1 }), fc.nat(255)), { maxLength: 5 }),
      (changes) => {
        const changed = Buffer.from(whole)
        for (const [at, byte] of changes) changed[at] = byte
        try {
          drain(changed)
        } catch (error) {
          if (!(error instanceof DecodeError)) throw error
        }
      },
    ),
    { numRuns: 2000, seed: 9 },
  )
})

function drain(bytes: Buffer): void {
  const cursor = new RecordCursor(bytes)
  while (cursor.next()) {
    void cursor.key
    void cursor.value
    void cursor.headers
  }
}

test('key and value are views of the batch', () => {
  const bytes = golden('v2.none.single')
  const cursor = new RecordCursor(bytes)
  expect(cursor.next()).toBe(true)
  expect(cursor.key?.buffer).toBe(bytes.buffer)
  expect(cursor.value?.buffer).toBe(bytes.buffer)
  expect(cursor.next()).toBe(false)
  expect(cursor.next()).toBe(false)
})

describe('patches', () => {
  test('base offset and leader epoch change without touching the checksum', () => {
    const bytes = golden('v2.none.three')
    batch.setBaseOffset(bytes, 0, 2 ** 40 + 3)
    batch.setPartitionLeaderEpoch(bytes, 0, 12)
    expect(batch.baseOffset(bytes)).toBe(2 ** 40 + 3)
    expect(bytes.readBigInt64BE(0)).toBe(2n ** 40n + 3n)
    expect(batch.partitionLeaderEpoch(bytes)).toBe(12)
    expect(batch.crcIsValid(bytes)).toBe(true)
  })

  test('LogAppendTime gives every record the time and makes a batch that Kafka writes too', () => {
    const expected = golden('v2.none.log-append-time')
    const bytes = encodeBatch({
      baseOffset: 20,
      partitionLeaderEpoch: 7,
      timestamp: 1_700_000_627_296,
      records: [
        { key: 'a', value: '1' },
        { key: 'b', value: '2', timestamp: 1_700_000_627_287 },
      ],
    })
    batch.setLogAppendTime(bytes, 0, 1_700_000_682_851)
    expect(bytes.toString('hex')).toBe(expected.toString('hex'))
    expect([...recordsOf(bytes)].map((record) => record.timestamp)).toEqual([
      1_700_000_682_851, 1_700_000_682_851,
    ])
    batch.setMaxTimestamp(bytes, 0, 1_700_000_627_296)
    expect(batch.crcIsValid(bytes)).toBe(true)
    expect([...recordsOf(bytes)][0]?.timestamp).toBe(1_700_000_627_296)
  })
})

describe('lengths that lie', () => {
  const header = (length: number, magic = 2): Buffer => {
    const bytes = Buffer.alloc(200)
    bytes.writeInt32BE(length, 8)
    bytes.writeInt8(magic, 16)
    return bytes
  }

  test('negative and tiny ones are refused with the words of Kafka', () => {
    for (const length of [-2147483648, -1, 0, 13]) {
      expect(() => batch.wholeBatchBytes(header(length), 0)).toThrow(
        `Record size ${length} is less than the minimum record overhead (14)`,
      )
    }
  })

  test('enormous ones are a batch that is not there yet', () => {
    expect(batch.wholeBatchBytes(header(2147483647), 0)).toBe(0)
    expect([...batch.batchesOf(header(2147483647))]).toEqual([])
  })

  test('a magic that does not exist, and a header that does not fit, are refused', () => {
    expect(() => [...batch.batchesOf(header(50, 3))]).toThrow('Invalid magic found in record: 3')
    expect(() => [...batch.batchesOf(header(50, -1))]).toThrow('Invalid magic found in record: -1')
    expect(() => [...batch.batchesOf(header(48, 2))]).toThrow(DecodeError)
  })
})

test('sequences wrap after 2^31 - 1 to 0', () => {
  expect(batch.addSequence(2147483646, 1)).toBe(2147483647)
  expect(batch.addSequence(2147483647, 1)).toBe(0)
  expect(batch.addSequence(2147483646, 5)).toBe(3)
  expect(batch.lastSequence(golden('v2.none.sequence-wrap'))).toBe(0)
  expect(batch.lastSequence(golden('v2.none.three'))).toBe(-1)
})

test('offset deltas have to grow', () => {
  const builder = new BatchBuilder()
  builder.append({ value: 'a', offsetDelta: 3 })
  expect(() => builder.append({ value: 'b', offsetDelta: 3 })).toThrow(EncodeError)
  builder.append({ value: 'c' })
  expect(batch.lastOffsetDelta(builder.build())).toBe(4)
})

describe('control batches', () => {
  test('end markers are the bytes that Kafka writes', () => {
    for (const [type, word] of [
      ['COMMIT', 'commit'],
      ['ABORT', 'abort'],
    ] as const) {
      for (const coordinatorEpoch of [0, 5, 2147483647]) {
        const expected = golden(`v2.control.${word}.${coordinatorEpoch}`)
        const bytes = encodeEndTransactionMarker({
          type,
          coordinatorEpoch,
          producerId: batch.producerId(expected),
          producerEpoch: 7,
          timestamp: 1_700_000_627_296,
          baseOffset: 300,
          partitionLeaderEpoch: 2,
        })
        expect(bytes.toString('hex')).toBe(expected.toString('hex'))
        expect(controlRecordOf(expected)).toEqual({ type, coordinatorEpoch })
      }
    }
  })

  test('other control batches tell their type, other batches nothing', () => {
    expect(controlRecordOf(golden('v2.control.leader-change'))).toEqual({
      type: 'LEADER_CHANGE',
      coordinatorEpoch: -1,
    })
    expect(controlRecordOf(golden('v2.none.single'))).toBeUndefined()
    expect(controlRecordOf(golden('v2.empty'))).toBeUndefined()
    const unknown = encodeBatch({ isControl: true, records: [{ key: Buffer.from([0, 0, 0, 99]) }] })
    expect(controlRecordOf(unknown)?.type).toBe('UNKNOWN')
  })
})
