import { describe, expect, test } from 'vitest'
import { Refusal } from '../../src/protocol/errors.ts'
import type { ReadRequest } from '../../src/replication/results.ts'
import { batch, ReplicationCluster, valuesOf } from './fixture.ts'

const all = { requiredAcks: -1, origin: 'client' } as const
const one = { requiredAcks: 1, origin: 'client' } as const
const fromStart: ReadRequest = {
  offset: 0,
  maxBytes: 1 << 20,
  minOneBatch: true,
  isolation: 'read-uncommitted',
  currentLeaderEpoch: -1,
  lastFetchedEpoch: -1,
}
const codeOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
  return 'NONE'
}

describe('acks=all and the high watermark', () => {
  test('a single replica is done at once', async () => {
    const cluster = new ReplicationCluster([1])
    await cluster.createTopic('t', 1, 1)
    const leader = cluster.leader()
    const { lastOffset } = leader.appendAsLeader(batch('a', 'b'), all)
    expect(leader.replicationOf(lastOffset + 1)).toEqual({ done: true, error: null })
    expect(leader.highWatermark).toBe(2)
    expect(cluster.changes.slice(-2)).toEqual(['1: t-0 appended', '1: t-0 highWatermark'])
  })

  test('three replicas have the records before the high watermark moves, and in the same turn', async () => {
    const cluster = new ReplicationCluster([1, 2, 3])
    await cluster.createTopic('t', 1, 3)
    const leader = cluster.leader()
    const { lastOffset } = leader.appendAsLeader(batch('a'), all)
    expect(leader.replicationOf(lastOffset + 1)).toEqual({ done: false, error: null })
    expect(leader.read(fromStart).sizeBytes).toBe(0)
    let turns = 0
    setImmediate(() => turns++)
    while (!leader.replicationOf(lastOffset + 1).done && turns === 0) await Promise.resolve()
    expect([turns, leader.highWatermark]).toEqual([0, 1])
    await cluster.settle()
    for (const id of [1, 2, 3]) {
      expect(valuesOf(cluster.replica(id))).toEqual(['a'])
      // Followers hear of the high watermark without new records.
      expect(cluster.replica(id).highWatermark).toBe(1)
    }
    expect(cluster.env.clock.pending).toBe(1)
  })

  test('the slowest member of the ISR decides', async () => {
    const cluster = new ReplicationCluster([1, 2, 3])
    await cluster.createTopic('t', 1, 3)
    cluster.links.setDelay(3, 1, 100)
    const leader = cluster.leader()
    leader.appendAsLeader(batch('a'), all)
    await cluster.env.clock.advance(50)
    expect(valuesOf(cluster.replica(2))).toEqual(['a'])
    expect(leader.highWatermark).toBe(0)
    await cluster.env.clock.advance(500)
    expect(leader.highWatermark).toBe(1)
    expect(valuesOf(cluster.replica(3))).toEqual(['a'])
  })

  test('too small an ISR refuses before the append, and shrinking after it is told', async () => {
    const cluster = new ReplicationCluster([1, 2, 3])
    await cluster.createTopic('t', 1, 3, { 'min.insync.replicas': '3' })
    const leader = cluster.leader()
    cluster.links.setCut(3, 1, true)
    const { lastOffset } = leader.appendAsLeader(batch('a'), all)
    await cluster.env.clock.advance(60_000)
    expect(cluster.isr()).toEqual([1, 2])
    // Below min.insync.replicas the high watermark stands still, also for the record that two have.
    expect(leader.replicationOf(lastOffset + 1)).toEqual({ done: false, error: null })
    expect(codeOf(() => leader.appendAsLeader(batch('b'), all))).toBe('NOT_ENOUGH_REPLICAS')
    expect(leader.logEndOffset).toBe(1)
    expect(codeOf(() => leader.appendAsLeader(batch('b'), one))).toBe('NONE')
    cluster.links.setCut(3, 1, false)
    await cluster.settle()
    expect(cluster.isr()).toEqual([1, 2, 3])
    expect(leader.replicationOf(lastOffset + 1)).toEqual({ done: true, error: null })
    expect(leader.highWatermark).toBe(2)
  })

  test('min.insync.replicas counts no more replicas than there are, and can be changed', async () => {
    const cluster = new ReplicationCluster([1, 2])
    await cluster.createTopic('t', 1, 1, { 'min.insync.replicas': '2' })
    expect(codeOf(() => cluster.leader().appendAsLeader(batch('a'), all))).toBe('NONE')
    await cluster.createTopic('u', 1, 2)
    const leader = cluster.leader('u')
    await cluster.killBroker(leader.isr.find((id) => id !== leader.leaderId) as number)
    expect(codeOf(() => leader.appendAsLeader(batch('a'), all))).toBe('NONE')
    cluster.controller.incrementalAlterConfigs([
      { type: 'topic', name: 'u', changes: [{ name: 'min.insync.replicas', operation: 'set', value: '2' }] },
    ])
    expect(codeOf(() => leader.appendAsLeader(batch('a'), all))).toBe('NOT_ENOUGH_REPLICAS')
    expect(leader.replicationOf(1)).toEqual({ done: true, error: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND' })
  })
})

describe('ISR', () => {
  test('a follower leaves after replica.lag.time.max.ms behind, not before, and returns when it caught up', async () => {
    const cluster = new ReplicationCluster([1, 2, 3])
    await cluster.createTopic('t', 1, 3)
    const leader = cluster.leader()
    // Hours in which nothing happens do not count.
    await cluster.env.clock.advance(3_600_000)
    cluster.links.setCut(2, 1, true)
    leader.appendAsLeader(batch('a'), one)
    await cluster.env.clock.advance(29_000)
    expect(cluster.isr()).toEqual([1, 2, 3])
    expect(leader.highWatermark).toBe(0)
    await cluster.env.clock.advance(17_000)
    expect(cluster.isr()).toEqual([1, 3])
    expect(leader.highWatermark).toBe(1)
    leader.appendAsLeader(batch('b'), one)
    cluster.links.setCut(2, 1, false)
    await cluster.settle()
    expect(cluster.isr()).toEqual([1, 2, 3])
    expect(valuesOf(cluster.replica(2))).toEqual(['a', 'b'])
    await cluster.env.clock.advance(60_000)
    expect(cluster.env.clock.pending).toBe(0)
  })

  test('a restarted broker catches up and joins again', async () => {
    const cluster = new ReplicationCluster([1, 2, 3])
    await cluster.createTopic('t', 1, 3)
    cluster.leader().appendAsLeader(batch('a'), all)
    await cluster.settle()
    await cluster.killBroker(2)
    cluster.leader().appendAsLeader(batch('b'), all)
    await cluster.settle()
    expect(cluster.leader().highWatermark).toBe(2)
    cluster.startBroker(2)
    await cluster.settle()
    expect(valuesOf(cluster.replica(2))).toEqual(['a', 'b'])
    expect(cluster.isr()).toEqual([1, 2, 3])
    expect(cluster.replica(2).highWatermark).toBe(2)
  })

  test('a follower that lacks megabytes gets them over many turns', async () => {
    const cluster = new ReplicationCluster([1, 2])
    await cluster.createTopic('t', 1, 2)
    await cluster.killBroker(2)
    const big = 'x'.repeat(900_000)
    for (let i = 0; i < 40; i++) cluster.leader().appendAsLeader(batch(big), one)
    cluster.startBroker(2)
    while (cluster.isr().length < 2) await cluster.settle()
    expect(cluster.replica(2).logEndOffset).toBe(40)
    expect(cluster.replica(2).log.sizeBytes).toBe(cluster.leader().log.sizeBytes)
  })
})

describe('leaders change', () => {
  test('waiting producers learn at once, and no acknowledged record is lost', async () => {
    const cluster = new ReplicationCluster([1, 2, 3])
    await cluster.createTopic('t', 1, 3)
    const old = cluster.leader()
    old.appendAsLeader(batch('acked'), all)
    await cluster.settle()
    const { lastOffset } = old.appendAsLeader(batch('never sent'), all)
    cluster.controller.fenceBroker(1)
    expect(old.replicationOf(lastOffset + 1)).toEqual({ done: true, error: 'NOT_LEADER_OR_FOLLOWER' })
    expect(cluster.changes.at(-1)).toBe('3: t-0 leadership')
    expect(codeOf(() => cluster.replica(3).appendAsLeader(batch('x'), one))).toBe('NOT_LEADER_OR_FOLLOWER')
    const leader = cluster.leader()
    expect([leader.leaderId, leader.leaderEpoch]).toEqual([2, 1])
    leader.appendAsLeader(batch('next'), all)
    await cluster.settle()
    expect(leader.highWatermark).toBe(2)
    expect(valuesOf(cluster.replica(3))).toEqual(['acked', 'next'])
    const { epoch } = cluster.controller.image.brokers.get(1) as { epoch: number }
    cluster.controller.unfenceBroker(1, epoch)
    await cluster.settle()
    // What the old leader took alone is cut off.
    expect(valuesOf(cluster.replica(1))).toEqual(['acked', 'next'])
    expect(cluster.isr()).toEqual([1, 2, 3])
  })

  test('KIP-279: logs that parted over several epochs become equal', async () => {
    const cluster = new ReplicationCluster([1, 2])
    await cluster.createTopic('t', 1, 2, { 'unclean.leader.election.enable': 'true' })
    const append = (value: string) => cluster.leader().appendAsLeader(batch(value), one)
    append('common')
    await cluster.settle()
    // Each broker leads alone in turn and never hears of what the other wrote.
    await cluster.killBroker(2)
    append('1 alone, first')
    append('1 alone, second')
    await cluster.killBroker(1)
    cluster.startBroker(2)
    append('2 alone, first')
    await cluster.killBroker(2)
    cluster.startBroker(1)
    append('1 again')
    await cluster.killBroker(1)
    cluster.startBroker(2)
    append('2 again')
    cluster.startBroker(1)
    await cluster.settle()
    expect(cluster.leader().leaderId).toBe(2)
    expect(valuesOf(cluster.replica(1))).toEqual(['common', '2 alone, first', '2 again'])
    expect(valuesOf(cluster.replica(2))).toEqual(['common', '2 alone, first', '2 again'])
    expect(cluster.isr()).toEqual([1, 2])
  })

  test('a new leader without new records still makes followers cut what it never had', async () => {
    const cluster = new ReplicationCluster([1, 2])
    await cluster.createTopic('t', 1, 2, { 'unclean.leader.election.enable': 'true' })
    await cluster.killBroker(2)
    cluster.leader().appendAsLeader(batch('lost'), one)
    await cluster.killBroker(1)
    cluster.startBroker(2)
    cluster.startBroker(1)
    await cluster.settle()
    expect(cluster.leader().leaderId).toBe(2)
    expect(valuesOf(cluster.replica(1))).toEqual([])
    expect(cluster.isr()).toEqual([1, 2])
  })

  test('requests with other leader epochs are fenced', async () => {
    const cluster = new ReplicationCluster([1, 2])
    await cluster.createTopic('t', 1, 2)
    cluster.leader().appendAsLeader(batch('a'), all)
    await cluster.settle()
    await cluster.killBroker(1)
    const leader = cluster.leader()
    const read = (change: Partial<ReadRequest>) => leader.read({ ...fromStart, ...change })
    expect(read({ currentLeaderEpoch: 0 }).error).toBe('FENCED_LEADER_EPOCH')
    expect(read({ currentLeaderEpoch: 2 }).error).toBe('UNKNOWN_LEADER_EPOCH')
    expect(read({ currentLeaderEpoch: 1 })).toMatchObject({ error: null, highWatermark: 1 })
    expect(read({ offset: 2 }).error).toBe('OFFSET_OUT_OF_RANGE')
    expect(read({ offset: 1, lastFetchedEpoch: 0 })).toMatchObject({
      error: null,
      divergingEpoch: null,
      sizeBytes: 0,
    })
    // KIP-320: the reader saw two records of epoch 0, this log has one.
    expect(read({ offset: 2, lastFetchedEpoch: 0 }).divergingEpoch).toEqual({ leaderEpoch: 0, endOffset: 1 })
    expect(leader.endOffsetForEpoch(0, 0).error).toBe('FENCED_LEADER_EPOCH')
    expect(leader.endOffsetForEpoch(1, 0)).toEqual({ error: null, leaderEpoch: 0, endOffset: 1 })
    expect(codeOf(() => leader.appendAsLeader(batch('x'), { ...all, expectedLeaderEpoch: 0 }))).toBe(
      'NOT_LEADER_OR_FOLLOWER',
    )
  })
})

describe('life of a replica', () => {
  test('DeleteRecords reaches every replica before it is done', async () => {
    const cluster = new ReplicationCluster([1, 2, 3])
    await cluster.createTopic('t', 1, 3)
    const leader = cluster.leader()
    leader.appendAsLeader(batch('a'), all)
    leader.appendAsLeader(batch('b'), all)
    expect(codeOf(() => leader.deleteRecordsBefore(1))).toBe('OFFSET_OUT_OF_RANGE')
    await cluster.settle()
    cluster.changes.length = 0
    expect(leader.deleteRecordsBefore(-1)).toBe(2)
    expect(leader.lowWatermark).toBe(0)
    await cluster.settle()
    expect(leader.lowWatermark).toBe(2)
    expect(cluster.changes.filter((change) => change.endsWith('logStart'))).toContain('1: t-0 logStart')
    expect([2, 3].map((id) => cluster.replica(id).logStartOffset)).toEqual([2, 2])
    expect(leader.read(fromStart).error).toBe('OFFSET_OUT_OF_RANGE')
  })

  test('a follower that was away longer than retention starts where the leader does', async () => {
    const cluster = new ReplicationCluster([1, 2])
    await cluster.createTopic('t', 1, 2)
    await cluster.killBroker(2)
    const leader = cluster.leader()
    leader.appendAsLeader(batch('a', 'b', 'c'), all)
    leader.deleteRecordsBefore(3)
    leader.appendAsLeader(batch('d'), all)
    cluster.startBroker(2)
    await cluster.settle()
    expect(cluster.replica(2).logStartOffset).toBe(3)
    expect(valuesOf(cluster.replica(2))).toEqual(['d'])
    expect(cluster.isr()).toEqual([1, 2])
  })

  test('a deleted topic is gone from every broker, and one of the same name is another', async () => {
    const cluster = new ReplicationCluster([1, 2])
    await cluster.createTopic('t', 1, 2)
    const old = cluster.leader()
    const { lastOffset } = old.appendAsLeader(batch('old'), all)
    await cluster.settle()
    cluster.controller.deleteTopics([{ name: 't', id: null }])
    expect(old.replicationOf(lastOffset + 1)).toEqual({ done: true, error: 'NOT_LEADER_OR_FOLLOWER' })
    expect(old.read(fromStart).error).toBe('NOT_LEADER_OR_FOLLOWER')
    expect(cluster.brokers.get(1)?.partition('t', 0)).toBeUndefined()
    expect(cluster.changes.filter((change) => change.endsWith('deleted'))).toEqual([
      '1: t-0 deleted',
      '2: t-0 deleted',
    ])
    await cluster.createTopic('t', 1, 2)
    cluster.leader().appendAsLeader(batch('new'), all)
    await cluster.settle()
    for (const id of [1, 2]) expect(valuesOf(cluster.replica(id))).toEqual(['new'])
    expect(cluster.brokers.get(1)?.partitionById(old.topicId, 0)).toBeUndefined()
  })

  test('added partitions and unknown indexes', async () => {
    const cluster = new ReplicationCluster([1])
    await cluster.createTopic('t', 1, 1)
    cluster.controller.createPartitions([{ name: 't', count: 3, assignments: null }])
    const broker = cluster.brokers.get(1)
    expect([0, 1, 2, 3, -1, 2 ** 31 - 1].map((index) => broker?.partition('t', index)?.isLeader)).toEqual([
      true,
      true,
      true,
      undefined,
      undefined,
      undefined,
    ])
  })

  test('a stopped cluster comes back with its records and high watermarks; strays are put aside', async () => {
    const first = new ReplicationCluster([1, 2])
    await first.createTopic('t', 2, 2)
    await first.createTopic('gone', 1, 2)
    first.leader('t', 0).appendAsLeader(batch('a', 'b'), all)
    first.leader('t', 1).appendAsLeader(batch('c'), all)
    first.leader('gone').appendAsLeader(batch('x'), all)
    await first.settle()
    const { env } = first
    for (const manager of first.brokers.values()) await manager.close()
    // Deleted while its replicas were down.
    first.controller.deleteTopics([{ name: 'gone', id: null }])
    await first.controller.close()

    const second = new ReplicationCluster([1, 2], env)
    await second.settle()
    expect(second.isr('t', 0)).toEqual([1, 2])
    expect([second.leader('t', 0).leaderId, second.leader('t', 1).leaderId]).toEqual([1, 2])
    expect(second.leader('t', 0)).toMatchObject({ highWatermark: 2, leaderEpoch: 1, offsetsAvailable: true })
    expect(valuesOf(second.replica(1, 't', 1))).toEqual(['c'])
    second.leader('t', 0).appendAsLeader(batch('d'), all)
    await second.settle()
    expect(valuesOf(second.replica(2, 't', 0))).toEqual(['a', 'b', 'd'])
    expect(env.disk.list('/data/broker-1').filter((name) => name.startsWith('gone'))).toEqual([
      expect.stringMatching(/^gone-0\..+-stray$/),
    ])
  })
})
