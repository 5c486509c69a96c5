import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RecordsRefused } from '../../src/log/log-types.ts'
import { checkRecords, type RecordFrame } from '../../src/log/record-check.ts'
import { encodeBatch } from '../../src/protocol/records/batch-builder.ts'
import { NOW } from './fixtures.ts'

const RECORDS_AT = 61
const rules = {
  partition: 't-0',
  createTime: true,
  nowMs: NOW,
  beforeMaxMs: 1e9,
  afterMaxMs: 1e6,
  compacted: true,
}
const SUCCESS = 'taken'

/** Why the plain reader below stops. */
class Unreadable extends Error {}

/** Reads records the plain way, with exact integers, and says what a broker would: a code, or the largest timestamp. */
const readPlainly = (
  bytes: Buffer,
  count: number,
): { code: string; maxTimestamp?: number; errors?: number[] } => {
  let at = 0
  const byte = (): number => {
    const next = bytes[at++]
    if (next === undefined) throw new Unreadable('end')
    return next
  }
  const varint = (bytesMax: number, bits: number): bigint => {
    let raw = 0n
    for (let i = 0; i < bytesMax; i++) {
      const next = byte()
      raw |= BigInt(next & 0x7f) << BigInt(7 * i)
      if (next < 0x80) {
        raw = BigInt.asUintN(bits, raw)
        return BigInt.asIntN(bits, (raw >> 1n) ^ -(raw & 1n))
      }
    }
    throw new Unreadable('too long')
  }
  const skip = (length: bigint): void => {
    if (length <= 0n) return
    if (length > BigInt(bytes.length - at)) throw new Unreadable('end')
    at += Number(length)
  }
  let maxTimestamp = -1
  const errors: number[] = []
  for (let i = 0; i < count; i++) {
    let size: bigint
    try {
      size = varint(5, 32)
    } catch (error) {
      return { code: (error as Error).message === 'too long' ? 'UNKNOWN_SERVER_ERROR' : 'INVALID_RECORD' }
    }
    const start = at
    try {
      byte()
      const timestamp = Number(BigInt(NOW) + varint(10, 64))
      varint(5, 32)
      const keySize = varint(5, 32)
      skip(keySize)
      skip(varint(5, 32))
      const headers = varint(5, 32)
      if (headers < 0n || headers > BigInt(bytes.length - at)) throw new Unreadable('headers')
      for (let h = 0n; h < headers; h++) {
        const nameSize = varint(5, 32)
        if (nameSize < 0n) throw new Unreadable('headers')
        skip(nameSize)
        skip(varint(5, 32))
      }
      if (BigInt(at - start) !== size) throw new Unreadable('size')
      if (timestamp > maxTimestamp) maxTimestamp = timestamp
      const late = timestamp !== -1 && (timestamp < NOW - 1e9 || timestamp > NOW + 1e6)
      if (keySize < 0n || late) errors.push(i)
    } catch {
      return { code: 'INVALID_RECORD' }
    }
  }
  if (at !== bytes.length) return { code: 'INVALID_RECORD' }
  return errors.length > 0 ? { code: 'record errors', errors } : { code: SUCCESS, maxTimestamp }
}

const check = (bytes: Buffer, count: number): ReturnType<typeof readPlainly> => {
  const frame: RecordFrame = {
    count,
    baseTimestamp: NOW,
    logAppendTimeMs: undefined,
    lengthsUnchecked: false,
    damaged: false,
  }
  try {
    return { code: SUCCESS, maxTimestamp: checkRecords(bytes, 0, bytes.length, frame, rules).maxTimestamp }
  } catch (error) {
    if (!(error instanceof RecordsRefused)) throw error
    if (error.recordErrors.length === 0) return { code: error.code }
    return { code: 'record errors', errors: error.recordErrors.map((each) => each.batchIndex) }
  }
}

const record = fc.record({
  key: fc.option(fc.string({ maxLength: 200 })),
  value: fc.option(fc.oneof(fc.string({ maxLength: 20 }), fc.string({ minLength: 8000, maxLength: 9000 }))),
  timestamp: fc.oneof(
    fc.integer({ min: NOW - 2e9, max: NOW + 2e6 }),
    fc.integer({ min: NOW, max: NOW + 5 }),
    fc.constant(NOW - 2 ** 40),
  ),
  headers: fc.array(fc.record({ key: fc.string(), value: fc.option(fc.string()) }), { maxLength: 2 }),
})

describe('the walk over records', () => {
  it('takes and refuses exactly what a plain reader takes and refuses, whatever byte is changed', () => {
    fc.assert(
      fc.property(
        fc.array(record, { minLength: 1, maxLength: 5 }),
        fc.array(fc.tuple(fc.nat(), fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 127, 128, 255))), {
          maxLength: 3,
        }),
        fc.constantFrom(0, 0, 0, 1, -1),
        (records, changes, miscount) => {
          // The first record fixes the base timestamp.
          const all = [{ key: 'k', value: 'v', timestamp: NOW }, ...records]
          const bytes = encodeBatch({ records: all }).subarray(RECORDS_AT)
          for (const [at, value] of changes) bytes[at % Math.min(bytes.length, 120)] = value
          const count = all.length + miscount
          expect(check(bytes, count)).toEqual(readPlainly(bytes, count))
        },
      ),
      { numRuns: 1200, seed: 7 },
    )
  })
})
