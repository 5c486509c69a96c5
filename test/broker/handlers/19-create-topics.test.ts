import { expect, test } from 'vitest'
import { createTopics } from '../../../src/broker/handlers/19-create-topics.ts'
import { createPartitions } from '../../../src/broker/handlers/37-create-partitions.ts'
import { ErrorCode } from '../../../src/protocol/errors.ts'
import { AdminHarness } from './admin-harness.ts'

/** Codes, order and counts are what a 4.3.1 broker answered to the same requests. */

const topic = (name: string, more: Readonly<Record<string, unknown>> = {}) => ({
  name,
  numPartitions: 1,
  replicationFactor: 1,
  assignments: [],
  configs: [],
  ...more,
})
const create = (
  harness: AdminHarness,
  topics: ReturnType<typeof topic>[],
  validateOnly = false,
  version = 7,
) => harness.ask(createTopics, { topics, timeoutMs: 1000, validateOnly }, version).topics

test('names that come twice and the metadata topic are told last, once each', () => {
  const names = ['zz', 'a/b', 'dup', 'dup', 'aa', '__cluster_metadata']
  const results = create(
    new AdminHarness(),
    names.map((name) => topic(name)),
  )
  expect(results.map(({ name, errorCode }) => [name, errorCode])).toEqual([
    ['zz', 0],
    ['a/b', ErrorCode.INVALID_TOPIC_EXCEPTION],
    ['aa', 0],
    ['dup', ErrorCode.INVALID_REQUEST],
    ['__cluster_metadata', ErrorCode.INVALID_REQUEST],
  ])
})

test('validating only answers as creating does, an id that nothing has included, and creates nothing', () => {
  const harness = new AdminHarness()
  const [result] = create(harness, [topic('orders')], true)
  expect(result).toMatchObject({ errorCode: 0, numPartitions: 1, replicationFactor: 1 })
  expect(result?.topicId).not.toBe('AAAAAAAAAAAAAAAAAAAAAA')
  expect(harness.controller.image.topic('orders')).toBeUndefined()
})

test('counts of -1 take the broker’s settings, before version 4 as well', () => {
  const harness = new AdminHarness({ config: { 'num.partitions': '3' } })
  create(harness, [topic('orders', { numPartitions: -1, replicationFactor: -1 })], false, 3)
  expect(harness.controller.image.topic('orders')?.partitions).toHaveLength(3)
})

test.each([
  [{ numPartitions: 0 }, 'INVALID_PARTITIONS'],
  [{ replicationFactor: 0 }, 'INVALID_REPLICATION_FACTOR'],
  [{ replicationFactor: 3 }, 'INVALID_REPLICATION_FACTOR'],
  [{ numPartitions: 2, assignments: [{ partitionIndex: 0, brokerIds: [1] }] }, 'INVALID_REQUEST'],
  [{ numPartitions: 10_001 }, 'POLICY_VIOLATION'],
  [{ configs: [{ name: 'retention.ms', value: null }] }, 'INVALID_CONFIG'],
  [{ configs: [{ name: 'no.such', value: '1' }] }, 'INVALID_CONFIG'],
] as const)('%j is refused with %s', (more, error) => {
  const [result] = create(new AdminHarness(), [topic('orders', more)])
  expect(result).toMatchObject({
    errorCode: ErrorCode[error],
    topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
    numPartitions: -1,
    replicationFactor: -1,
    configs: [],
  })
})

test.each([[[]], [[5]], [[1, 1]]])('replicas %j are no assignment', (brokerIds) => {
  const assigned = {
    numPartitions: -1,
    replicationFactor: -1,
    assignments: [{ partitionIndex: 0, brokerIds }],
  }
  const [result] = create(new AdminHarness(), [topic('orders', assigned)])
  expect(result?.errorCode).toBe(ErrorCode.INVALID_REPLICA_ASSIGNMENT)
})

test('the answer holds every setting by name, with where its value comes from', () => {
  const configs = [{ name: 'retention.ms', value: '1000' }]
  const [result] = create(new AdminHarness(), [topic('orders', { configs })])
  const names = result?.configs?.map(({ name }) => name) ?? []
  expect(names).toHaveLength(37)
  expect(names).toEqual([...names].sort())
  expect(result?.configs?.filter(({ configSource }) => configSource !== 5)).toMatchObject([
    { name: 'min.insync.replicas', value: '1', configSource: 3 },
    { name: 'retention.ms', value: '1000', configSource: 1 },
  ])
})

test('partitions are added, or the topic is told why not', () => {
  const harness = new AdminHarness()
  harness.createTopic('aa')
  harness.createTopic('t1')
  const grow = (name: string, count: number, assignments: { brokerIds: number[] }[] | null = null) => ({
    name,
    count,
    assignments,
  })
  const topics = [
    grow('t1', 1),
    grow('aa', 3, [{ brokerIds: [1] }]),
    grow('nn', 3),
    grow('d', 3),
    grow('d', 3),
  ]
  const { results } = harness.ask(createPartitions, { topics, timeoutMs: 1000, validateOnly: false })
  expect(
    results.map(({ name, errorCode, errorMessage }) => [name, errorCode, errorMessage === null]),
  ).toEqual([
    ['d', ErrorCode.INVALID_REQUEST, false],
    ['t1', ErrorCode.INVALID_PARTITIONS, false],
    ['aa', ErrorCode.INVALID_REPLICA_ASSIGNMENT, false],
    ['nn', ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, true],
  ])
  harness.ask(createPartitions, { topics: [grow('aa', 4)], timeoutMs: 1000, validateOnly: true })
  expect(harness.controller.image.topic('aa')?.partitions).toHaveLength(1)
  harness.ask(createPartitions, { topics: [grow('aa', 4)], timeoutMs: 1000, validateOnly: false })
  expect(harness.controller.image.topic('aa')?.partitions).toHaveLength(4)
})
