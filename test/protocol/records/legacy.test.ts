import { readFileSync } from 'node:fs'
import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DecodeError, Refusal } from '../../../src/protocol/errors.ts'
import * as batch from '../../../src/protocol/records/batch.ts'
import { encodeBatch } from '../../../src/protocol/records/batch-builder.ts'
import { encodeEndTransactionMarker } from '../../../src/protocol/records/control.ts'
import { downConvert, recordsOf, upConvert } from '../../../src/protocol/records/convert.ts'
import { encodeLegacy, legacyCrcIsValid, legacyRecordsOf } from '../../../src/protocol/records/legacy.ts'

interface GoldenRecord {
  readonly offset: string
  readonly timestamp: string
  readonly key: string | null
  readonly value: string | null
}

interface Vector {
  readonly id: string
  readonly hex: string
  readonly batches: readonly { readonly records: readonly GoldenRecord[] }[]
}

const vectorsOf = (magic: 0 | 1): Vector[] =>
  gunzipSync(readFileSync(new URL(`../../data/records/record-batches-v${magic}.jsonl.gz`, import.meta.url)))
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Vector)

const vector = (id: string): Vector =>
  vectorsOf(id.startsWith('v0') ? 0 : 1).find((each) => each.id === id) as Vector

const text = (bytes: Buffer | null): string | null => bytes?.toString() ?? null

test('message sets of old Java clients move up to magic 2 with keys, values and times', () => {
  for (const magic of [0, 1] as const) {
    for (const { id, hex, batches } of vectorsOf(magic)) {
      const up = upConvert(Buffer.from(hex, 'hex'), { baseOffset: 1000, codec: 'gzip' })
      expect(batch.magic(up), id).toBe(2)
      expect(batch.crcIsValid(up), id).toBe(true)
      const golden = batches.flatMap(({ records }) => records)
      const read = [...recordsOf(up)].map((record) => ({
        offset: record.offset,
        timestamp: String(record.timestamp),
        key: record.key?.toString('base64') ?? null,
        value: record.value?.toString('base64') ?? null,
      }))
      expect(read, id).toEqual(golden.map((record, i) => ({ ...record, offset: 1000 + i })))
    }
  }
})

test('a message cut at any byte is DecodeError or no whole message', () => {
  for (const id of [
    'v0.none.single',
    'v1.none.single',
    'v0.gzip.single',
    'v1.lz4.single',
    'v1.snappy.single',
  ]) {
    const whole = Buffer.from(vector(id).hex, 'hex')
    for (let length = 0; length < whole.length; length++) {
      const cut = Buffer.from(whole.subarray(0, length))
      expect([...recordsOf(cut)], id).toEqual([])
      if (length < 26) continue
      cut.writeInt32BE(length - 12, 8)
      expect(() => [...recordsOf(cut)], `${id} cut at ${length}`).toThrow(DecodeError)
    }
  }
})

test('a message with any bytes changed is read or is DecodeError, and nothing else', () => {
  for (const id of ['v0.none.nulls', 'v1.gzip.nulls', 'v1.lz4.offset-gaps', 'v0.snappy.offset-gaps']) {
    const whole = Buffer.from(vector(id).hex, 'hex')
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 }), (changes) => {
        const changed = Buffer.from(whole)
        for (const [at, byte] of changes) changed[at] = byte
        try {
          expect([...recordsOf(changed)].length).toBeLessThan(1000)
        } catch (error) {
          if (!(error instanceof DecodeError)) throw error
        }
      }),
      { numRuns: 500, seed: 4 },
    )
  }
})

describe('wrappers', () => {
  /** A message that says its value is gzip. */
  const wrapped = (magic: 0 | 1, content: Buffer): Buffer => {
    const message = encodeLegacy({ magic, records: [{ offset: 0, value: gzipSync(content) }] })
    message[17] = 1
    return message
  }

  test('a wrapper around nothing, another magic, or another wrapper is refused', () => {
    const inOtherMagic = encodeLegacy({ magic: 1, records: [{ offset: 0, value: 'x' }] })
    const wrapper = encodeLegacy({ magic: 1, codec: 'gzip', records: [{ offset: 0, value: 'x' }] })
    for (const [message, why] of [
      [wrapped(1, Buffer.alloc(0)), 'without messages'],
      [wrapped(0, inOtherMagic), 'a message of magic 1 in a wrapper of magic 0'],
      [wrapped(1, wrapper), 'a compressed message inside a compressed one'],
    ] as const) {
      expect(() => legacyRecordsOf(message, 0, message.length)).toThrow(DecodeError)
      expect(() => legacyRecordsOf(message, 0, message.length)).toThrow(why)
    }
  })

  test('a null value with a codec is refused', () => {
    const message = encodeLegacy({ magic: 1, records: [{ offset: 0, value: null }] })
    message[17] = 2
    expect(() => legacyRecordsOf(message, 0, message.length)).toThrow('a compressed message set that is null')
  })

  test('offsets inside magic 1 are relative to the wrapper, so that a broker changes only that', () => {
    const bytes = Buffer.from(vector('v1.gzip.50').hex, 'hex')
    batch.setBaseOffset(bytes, 0, 5049)
    expect([...recordsOf(bytes)].map((record) => record.offset)).toEqual(
      Array.from({ length: 50 }, (_, i) => 5000 + i),
    )
    expect(legacyCrcIsValid(bytes, 0, bytes.length)).toBe(true)
  })
})

describe('down-conversion', () => {
  const records = [
    { key: 'a', value: '1', timestamp: 1000, headers: [{ key: 'h', value: 'x' }] },
    { key: null, value: '2', timestamp: 2000 },
    { key: 'c', value: null, timestamp: 1500 },
  ]
  const read = (buffers: Buffer[]) =>
    buffers.flatMap((each) =>
      [...recordsOf(each)].map(({ offset, timestamp, key, value }) => [
        offset,
        timestamp,
        text(key),
        text(value),
      ]),
    )

  test('keeps offsets, keys and values, in each codec, and loses headers', () => {
    for (const codec of ['none', 'gzip', 'snappy', 'lz4'] as const) {
      const source = encodeBatch({ baseOffset: 70, codec, records })
      const one = downConvert([source], 1)
      expect(read(one)).toEqual([
        [70, 1000, 'a', '1'],
        [71, 2000, null, '2'],
        [72, 1500, 'c', null],
      ])
      const zero = downConvert([source], 0)
      expect(read(zero).map(([offset, timestamp]) => [offset, timestamp])).toEqual([
        [70, -1],
        [71, -1],
        [72, -1],
      ])
      for (const each of [...one, ...zero]) {
        for (const { position, sizeBytes } of batch.batchesOf(each)) {
          expect(legacyCrcIsValid(each, position, sizeBytes)).toBe(true)
          expect((each[position + 17] as number) & 7).toBe(batch.codecId(codec))
        }
      }
    }
  })

  test('leaves out markers, and uncompressed records in front of the offset asked for', () => {
    const marker = encodeEndTransactionMarker({
      type: 'COMMIT',
      producerId: 1,
      producerEpoch: 0,
      coordinatorEpoch: 0,
      timestamp: 9,
      baseOffset: 73,
    })
    const source = Buffer.concat([
      encodeBatch({ baseOffset: 70, records, isTransactional: true, producerId: 1, producerEpoch: 0 }),
      marker,
      encodeBatch({ baseOffset: 74, codec: 'gzip', records }),
    ])
    expect(read(downConvert([source], 1, 72)).map(([offset]) => offset)).toEqual([72, 74, 75, 76])
    expect(downConvert([marker], 1)).toEqual([])
  })

  test('the time of a broker that stamps stays marked as such in magic 1', () => {
    const source = encodeBatch({ baseOffset: 1, records })
    batch.setLogAppendTime(source, 0, 7777)
    const [one] = downConvert([source], 1) as [Buffer]
    expect((one[17] as number) & 8).toBe(8)
    expect(read([one]).map(([, timestamp]) => timestamp)).toEqual([7777, 7777, 7777])
  })

  test('old sets stay as they are, and magic 1 becomes magic 0 where that is asked', () => {
    const old = Buffer.from(vector('v1.none.50').hex, 'hex')
    expect(Buffer.concat(downConvert([old], 1)).equals(old)).toBe(true)
    const zero = downConvert([old], 0)
    expect(zero.every((each) => each[16] === 0)).toBe(true)
    expect(read(zero).length).toBe(50)
  })

  test('zstd is refused: those clients do not know it', () => {
    const source = encodeBatch({ codec: 'zstd', records })
    expect(() => downConvert([source], 1)).toThrow(Refusal)
    try {
      downConvert([source], 0)
    } catch (error) {
      expect((error as Refusal).code).toBe('UNSUPPORTED_COMPRESSION_TYPE')
    }
  })
})
