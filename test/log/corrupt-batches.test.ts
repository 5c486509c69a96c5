import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { hasTransactionalRecords } from '../../src/log/append-validation.ts'
import { RecordsRefused } from '../../src/log/log-types.ts'
import { ErrorCode, Refusal } from '../../src/protocol/errors.ts'
import { LogFixture } from './fixtures.ts'

interface CorruptBatch {
  readonly id: string
  readonly case: string
  readonly hex: string
  readonly brokerErrorCode: number
  readonly brokerBaseOffset: string
  readonly brokerErrorMessage: string | null
  readonly brokerRecordErrors: readonly { readonly batchIndex: number }[]
  readonly storedRecordsBase64: string
  readonly storedHighWatermark: string
}

const cases = gunzipSync(readFileSync(new URL('../data/log/corrupt-batches.jsonl.gz', import.meta.url)))
  .toString('utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as CorruptBatch)

/** What a broker answers to Produce v9 without a transactional id. */
const produce = (fixture: LogFixture, records: Buffer) => {
  try {
    if (hasTransactionalRecords(records)) throw new Refusal('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
    const result = fixture.log.appendAsLeader(records, { leaderEpoch: 0, produceVersion: 9 })
    return { code: 0, baseOffset: result.firstOffset, message: null, indexes: [] }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const refused = error instanceof RecordsRefused ? error : undefined
    return {
      code: ErrorCode[error.code],
      baseOffset: -1,
      message: refused?.clientMessage ?? null,
      indexes: refused?.recordErrors.map((each) => each.batchIndex) ?? [],
    }
  }
}

describe('batches that a real broker was sent damaged', () => {
  it('are all there', () => {
    expect(cases.length).toBe(46)
  })

  for (const sample of cases) {
    it(`get its answer and are stored as it stores them: ${sample.case}`, () => {
      const fixture = new LogFixture()
      const answer = produce(fixture, Buffer.from(sample.hex, 'hex'))
      expect(answer).toEqual({
        code: sample.brokerErrorCode,
        baseOffset: Number(sample.brokerBaseOffset),
        message: sample.brokerErrorMessage,
        indexes: sample.brokerRecordErrors.map((each) => each.batchIndex),
      })
      expect(fixture.readAll().toString('base64')).toBe(sample.storedRecordsBase64)
      expect(fixture.log.logEndOffset).toBe(Number(sample.storedHighWatermark))
    })
  }
})
