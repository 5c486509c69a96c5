import { Kafka, logLevel } from 'kafkajs'
import { type Cluster, startCluster } from 'odradek'
import { afterAll, beforeAll, expect, test } from 'vitest'

let cluster: Cluster
let kafka: Kafka

beforeAll(async () => {
  cluster = await startCluster({ brokers: 3, topics: ['orders:4:3'] })
  kafka = new Kafka({ brokers: cluster.bootstrap.split(','), logLevel: logLevel.ERROR })
})

afterAll(() => cluster.stop())

test('every order gets an offset', async () => {
  const producer = kafka.producer({ idempotent: true })
  await producer.connect()
  const [answer] = await producer.send({ topic: 'orders', messages: [{ key: 'c-1', value: 'a book' }] })
  await producer.disconnect()
  expect(answer).toMatchObject({ topicName: 'orders', errorCode: 0, baseOffset: '0' })
})

test('the topic is on all three brokers', async () => {
  const admin = kafka.admin()
  await admin.connect()
  const { topics } = await admin.fetchTopicMetadata({ topics: ['orders'] })
  await admin.disconnect()
  expect(topics[0]?.partitions.map(({ isr }) => [...isr].sort())).toEqual(Array(4).fill([1, 2, 3]))
})
