import { expect, test } from 'vitest'
import { describeCluster } from '../../../src/broker/handlers/60-describe-cluster.ts'
import { describeTopicPartitions } from '../../../src/broker/handlers/75-describe-topic-partitions.ts'
import { ErrorCode } from '../../../src/protocol/errors.ts'
import { AdminHarness } from './admin-harness.ts'

test('live brokers are told, fenced ones when they are asked for', () => {
  const harness = new AdminHarness({ brokers: 3 })
  harness.controller.fenceBroker(2)
  const ask = (includeFencedBrokers: boolean) =>
    harness.ask(describeCluster, {
      includeClusterAuthorizedOperations: true,
      endpointType: 1,
      includeFencedBrokers,
    })
  expect(ask(false)).toMatchObject({
    errorCode: 0,
    clusterId: 'AAAAAAAAAAAAAAAAAAAAAQ',
    brokers: [
      { brokerId: 1, host: '127.0.0.1', port: 9092, isFenced: false },
      { brokerId: 3, host: '127.0.0.1', port: 9094, isFenced: false },
    ],
    // As a 4.3.1 broker without an authorizer.
    clusterAuthorizedOperations: 8096,
  })
  expect(ask(true).brokers.map(({ brokerId, isFenced }) => [brokerId, isFenced])).toEqual([
    [1, false],
    [2, true],
    [3, false],
  ])
})

test.each([
  [2, 'MISMATCHED_ENDPOINT_TYPE'],
  [9, 'UNSUPPORTED_ENDPOINT_TYPE'],
] as const)('endpoints of type %i are refused with %s', (endpointType, error) => {
  const answer = new AdminHarness().ask(describeCluster, {
    includeClusterAuthorizedOperations: false,
    endpointType,
    includeFencedBrokers: false,
  })
  expect(answer).toMatchObject({ errorCode: ErrorCode[error], clusterId: '', brokers: [] })
})

interface Cursor {
  readonly topicName: string
  readonly partitionIndex: number
}

function page(harness: AdminHarness, names: string[], limit: number, cursor: Cursor | null = null) {
  const answer = harness.ask(describeTopicPartitions, {
    topics: names.map((name) => ({ name })),
    responsePartitionLimit: limit,
    cursor,
  })
  return {
    topics: answer.topics.map(({ name, errorCode, partitions }) => [
      name,
      errorCode,
      partitions.map(({ partitionIndex }) => partitionIndex),
    ]),
    next: answer.nextCursor ?? null,
  }
}

test('partitions come page by page, topics in order of name', () => {
  const harness = new AdminHarness()
  harness.createTopic('b', {}, 3)
  harness.createTopic('a', {}, 2)
  const next = { topicName: 'b', partitionIndex: 1 }
  expect(page(harness, [], 3)).toEqual({
    topics: [
      ['a', 0, [0, 1]],
      ['b', 0, [0]],
    ],
    next,
  })
  expect(page(harness, [], 3, next)).toEqual({ topics: [['b', 0, [1, 2]]], next: null })
  expect(page(harness, [], 2)).toEqual({
    topics: [['a', 0, [0, 1]]],
    next: { topicName: 'b', partitionIndex: 0 },
  })
})

test('a limit of nothing is a limit of one; what is not there takes no room', () => {
  // As a 4.3.1 broker with a topic aa of one partition.
  const harness = new AdminHarness()
  harness.createTopic('aa')
  expect(page(harness, ['aa', 'none', 'a/b', 'aa'], 0)).toEqual({
    topics: [
      ['a/b', ErrorCode.INVALID_TOPIC_EXCEPTION, []],
      ['aa', 0, [0]],
    ],
    next: { topicName: 'none', partitionIndex: 0 },
  })
  expect(page(harness, ['none', 'a/b', 'aa'], 10, { topicName: 'aa', partitionIndex: 99 })).toEqual({
    topics: [
      ['aa', 0, []],
      ['none', ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, []],
    ],
    next: null,
  })
})

test('a cursor at a topic that is not asked for, or before the first partition, fails the request', () => {
  const harness = new AdminHarness()
  harness.createTopic('aa')
  const failed = { topics: [['aa', ErrorCode.INVALID_REQUEST, []]], next: null }
  expect(page(harness, ['aa'], 10, { topicName: 'bb', partitionIndex: 0 })).toEqual(failed)
  expect(page(harness, ['aa'], 10, { topicName: 'aa', partitionIndex: -1 })).toEqual(failed)
})
