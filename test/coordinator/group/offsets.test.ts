import { describe, expect, test } from 'vitest'
import type { JoinResult } from '../../../src/coordinator/group/types.ts'
import { GroupFixture } from './fixture.ts'

const pending = { producerId: 5n, producerEpoch: 0 }

/** Writes an offset inside a transaction: its record is moved there from a plain commit. */
const commitInTransaction = (fixture: GroupFixture, offsets: Record<string, number>): void => {
  const before = fixture.log.entries.length
  fixture.commit(offsets)
  const added = fixture.log.entries.splice(before)
  for (const entry of added)
    if ('record' in entry) fixture.log.entries.push({ record: entry.record, producer: pending })
}

describe('offsets of groups', () => {
  test('metadata up to the limit is kept, longer is refused for its partition alone', () => {
    const fixture = new GroupFixture()
    const offset = (partition: number, metadata: string | null) => ({
      topic: 't',
      topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
      partition,
      offset: 1,
      leaderEpoch: 3,
      metadata,
      commitTimestampMs: -1,
    })
    const errors = fixture.commit(
      {},
      { offsets: [offset(0, 'x'.repeat(4096)), offset(1, 'x'.repeat(4097)), offset(2, null)] },
    )
    expect(errors).toEqual(['NONE', 'OFFSET_METADATA_TOO_LARGE', 'NONE'])
    const fetched = fixture.groups.fetchOffsets('g', [{ topic: 't', partitions: [2, 1, 0] }], false)
    expect(fetched.map(({ partition, offset: at, metadata }) => [partition, at, metadata.length])).toEqual([
      [2, 1, 0],
      [1, -1, 0],
      [0, 1, 4096],
    ])
    expect(fetched[0]).toMatchObject({ leaderEpoch: 3, error: 'NONE' })
  })

  test('a retention given with the commit (v2 to v4) beats the settings', async () => {
    const fixture = new GroupFixture()
    fixture.commit({ 't:0': 1 }, { retentionTimeMs: 1_000 })
    fixture.commit({ 't:1': 1 })
    fixture.restart()
    await fixture.clock.advance(600_000)
    expect(fixture.committed()).toEqual(['t:1=1'])
  })

  test('topics that members still read keep their offsets, others expire by commit', async () => {
    // ConsumerProtocolSubscription v0: version, topics ["read"], user data null.
    const metadata = Buffer.from('000000000001000472656164ffffffff', 'hex')
    const fixture = new GroupFixture()
    fixture.settings = { ...fixture.settings, offsetsRetentionMs: 60_000, maxSessionTimeoutMs: 10_000_000 }
    const memberId = fixture.stable('g', {
      protocols: [{ name: 'range', metadata }],
      sessionTimeoutMs: 9_000_000,
    })
    fixture.commit({ 'read:0': 1, 'other:0': 2 }, { memberId, generationId: 1 })
    await fixture.clock.advance(600_000)
    expect(fixture.committed()).toEqual(['read:0=1'])
    expect(fixture.groups.deleteOffsets('g', [{ topic: 'read', partitions: [0] }])).toEqual({
      error: 'NONE',
      partitions: [{ topic: 'read', partition: 0, error: 'GROUP_SUBSCRIBED_TO_TOPIC' }],
    })
  })

  test('offsets of a deleted topic go, in every group, and stay gone', () => {
    const fixture = new GroupFixture()
    fixture.commit({ 'gone:0': 1, 'stays:0': 2 })
    fixture.commit({ 'gone:1': 3 }, { groupId: 'h' })
    fixture.groups.topicsDeleted(new Set(['gone']))
    expect(fixture.committed('g')).toEqual(['stays:0=2'])
    fixture.restart()
    expect(fixture.committed('g')).toEqual(['stays:0=2'])
    expect(fixture.committed('h')).toEqual([])
  })

  test('offset delete: unknown groups and members that are no consumers refuse it', () => {
    const fixture = new GroupFixture()
    const topics = [{ topic: 't', partitions: [0] }]
    expect(fixture.groups.deleteOffsets('nobody', topics)).toMatchObject({ error: 'GROUP_ID_NOT_FOUND' })
    expect(fixture.groups.deleteOffsets('', topics)).toMatchObject({ error: 'INVALID_GROUP_ID' })
    fixture.stable('connect', { protocolType: 'connect' })
    expect(fixture.groups.deleteOffsets('connect', topics)).toMatchObject({ error: 'NON_EMPTY_GROUP' })
  })

  test('offsets of an open transaction are unstable, and count once it commits', () => {
    const fixture = new GroupFixture()
    fixture.commit({ 't:0': 1 })
    commitInTransaction(fixture, { 't:0': 9 })
    fixture.restart()
    const stable = () => fixture.groups.fetchOffsets('g', [{ topic: 't', partitions: [0] }], true)
    expect(stable()[0]).toMatchObject({ offset: -1, error: 'UNSTABLE_OFFSET_COMMIT' })
    expect(fixture.committed()).toEqual(['t:0=1'])
    fixture.groups.transactionEnded(0, pending, true, fixture.log.mark(pending, true))
    expect(stable()[0]).toMatchObject({ offset: 9, error: 'NONE' })
    fixture.restart()
    expect(fixture.committed()).toEqual(['t:0=9'])
  })

  test('an aborted transaction leaves no offsets; while it is open the group does not expire', async () => {
    const fixture = new GroupFixture()
    commitInTransaction(fixture, { 't:0': 9 })
    fixture.restart()
    await fixture.clock.advance(8 * 24 * 3_600_000)
    expect(fixture.state()).toBe('Empty')
    fixture.groups.transactionEnded(0, pending, false, fixture.log.mark(pending, false))
    expect(fixture.committed()).toEqual([])
    await fixture.clock.advance(600_000)
    expect(fixture.state()).toBe('Dead')
  })

  test('a commit after the transaction wrote its offset wins over the transaction', () => {
    const fixture = new GroupFixture()
    commitInTransaction(fixture, { 't:0': 9 })
    fixture.restart()
    fixture.commit({ 't:0': 2 })
    fixture.groups.transactionEnded(0, pending, true, fixture.log.mark(pending, true))
    expect(fixture.committed()).toEqual(['t:0=2'])
  })

  test('a member of another generation cannot commit', () => {
    const fixture = new GroupFixture()
    const memberId = fixture.stable()
    const joined = fixture.join({ memberId }) as JoinResult
    expect(joined.generationId).toBe(2)
    expect(fixture.commit({ 't:0': 1 }, { memberId, generationId: 1 })).toEqual(['ILLEGAL_GENERATION'])
  })
})
