import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import * as batch from '../../src/protocol/records/batch.ts'
import { encodeBatch } from '../../src/protocol/records/batch-builder.ts'
import { recordsOf } from '../../src/protocol/records/convert.ts'
import { encodeLegacy } from '../../src/protocol/records/legacy.ts'
import { crc32c } from '../../src/runtime/crc32c.ts'
import { batchOf, LogFixture, NOW, refusalOf } from './fixtures.ts'

const summary = (stored: Buffer) =>
  [...recordsOf(stored)].map(({ offset, timestamp, key, value }) => [
    offset,
    timestamp,
    key && String(key),
    value && String(value),
  ])

/** Changes header bytes of a batch and makes its checksum right again. */
const withHeader = (records: Buffer, change: (records: Buffer) => void): Buffer => {
  change(records)
  records.writeUInt32BE(crc32c(records, 21), 17)
  return records
}

describe('appending as a leader', () => {
  it('sets base offset and leader epoch in place and keeps every other byte', () => {
    const fixture = new LogFixture()
    const sent = batchOf(['a', 'b'])
    const first = Buffer.from(sent)
    expect(fixture.append(Buffer.from(sent), 5)).toMatchObject({
      firstOffset: 0,
      lastOffset: 1,
      logAppendTimeMs: -1,
      duplicate: false,
      recordCount: 2,
      maxTimestamp: NOW,
    })
    fixture.append(Buffer.from(sent), 6)
    first.writeInt32BE(5, 12)
    const second = Buffer.from(sent)
    second.writeBigInt64BE(2n, 0)
    second.writeInt32BE(6, 12)
    expect(fixture.readAll()).toEqual(Buffer.concat([first, second]))
  })

  it('corrects a largest timestamp that lies, as a real broker does', () => {
    const fixture = new LogFixture()
    const records = withHeader(batchOf(['a']), (bytes) => bytes.writeBigInt64BE(BigInt(NOW + 99), 35))
    expect(fixture.append(records).maxTimestamp).toBe(NOW)
    const stored = fixture.readAll()
    expect(batch.maxTimestamp(stored)).toBe(NOW)
    expect(batch.crcIsValid(stored)).toBe(true)
  })

  it('takes records that claim a codec of their own inside a compressed batch, as Kafka 4.3.1 did', () => {
    const fixture = new LogFixture()
    const plain = batchOf(['a'])
    const records = Buffer.from(plain.subarray(61))
    records[1] = 0x9c // the attributes of the first record, which no reader looks at
    const body = gzipSync(records)
    const sent = Buffer.concat([plain.subarray(0, 61), body])
    sent.writeInt32BE(sent.length - 12, 8)
    const gzipped = withHeader(sent, (bytes) => bytes.writeInt16BE(1, 21))
    expect(fixture.append(gzipped)).toMatchObject({ firstOffset: 0, recordCount: 1 })
  })

  it('takes any timestamp in the past while message.timestamp.before.max.ms is at its default', () => {
    const fixture = new LogFixture()
    const records = withHeader(batchOf(['a']), (bytes) => {
      bytes.writeBigInt64BE(-1657322962871715312n, 27)
      bytes.writeBigInt64BE(-1657322962871715312n, 35)
    })
    expect(fixture.append(records)).toMatchObject({ firstOffset: 0 })
  })

  it('stamps the whole batch with its own time on a LogAppendTime topic', () => {
    const fixture = new LogFixture({ messageTimestampType: 'LogAppendTime' })
    const records = encodeBatch({
      records: [
        { value: 'old', timestamp: 1000 },
        { value: 'older', timestamp: 5 },
      ],
    })
    expect(fixture.append(records)).toMatchObject({ logAppendTimeMs: NOW, maxTimestamp: NOW })
    const stored = fixture.readAll()
    expect(batch.isLogAppendTime(stored)).toBe(true)
    expect(batch.crcIsValid(stored)).toBe(true)
    expect(summary(stored).map((record) => record[1])).toEqual([NOW, NOW])
  })

  it('refuses what claims to be stamped already on a LogAppendTime topic', () => {
    const fixture = new LogFixture({ messageTimestampType: 'LogAppendTime' })
    const refused = refusalOf(() =>
      fixture.append(encodeBatch({ logAppendTimeMs: NOW, records: [{ value: 'a' }] })),
    )
    expect(refused).toMatchObject({ code: 'INVALID_TIMESTAMP', recordErrors: [{ batchIndex: 0 }] })
  })

  it('answers each record that is too old or too new, in the words of a real broker', () => {
    const limits = { messageTimestampBeforeMaxMs: 1000, messageTimestampAfterMaxMs: 2000 }
    const fixture = new LogFixture(limits)
    const times = [NOW, NOW - 1000, NOW - 1001, NOW + 2000, NOW + 2001, -1]
    const records = encodeBatch({ records: times.map((timestamp) => ({ value: 'v', timestamp })) })
    const range = `out of range. The timestamp should be within [${NOW - 1000}, ${NOW + 2000}]`
    expect(refusalOf(() => fixture.append(records))).toMatchObject({
      code: 'INVALID_TIMESTAMP',
      clientMessage: 'One or more records have been rejected due to invalid timestamp',
      recordErrors: [
        { batchIndex: 2, message: `Timestamp ${NOW - 1001} of message with offset 2 is ${range}` },
        { batchIndex: 4, message: `Timestamp ${NOW + 2001} of message with offset 4 is ${range}` },
      ],
    })
    expect(fixture.log.logEndOffset).toBe(0)
  })

  it('answers each record without a key on a compacted topic, in the words of a real broker', () => {
    const fixture = new LogFixture({ cleanupPolicy: ['compact'] })
    const records = encodeBatch({ records: [{ value: 'x' }, { key: 'k', value: 'y' }, { value: 'z' }] })
    const message = 'Compacted topic cannot accept message without key in topic partition t-0'
    expect(refusalOf(() => fixture.append(records))).toMatchObject({
      code: 'INVALID_RECORD',
      clientMessage:
        'One or more records have been rejected due to 2 record errors in total, and only showing the first three ' +
        `errors at most: [RecordError(batchIndex=0, message='${message}'), RecordError(batchIndex=2, message='${message}')]`,
      recordErrors: [
        { batchIndex: 0, message },
        { batchIndex: 2, message },
      ],
    })
  })

  it('refuses a batch larger than max.message.bytes, and one larger than a segment', () => {
    const records = batchOf(['x'.repeat(2000)])
    const small = new LogFixture({ maxMessageBytes: records.length - 1 })
    expect(refusalOf(() => small.append(Buffer.from(records)))).toMatchObject({
      code: 'MESSAGE_TOO_LARGE',
      logStartOffsetKnown: false,
    })
    const exact = new LogFixture({ maxMessageBytes: records.length })
    expect(exact.append(Buffer.from(records)).lastOffset).toBe(0)
    const tiny = new LogFixture({ segmentBytes: records.length - 1 })
    expect(refusalOf(() => tiny.append(records))).toMatchObject({ code: 'RECORD_LIST_TOO_LARGE' })
  })

  it('refuses zstd from producers before Produce 7', () => {
    const fixture = new LogFixture()
    const records = encodeBatch({ codec: 'zstd', records: [{ value: 'a' }] })
    const old = { leaderEpoch: 0, produceVersion: 6 }
    expect(refusalOf(() => fixture.log.appendAsLeader(Buffer.from(records), old))).toMatchObject({
      code: 'UNSUPPORTED_COMPRESSION_TYPE',
    })
    expect(fixture.log.appendAsLeader(records, { ...old, produceVersion: 7 }).lastOffset).toBe(0)
  })

  it('refuses a batch that decompresses to more than it may', () => {
    const fixture = new LogFixture({ maxDecompressedMessageBytes: 10_000 })
    const records = encodeBatch({ codec: 'gzip', records: [{ value: 'x'.repeat(20_000) }] })
    expect(refusalOf(() => fixture.append(records))).toMatchObject({ code: 'MESSAGE_TOO_LARGE' })
  })

  for (const codec of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    it(`rewrites what comes otherwise when compression.type is ${codec}`, () => {
      const fixture = new LogFixture({ compressionType: codec })
      const values = ['a'.repeat(500), 'b']
      fixture.append(batchOf(values))
      fixture.append(batchOf(values, { codec }))
      fixture.append(batchOf(values, { codec: codec === 'gzip' ? 'lz4' : 'gzip' }))
      const stored = fixture.readAll()
      for (const { position } of batch.batchesOf(stored)) {
        expect(batch.compressionId(stored, position)).toBe(batch.codecId(codec))
        expect(batch.crcIsValid(stored, position)).toBe(true)
      }
      expect(summary(stored).map((record) => [record[0], record[3]])).toEqual(
        [...values, ...values, ...values].map((value, offset) => [offset, value]),
      )
    })
  }

  it('stores uncompressed when compression.type says so', () => {
    const fixture = new LogFixture({ compressionType: 'uncompressed' })
    fixture.append(batchOf(['a', 'b'], { codec: 'lz4' }))
    const expected = batchOf(['a', 'b'])
    expected.writeInt32BE(0, 12)
    expect(fixture.readAll()).toEqual(expected)
  })

  for (const magic of [0, 1] as const) {
    for (const codec of ['none', 'gzip'] as const) {
      it(`stores a message set of magic ${magic}, ${codec}, as one batch of magic 2`, () => {
        const fixture = new LogFixture()
        fixture.append(batchOf(['first']))
        const set = encodeLegacy({
          magic,
          codec,
          records: [
            { offset: 0, timestamp: NOW - 7, key: 'k', value: 'v' },
            { offset: 1, timestamp: NOW - 3, key: null, value: 'w' },
          ],
        })
        const result = fixture.log.appendAsLeader(set, { leaderEpoch: 3, produceVersion: 2 })
        expect(result).toMatchObject({ firstOffset: 1, lastOffset: 2, recordCount: 2 })
        const stored = fixture.readAll(1)
        expect([batch.magic(stored), batch.compressionId(stored)]).toEqual([2, codec === 'none' ? 0 : 1])
        expect(summary(stored)).toEqual([
          [1, magic === 0 ? -1 : NOW - 7, 'k', 'v'],
          [2, magic === 0 ? -1 : NOW - 3, null, 'w'],
        ])
      })
    }
  }

  it('refuses old message formats from Produce 3 on, and damaged ones always', () => {
    const fixture = new LogFixture()
    const set = encodeLegacy({ magic: 1, records: [{ offset: 0, timestamp: NOW, value: 'v' }] })
    expect(refusalOf(() => fixture.append(Buffer.from(set)))).toMatchObject({ code: 'INVALID_RECORD' })
    set.writeUInt8(set.readUInt8(set.length - 1) ^ 1, set.length - 1)
    const old = { leaderEpoch: 0, produceVersion: 1 }
    expect(refusalOf(() => fixture.log.appendAsLeader(set, old))).toMatchObject({ code: 'CORRUPT_MESSAGE' })
  })

  it('refuses control records of clients and takes those of coordinators', () => {
    const fixture = new LogFixture()
    const marker = () =>
      encodeBatch({ isControl: true, records: [{ key: Buffer.from([0, 0, 0, 9]), value: 'x' }] })
    expect(refusalOf(() => fixture.append(marker()))).toMatchObject({ code: 'INVALID_RECORD' })
    const result = fixture.log.appendAsLeader(marker(), { leaderEpoch: 0, origin: 'coordinator' })
    expect(result.lastOffset).toBe(0)
  })
})
