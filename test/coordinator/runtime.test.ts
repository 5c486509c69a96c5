import { describe, expect, test } from 'vitest'
import type { CoordinatorRecord, RecordProducer } from '../../src/coordinator/record-log.ts'
import { CoordinatorRuntime, javaHashCode, partitionForKey } from '../../src/coordinator/runtime.ts'
import { Answer } from '../../src/coordinator/runtime-answer.ts'
import type { Shard, ShardState } from '../../src/coordinator/shard.ts'
import { type ErrorName, Refusal } from '../../src/protocol/errors.ts'
import type { Env } from '../../src/runtime/env.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { ManualClock } from '../../src/runtime/manual-clock.ts'
import { MemoryRecordLog } from './memory-record-log.ts'

/** A state that remembers what it was told. */
class Words implements ShardState {
  readonly words: string[] = []
  readonly parked: Answer<string>[] = []
  readonly shard: Shard<Words>
  constructor(shard: Shard<Words>) {
    this.shard = shard
  }
  apply({ key }: CoordinatorRecord, offset: number, producer: RecordProducer | null): void {
    this.words.push(`${offset}:${key}${producer === null ? '' : `@${producer.producerId}`}`)
  }
  applyMarker(producer: RecordProducer, committed: boolean): void {
    this.words.push(`${committed ? 'commit' : 'abort'}@${producer.producerId}`)
  }
  loaded(): void {
    this.words.push('loaded')
  }
  unloaded(error: ErrorName): void {
    for (const answer of this.parked) answer.settle(error)
  }
}

const record = (word: string): CoordinatorRecord => ({ key: Buffer.from(word), value: null })

const setUp = () => {
  const clock = new ManualClock()
  const log = new MemoryRecordLog()
  const env = { clock, log: silentLogger } as unknown as Env
  const runtime = new CoordinatorRuntime<Words>(env, {
    partitionCount: () => 1,
    commitTimeoutMs: 5_000,
    newState: (shard) => new Words(shard),
  })
  runtime.load(0, log)
  const shard = runtime.shardOf('any')
  const say = (...words: string[]) => shard.write(() => ({ records: words.map(record), response: 'said' }))
  return { clock, log, runtime, shard, say }
}

const codeOf = async (answer: unknown): Promise<string> => {
  try {
    await answer
    return 'no error'
  } catch (error) {
    return error instanceof Refusal ? error.code : String(error)
  }
}

describe('CoordinatorRuntime', () => {
  test('hashes keys as Java does', () => {
    // "Aa" and "BB" are the classic collision; "polygenelubricants" hashes to Integer.MIN_VALUE, whose
    // absolute value is 0.
    expect(javaHashCode('')).toBe(0)
    expect(javaHashCode('Aa')).toBe(2112)
    expect(javaHashCode('BB')).toBe(2112)
    expect(javaHashCode('hello')).toBe(99162322)
    expect(javaHashCode('polygenelubricants')).toBe(-2147483648)
    expect(partitionForKey('polygenelubricants', 50)).toBe(0)
    expect(partitionForKey('hello', 50)).toBe(22)
  })

  test('answers without a promise when one replica is enough', () => {
    const { say, shard } = setUp()
    expect(say('a', 'b')).toBe('said')
    expect(shard.state.words).toEqual(['loaded', '0:a', '1:b'])
  })

  test('answers after the commit, although the state is changed before', async () => {
    const { say, shard, log } = setUp()
    log.hold()
    let answered = false
    const answer = say('a') as Promise<string>
    answer.then(() => {
      answered = true
    })
    await Promise.resolve()
    expect(shard.state.words).toEqual(['loaded', '0:a'])
    expect(answered).toBe(false)
    log.release()
    expect(await answer).toBe('said')
  })

  test('a commit that does not come is refused after the timeout', async () => {
    const { say, log, clock } = setUp()
    log.hold()
    const answer = codeOf(say('a'))
    await clock.advance(5_000)
    expect(await answer).toBe('COORDINATOR_NOT_AVAILABLE')
    expect(clock.pending).toBe(0)
  })

  test.each([
    ['NOT_ENOUGH_REPLICAS', 'COORDINATOR_NOT_AVAILABLE'],
    ['NOT_LEADER_OR_FOLLOWER', 'NOT_COORDINATOR'],
    ['KAFKA_STORAGE_ERROR', 'NOT_COORDINATOR'],
    ['MESSAGE_TOO_LARGE', 'UNKNOWN_SERVER_ERROR'],
  ] as const)('an append refused with %s is answered with %s, and changes nothing', async (failure, code) => {
    const { say, log, shard } = setUp()
    log.failure = failure
    expect(await codeOf((async () => say('a'))())).toBe(code)
    expect(shard.state.words).toEqual(['loaded'])
  })

  test('a commit that is refused later is told', async () => {
    const { say, log } = setUp()
    log.hold()
    const answer = codeOf(say('a'))
    log.refuse('NOT_ENOUGH_REPLICAS_AFTER_APPEND')
    expect(await answer).toBe('COORDINATOR_NOT_AVAILABLE')
  })

  test('unloading tells whoever waits, for a commit or for others, and stops the timers', async () => {
    const { say, shard, log, clock, runtime } = setUp()
    log.hold()
    const committed = codeOf(say('a'))
    const parked = new Answer<string>()
    shard.state.parked.push(parked)
    const waiting = shard.write(() => ({ records: [], response: parked }))
    shard.setTimer('t', 10, () => ({ records: [record('late')], response: undefined }))
    runtime.unload(0)
    expect(await committed).toBe('NOT_COORDINATOR')
    expect(await waiting).toBe('NOT_COORDINATOR')
    expect(clock.pending).toBe(0)
    expect(() => runtime.shardOf('any')).toThrow('NOT_COORDINATOR')
  })

  test('a restart replays records, those of transactions and their markers, in order', () => {
    const { say, shard, log, runtime } = setUp()
    say('a')
    const producer = { producerId: 7n, producerEpoch: 0 }
    shard.write(() => ({ records: [record('b')], response: undefined, producer }))
    const offset = log.mark(producer, true)
    shard.applyMarker(producer, true, offset)
    const before = shard.state.words.slice(1)
    runtime.load(0, log)
    expect(before).toEqual(['0:a', '1:b@7', 'commit@7'])
    expect(runtime.shardOf('any').state.words).toEqual([...before, 'loaded'])
  })

  test('a timer writes through the same door', async () => {
    const { shard, clock, log } = setUp()
    shard.setTimer('t', 10, () => ({ records: [record('late')], response: undefined }))
    await clock.advance(10)
    expect(shard.state.words).toEqual(['loaded', '0:late'])
    expect(log.records).toHaveLength(1)
  })

  test('without the internal topic, or after close, there is no coordinator', () => {
    const { runtime } = setUp()
    runtime.close()
    expect(() => runtime.shardOf('any')).toThrow('COORDINATOR_NOT_AVAILABLE')
  })
})
