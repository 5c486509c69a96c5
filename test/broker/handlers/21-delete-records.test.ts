import { expect, test } from 'vitest'
import { deleteRecords } from '../../../src/broker/handlers/21-delete-records.ts'
import { describeLogDirs } from '../../../src/broker/handlers/35-describe-log-dirs.ts'
import { ErrorCode, Refusal } from '../../../src/protocol/errors.ts'
import { AdminHarness } from './admin-harness.ts'

const request = (name: string, partitionIndex: number, offset: bigint) => ({
  topics: [{ name, partitions: [{ partitionIndex, offset }] }],
  timeoutMs: 1000,
})
const only = (answer: { readonly topics: readonly { readonly partitions: readonly unknown[] }[] }) =>
  answer.topics[0]?.partitions[0]

test('it is answered at once where every replica has deleted already', () => {
  const harness = new AdminHarness()
  harness.createTopic('a')
  harness.hold('a', 0, { lowWatermark: 7 })
  expect(only(harness.ask(deleteRecords, request('a', 0, 7n)))).toEqual({
    partitionIndex: 0,
    lowWatermark: 7n,
    errorCode: 0,
  })
})

test('it waits for the replica that is last', async () => {
  const harness = new AdminHarness()
  harness.createTopic('a')
  const replica = harness.hold('a', 0, { lowWatermark: 2 })
  const answer = harness.wait(deleteRecords, request('a', 0, 5n))
  replica.lowWatermark = 4
  harness.touch(replica)
  replica.lowWatermark = 6
  harness.touch(replica)
  expect(only(await answer)).toMatchObject({ lowWatermark: 6n, errorCode: 0 })
})

test('it tells how far it came when the time is over', async () => {
  const harness = new AdminHarness()
  harness.createTopic('a')
  harness.hold('a', 0, { lowWatermark: 2 })
  const answer = harness.wait(deleteRecords, request('a', 0, 5n))
  await harness.clock.advance(1000)
  expect(only(await answer)).toMatchObject({ lowWatermark: 2n, errorCode: ErrorCode.REQUEST_TIMED_OUT })
})

test('it ends when the leader is another one', async () => {
  const harness = new AdminHarness()
  harness.createTopic('a')
  const replica = harness.hold('a', 0)
  const answer = harness.wait(deleteRecords, request('a', 0, 5n))
  replica.isLeader = false
  harness.touch(replica)
  expect(only(await answer)).toMatchObject({ lowWatermark: -1n, errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER })
})

test('what may not be deleted is refused with the code of a real broker', () => {
  const harness = new AdminHarness()
  harness.createTopic('compacted', { 'cleanup.policy': 'compact' })
  harness.createTopic('kept', { 'cleanup.policy': '' })
  harness.createTopic('short')
  harness.createTopic('__consumer_offsets')
  for (const name of ['compacted', 'kept', '__consumer_offsets']) harness.hold(name, 0)
  harness.hold('short', 0, {
    deleteRecordsBefore: () => {
      throw new Refusal('OFFSET_OUT_OF_RANGE')
    },
  })
  const codeOf = (name: string, index = 0) =>
    harness.ask(deleteRecords, request(name, index, 0n)).topics[0]?.partitions[0]?.errorCode
  expect(codeOf('compacted')).toBe(ErrorCode.POLICY_VIOLATION)
  expect(codeOf('kept')).toBe(0)
  expect(codeOf('short')).toBe(ErrorCode.OFFSET_OUT_OF_RANGE)
  expect(codeOf('__consumer_offsets')).toBe(ErrorCode.INVALID_TOPIC_EXCEPTION)
  expect(codeOf('kept', 1)).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  expect(codeOf('none')).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
})

test('log directories tell the sizes of the replicas that are here and asked for', () => {
  const harness = new AdminHarness({ config: { 'log.dirs': '/data' } })
  harness.createTopic('a', {}, 2)
  harness.createTopic('b')
  harness.hold('a', 0, { log: { sizeBytes: 10, highWatermark: 3, logEndOffset: 3 } })
  harness.hold('a', 1, { log: { sizeBytes: 20, highWatermark: 5, logEndOffset: 4 } })
  harness.hold('b', 0)
  const ask = (topics: { topic: string; partitions: number[] }[] | null) =>
    harness.ask(describeLogDirs, { topics }).results
  expect(ask(null)).toMatchObject([
    {
      logDir: '/data',
      topics: [
        {
          name: 'a',
          partitions: [
            { partitionIndex: 0, partitionSize: 10n, offsetLag: 0n },
            { partitionIndex: 1, partitionSize: 20n, offsetLag: 1n },
          ],
        },
        { name: 'b', partitions: [{ partitionIndex: 0 }] },
      ],
    },
  ])
  // As a 4.3.1 broker: what is not here is left out, and no topics are no topics.
  const [some] = ask([
    { topic: 'a', partitions: [0, 7] },
    { topic: 'none', partitions: [0] },
  ])
  expect(some?.topics.map(({ name, partitions }) => [name, partitions.length])).toEqual([['a', 1]])
  expect(ask([])[0]?.topics).toEqual([])
})
