import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { decodeProducerSnapshot, encodeProducerSnapshot } from '../../src/log/producer-snapshot.ts'
import { encodeBatch } from '../../src/protocol/records/batch-builder.ts'
import { LogFixture, NOW, refusalOf } from './fixtures.ts'

const DAY_MS = 86_400_000
const SEQUENCE_MAX = 2 ** 31 - 1

interface Sent {
  readonly sequence: number
  readonly count?: number
  readonly epoch?: number
  readonly producerId?: number
  readonly timestamp?: number
  readonly transactional?: boolean
}

const batchOf = (sent: Sent): Buffer =>
  encodeBatch({
    producerId: sent.producerId ?? 7,
    producerEpoch: sent.epoch ?? 0,
    baseSequence: sent.sequence,
    isTransactional: sent.transactional ?? false,
    records: Array.from({ length: sent.count ?? 1 }, (_, index) => ({
      value: `v${index}`,
      timestamp: sent.timestamp ?? NOW,
    })),
  })

const marker = (
  commit: boolean,
  options: { epoch?: number; coordinatorEpoch?: number; producerId?: number } = {},
) => {
  const value = Buffer.alloc(6)
  value.writeInt32BE(options.coordinatorEpoch ?? 0, 2)
  return encodeBatch({
    producerId: options.producerId ?? 7,
    producerEpoch: options.epoch ?? 0,
    isControl: true,
    isTransactional: true,
    records: [{ key: Buffer.from([0, 0, 0, commit ? 1 : 0]), value, timestamp: NOW }],
  })
}

const send = (fixture: LogFixture, sent: Sent) => fixture.append(batchOf(sent))
const end = (fixture: LogFixture, commit: boolean, options: Parameters<typeof marker>[1] = {}) => {
  const result = fixture.log.appendAsLeader(marker(commit, options), {
    leaderEpoch: 0,
    origin: 'coordinator',
  })
  fixture.log.setHighWatermark(fixture.log.logEndOffset)
  return result
}

describe('an idempotent producer', () => {
  it('gets the original offsets for any of its last five batches, and the time of the batch, and a gap for older ones', () => {
    const fixture = new LogFixture()
    for (let sequence = 0; sequence < 7; sequence++) {
      expect(send(fixture, { sequence, timestamp: NOW - 10 + sequence })).toMatchObject({
        firstOffset: sequence,
      })
    }
    expect(send(fixture, { sequence: 2 })).toMatchObject({
      duplicate: true,
      firstOffset: 2,
      lastOffset: 2,
      logAppendTimeMs: NOW - 8,
    })
    expect(refusalOf(() => send(fixture, { sequence: 1 }))).toMatchObject({
      code: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
    })
    expect(fixture.log.logEndOffset).toBe(7)
  })

  it('may not leave a gap, nor send an old epoch', () => {
    const fixture = new LogFixture()
    send(fixture, { sequence: 0, count: 2, epoch: 3 })
    expect(refusalOf(() => send(fixture, { sequence: 3, epoch: 3 }))).toMatchObject({
      code: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
    })
    expect(refusalOf(() => send(fixture, { sequence: 2, epoch: 2 }))).toMatchObject({
      code: 'INVALID_PRODUCER_EPOCH',
    })
    expect(send(fixture, { sequence: 2, epoch: 3 })).toMatchObject({ firstOffset: 2 })
  })

  it('may start anywhere when it was never seen, but a new epoch of a known one starts at 0', () => {
    const fixture = new LogFixture()
    expect(send(fixture, { sequence: 41 }).firstOffset).toBe(0)
    expect(refusalOf(() => send(fixture, { sequence: 42, epoch: 1 }))).toMatchObject({
      code: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
    })
    expect(send(fixture, { sequence: 0, epoch: 1 }).firstOffset).toBe(1)
  })

  it('goes on with sequence 0 after 2^31 - 1', () => {
    const fixture = new LogFixture()
    send(fixture, { sequence: SEQUENCE_MAX - 1, count: 2 })
    expect(send(fixture, { sequence: 0 }).firstOffset).toBe(2)
    const wrapping = new LogFixture()
    send(wrapping, { sequence: SEQUENCE_MAX - 1, count: 4 })
    expect(send(wrapping, { sequence: 2 }).firstOffset).toBe(4)
    expect(send(wrapping, { sequence: SEQUENCE_MAX - 1, count: 4 })).toMatchObject({
      duplicate: true,
      firstOffset: 0,
    })
  })

  it('must have sequences', () => {
    const fixture = new LogFixture()
    expect(refusalOf(() => send(fixture, { sequence: -1 }))).toMatchObject({ code: 'INVALID_RECORD' })
  })

  it('is forgotten after producer.id.expiration.ms, and may then start anywhere', async () => {
    const fixture = new LogFixture()
    send(fixture, { sequence: 0 })
    await fixture.clock.advance(DAY_MS - 1)
    expect(fixture.log.expireProducers()).toBe(0)
    await fixture.clock.advance(1)
    expect(fixture.log.expireProducers()).toBe(1)
    expect(send(fixture, { sequence: 9, timestamp: NOW + DAY_MS }).firstOffset).toBe(1)
  })

  it('is remembered through a clean stop, a crash, a roll and a truncation', () => {
    const fixture = new LogFixture()
    send(fixture, { sequence: 0 })
    fixture.log.roll()
    send(fixture, { sequence: 1 })
    for (const clean of [true, false]) {
      if (clean) fixture.log.close()
      fixture.open({ clean })
      expect(send(fixture, { sequence: 1 })).toMatchObject({ duplicate: true, firstOffset: 1 })
      expect(refusalOf(() => send(fixture, { sequence: 5 }))).toMatchObject({
        code: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
      })
    }
    fixture.log.truncateTo(1)
    expect(refusalOf(() => send(fixture, { sequence: 2 }))).toMatchObject({
      code: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
    })
    expect(send(fixture, { sequence: 1 }).firstOffset).toBe(1)
  })
})

describe('transactions', () => {
  it('hold the last stable offset at the first open one until its marker is replicated', () => {
    const fixture = new LogFixture()
    send(fixture, { sequence: 0, producerId: 1 })
    send(fixture, { sequence: 0, transactional: true })
    send(fixture, { sequence: 0, transactional: true, producerId: 8 })
    fixture.log.setHighWatermark(3)
    expect(fixture.log.lastStableOffset).toBe(1)
    fixture.log.appendAsLeader(marker(true), { leaderEpoch: 0, origin: 'coordinator' })
    expect(fixture.log.lastStableOffset).toBe(1)
    fixture.log.setHighWatermark(4)
    expect(fixture.log.lastStableOffset).toBe(2)
    end(fixture, true, { producerId: 8 })
    expect(fixture.log.lastStableOffset).toBe(5)
  })

  it('that were aborted are told to those who read over them, also after a restart', () => {
    const fixture = new LogFixture()
    send(fixture, { sequence: 0, transactional: true })
    end(fixture, false)
    send(fixture, { sequence: 1, transactional: true })
    end(fixture, true)
    fixture.log.roll()
    send(fixture, { sequence: 2, transactional: true })
    end(fixture, false)
    const aborted = [
      { producerId: 7, firstOffset: 0, lastOffset: 1, lastStableOffset: 2 },
      { producerId: 7, firstOffset: 4, lastOffset: 5, lastStableOffset: 6 },
    ]
    for (const restart of [undefined, true, false]) {
      if (restart === true) fixture.log.close()
      if (restart !== undefined) fixture.open({ clean: restart, highWatermark: 6 })
      expect(fixture.log.abortedTransactions(0, 6)).toEqual(aborted)
      expect(fixture.log.abortedTransactions(0, 3)).toEqual(aborted.slice(0, 1))
      expect(fixture.log.abortedTransactions(2, 6)).toEqual(aborted.slice(1))
      expect(fixture.log.abortedTransactions(2, 4)).toEqual([])
      expect(fixture.log.lastStableOffset).toBe(6)
    }
  })

  it('refuse plain records of a producer that has one open', () => {
    const fixture = new LogFixture()
    send(fixture, { sequence: 0, transactional: true })
    expect(refusalOf(() => send(fixture, { sequence: 1 }))).toMatchObject({ code: 'INVALID_TXN_STATE' })
  })

  it('refuse markers of old epochs and old coordinators, and in version 2 of the same epoch', () => {
    const fixture = new LogFixture()
    send(fixture, { sequence: 0, transactional: true, epoch: 4 })
    expect(refusalOf(() => end(fixture, true, { epoch: 3 }))).toMatchObject({
      code: 'INVALID_PRODUCER_EPOCH',
    })
    const again = () =>
      fixture.log.appendAsLeader(marker(true, { epoch: 4 }), {
        leaderEpoch: 0,
        origin: 'coordinator',
        transactionVersion: 2,
      })
    expect(refusalOf(again)).toMatchObject({ code: 'INVALID_PRODUCER_EPOCH' })
    end(fixture, true, { epoch: 5, coordinatorEpoch: 2 })
    expect(refusalOf(() => end(fixture, true, { epoch: 5, coordinatorEpoch: 1 }))).toMatchObject({
      code: 'TRANSACTION_COORDINATOR_FENCED',
    })
  })
})

describe('a producer snapshot file', () => {
  const golden = gunzipSync(
    readFileSync(new URL('../data/golden/messages-coordinator.jsonl.gz', import.meta.url)),
  )
    .toString('utf8')
    .split('\n')
    .filter((line) => line.includes('"message":"ProducerSnapshot"'))
    .map(
      (line) =>
        JSON.parse(line) as { prefixedHex: string; json: { producerEntries: Record<string, unknown>[] } },
    )

  it('is laid out as Kafka writes it', () => {
    expect(golden.length).toBeGreaterThan(3)
    for (const { prefixedHex, json } of golden) {
      const entries = json.producerEntries.map((entry) =>
        Object.fromEntries(Object.entries(entry).map(([name, value]) => [name, Number(value)])),
      )
      if (entries.some((entry) => Object.values(entry).some((value) => !Number.isSafeInteger(value))))
        continue
      const ours = encodeProducerSnapshot(entries as never)
      // The golden checksums are random numbers; all else must be equal.
      expect(ours.toString('hex').replace(/^(.{4}).{8}/, '$1')).toBe(prefixedHex.replace(/^(.{4}).{8}/, '$1'))
      expect(decodeProducerSnapshot(ours)).toEqual(entries)
    }
  })

  it('is refused when a byte of it is wrong or missing', () => {
    const file = encodeProducerSnapshot([
      {
        producerId: 1,
        epoch: 2,
        lastSequence: 3,
        lastOffset: 4,
        offsetDelta: 0,
        timestamp: NOW,
        coordinatorEpoch: -1,
        currentTxnFirstOffset: -1,
      },
    ])
    for (let at = 0; at < file.length; at++) {
      const damaged = Buffer.from(file)
      damaged[at] = (damaged[at] as number) ^ 0x10
      expect(() => decodeProducerSnapshot(damaged)).toThrow()
      expect(() => decodeProducerSnapshot(file.subarray(0, at))).toThrow()
    }
  })
})
