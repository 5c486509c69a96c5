import { describe, expect, it } from 'vitest'
import { FetchSessions, type FetchTarget, type SessionRequest } from '../../src/broker/fetch-sessions.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { ManualClock } from '../../src/runtime/manual-clock.ts'
import { MemoryDisk } from '../../src/runtime/memory-disk.ts'
import { SeededRandom } from '../../src/runtime/random.ts'
import { SystemNetwork } from '../../src/runtime/system-network.ts'

// Expectations are KIP-227's tables of session ids and epochs, and its rules of eviction.

const target = (topic: string, partition = 0, fetchOffset = 0): FetchTarget => ({
  topic,
  partition,
  fetchOffset,
  currentLeaderEpoch: -1,
  lastFetchedEpoch: -1,
  maxBytes: 1000,
  toldHighWatermark: -1,
  toldLogStartOffset: -1,
})

const request = (over: Partial<SessionRequest>): SessionRequest => ({
  sessionId: 0,
  sessionEpoch: 0,
  usesTopicIds: false,
  isFollower: false,
  targets: [],
  forgotten: [],
  ...over,
})

const setUp = (maxSessions = 2) => {
  const clock = new ManualClock()
  const random = new SeededRandom(7)
  const env = { clock, random, log: silentLogger, disk: new MemoryDisk(), network: new SystemNetwork() }
  const sessions = new FetchSessions(env, { maxSessions })
  const found = (names: string[], isFollower = false): number | null =>
    sessions.create(request({ isFollower, targets: names.map((name) => target(name)) }))?.id ?? null
  return { clock, sessions, found }
}

const namesOf = (targets: readonly FetchTarget[]): string[] =>
  targets.map(({ topic, partition, fetchOffset }) => `${topic}-${partition}@${fetchOffset}`)

describe('FetchSessions', () => {
  it('lets epoch -1 read without a session, and epoch 0 found one', () => {
    const { sessions } = setUp()
    const full = sessions.begin(request({ sessionEpoch: -1, targets: [target('t')] }))
    expect(full).toMatchObject({ error: null, session: null, mayCreate: false })
    expect(sessions.begin(request({ sessionEpoch: 0, targets: [target('t')] })).mayCreate).toBe(true)
  })

  it('keeps what is read, changes only what is named, and drops what is forgotten', () => {
    const { sessions, found } = setUp()
    const sessionId = found(['a', 'b', 'c']) as number
    const next = sessions.begin(
      request({
        sessionId,
        sessionEpoch: 1,
        targets: [target('b', 0, 7), target('d')],
        forgotten: [{ topic: 'a', partitions: [0] }],
      }),
    )
    expect(namesOf(next.targets)).toEqual(['b-0@7', 'c-0@0', 'd-0@0'])
    const after = sessions.begin(request({ sessionId, sessionEpoch: 2 }))
    expect(namesOf(after.targets)).toEqual(['b-0@7', 'c-0@0', 'd-0@0'])
  })

  it('refuses an unknown session, a wrong epoch, and a change between names and ids', () => {
    const { sessions, found } = setUp()
    const sessionId = found(['a']) as number
    const errorOf = (over: Partial<SessionRequest>) => sessions.begin(request(over)).error
    expect(errorOf({ sessionId: sessionId + 1, sessionEpoch: 1 })).toBe('FETCH_SESSION_ID_NOT_FOUND')
    expect(errorOf({ sessionId, sessionEpoch: 2 })).toBe('INVALID_FETCH_SESSION_EPOCH')
    expect(errorOf({ sessionId, sessionEpoch: 1, usesTopicIds: true })).toBe('FETCH_SESSION_TOPIC_ID_ERROR')
    expect(errorOf({ sessionId, sessionEpoch: 1 })).toBe(null)
  })

  it('ends a session at epoch -1, at a new full fetch, and when nothing is left to read', () => {
    const { sessions, found } = setUp()
    const first = found(['a']) as number
    sessions.begin(request({ sessionId: first, sessionEpoch: -1 }))
    expect(sessions.size).toBe(0)
    const second = found(['a']) as number
    sessions.begin(request({ sessionId: second, sessionEpoch: 0, targets: [target('a')] }))
    expect(sessions.size).toBe(0)
    const third = found(['a']) as number
    sessions.begin(
      request({ sessionId: third, sessionEpoch: 1, forgotten: [{ topic: 'a', partitions: [0] }] }),
    )
    expect(sessions.size).toBe(0)
  })

  it('gives no session while all are taken and young', () => {
    const { found } = setUp(2)
    found(['a'])
    found(['b'])
    expect(found(['c', 'd', 'e'])).toBe(null)
  })

  it('replaces what was unused for more than two minutes', async () => {
    const { clock, sessions, found } = setUp(2)
    const stale = found(['a']) as number
    const used = found(['b']) as number
    await clock.advance(120_000)
    sessions.begin(request({ sessionId: used, sessionEpoch: 1 }))
    expect(found(['c'])).toBe(null)
    await clock.advance(1)
    expect(found(['c'])).not.toBe(null)
    expect(sessions.begin(request({ sessionId: stale, sessionEpoch: 1 })).error).toBe(
      'FETCH_SESSION_ID_NOT_FOUND',
    )
    expect(sessions.begin(request({ sessionId: used, sessionEpoch: 2 })).error).toBe(null)
  })

  it('replaces a smaller session that lived for two minutes, and a consumer by a follower, never the reverse', async () => {
    const { clock, sessions, found } = setUp(2)
    const follower = found(['a'], true) as number
    const consumer = found(['a', 'b']) as number
    for (let epoch = 1; epoch <= 2; epoch++) {
      await clock.advance(70_000)
      sessions.begin(request({ sessionId: follower, sessionEpoch: epoch }))
      sessions.begin(request({ sessionId: consumer, sessionEpoch: epoch }))
    }
    expect(found(['x', 'y'])).toBe(null)
    expect(found(['x', 'y', 'z'])).not.toBe(null)
    expect(sessions.begin(request({ sessionId: consumer, sessionEpoch: 3 })).error).toBe(
      'FETCH_SESSION_ID_NOT_FOUND',
    )
    expect(sessions.begin(request({ sessionId: follower, sessionEpoch: 3 })).error).toBe(null)
  })

  it('remembers a million partitions at most, over all sessions', () => {
    const { sessions, found } = setUp(10)
    const many = Array.from({ length: 400_000 }, (_, i) => String(i))
    const first = found(many) as number
    expect(found(many)).not.toBe(null)
    expect(found(many)).toBe(null)
    const targets = Array.from({ length: 300_000 }, (_, i) => target('more', i))
    const grown = sessions.begin(request({ sessionId: first, sessionEpoch: 1, targets }))
    expect([grown.session, grown.targets.length]).toEqual([null, 700_000])
    expect(sessions.begin(request({ sessionId: first, sessionEpoch: 2 })).error).toBe(
      'FETCH_SESSION_ID_NOT_FOUND',
    )
    expect(found(many)).not.toBe(null)
  })
})
