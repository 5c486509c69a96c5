import kafkajs, { type Kafka, type KafkaMessage } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../../src/index.ts'
import { connect, signal } from './clients.ts'

describe.each([1, 3])('kafkajs produces to %i broker(s)', (brokers) => {
  let cluster: Cluster
  let kafka: Kafka
  beforeAll(async () => {
    cluster = await startCluster({ brokers, config: { 'default.replication.factor': brokers } })
    kafka = connect(cluster)
  })
  afterAll(() => cluster.stop())

  const topicOf = async (topic: string, numPartitions = 1): Promise<string> => {
    const admin = kafka.admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor: brokers }] })
    await admin.disconnect()
    return topic
  }

  /** The first `count` messages of a topic, by partition and offset. */
  const consume = async (topic: string, count: number): Promise<KafkaMessage[]> => {
    const consumer = kafka.consumer({ groupId: `${topic}-readers`, maxWaitTimeInMs: 100 })
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    const { promise, done } = signal()
    const found: { partition: number; message: KafkaMessage }[] = []
    await consumer.run({
      eachMessage: async ({ partition, message }) => {
        found.push({ partition, message })
        if (found.length === count) done()
      },
    })
    await promise
    await consumer.disconnect()
    return found
      .sort((a, b) => a.partition - b.partition || Number(a.message.offset) - Number(b.message.offset))
      .map(({ message }) => message)
  }

  it('keeps keys, values, headers and timestamps as they were sent', async () => {
    const topic = await topicOf('whole')
    const producer = kafka.producer()
    await producer.connect()
    const sent = await producer.send({
      topic,
      acks: -1,
      messages: [
        { key: 'k', value: 'v', headers: { a: 'b', twice: ['1', '2'] }, timestamp: '1700000000000' },
        { key: null, value: null, timestamp: '1700000000001' },
        { key: 'ключ', value: Buffer.from([0, 255]), timestamp: '1700000000002' },
      ],
    })
    expect(sent).toMatchObject([{ topicName: topic, partition: 0, errorCode: 0, baseOffset: '0' }])
    await producer.disconnect()
    const [first, second, third] = await consume(topic, 3)
    expect(first).toMatchObject({
      key: Buffer.from('k'),
      value: Buffer.from('v'),
      timestamp: '1700000000000',
    })
    expect(first?.headers).toEqual({
      a: Buffer.from('b'),
      twice: [Buffer.from('1'), Buffer.from('2')],
    })
    expect(second).toMatchObject({ key: null, value: null, offset: '1' })
    expect(third).toMatchObject({ key: Buffer.from('ключ'), value: Buffer.from([0, 255]), offset: '2' })
  })

  it.each([
    ['none', kafkajs.CompressionTypes.None],
    ['gzip', kafkajs.CompressionTypes.GZIP],
    ['snappy', kafkajs.CompressionTypes.Snappy],
    ['lz4', kafkajs.CompressionTypes.LZ4],
    ['zstd', kafkajs.CompressionTypes.ZSTD],
  ])('takes and gives batches in %s', async (name, compression) => {
    const topic = await topicOf(`codec-${name}`)
    const producer = kafka.producer()
    await producer.connect()
    const messages = Array.from({ length: 500 }, (_, i) => ({ value: `message ${i} `.repeat(20) }))
    await producer.send({ topic, compression, messages })
    await producer.disconnect()
    const values = (await consume(topic, 500)).map(({ value }) => value?.toString())
    expect(values).toEqual(messages.map(({ value }) => value))
  })

  it('takes a batch for several topics and partitions at once', async () => {
    const topics = [await topicOf('batch-a', 4), await topicOf('batch-b', 4)]
    const producer = kafka.producer()
    await producer.connect()
    const messages = Array.from({ length: 40 }, (_, i) => ({ key: `key-${i}`, value: String(i) }))
    const results = await producer.sendBatch({ topicMessages: topics.map((topic) => ({ topic, messages })) })
    expect(results.every(({ errorCode }) => errorCode === 0)).toBe(true)
    await producer.disconnect()
    for (const topic of topics) {
      const values = (await consume(topic, 40)).map(({ value }) => Number(value))
      expect(values.sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i))
    }
  })

  it('serves an idempotent producer, its batches in order', async () => {
    const topic = await topicOf('idempotent', 2)
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, retry: { retries: 5 } })
    await producer.connect()
    for (let i = 0; i < 30; i++) {
      await producer.send({ topic, messages: [{ value: String(i), partition: i % 2 }] })
    }
    await producer.disconnect()
    const values = (await consume(topic, 30)).map(({ value }) => Number(value))
    const [even, odd] = [0, 1].map((rest) => Array.from({ length: 15 }, (_, i) => 2 * i + rest))
    expect(values).toEqual([...(even ?? []), ...(odd ?? [])])
  })

  it.each([0, 1, -1])('takes acks=%i', async (acks) => {
    const topic = await topicOf(`acks${acks}`)
    const producer = kafka.producer()
    await producer.connect()
    await producer.send({ topic, acks, messages: [{ value: 'a' }, { value: 'b' }] })
    expect((await consume(topic, 2)).map(({ value }) => value?.toString())).toEqual(['a', 'b'])
    await producer.disconnect()
  })

  it('makes a topic that is produced to, without a single retry', async () => {
    const producer = kafka.producer({ allowAutoTopicCreation: true })
    await producer.connect()
    const [sent] = await producer.send({ topic: 'made-on-demand', messages: [{ value: 'x' }] })
    expect(sent).toMatchObject({ errorCode: 0, baseOffset: '0' })
    await producer.disconnect()
  })

  it('refuses a message that is too large, and takes the next', async () => {
    const topic = await topicOf('large')
    const producer = kafka.producer()
    await producer.connect()
    const large = producer.send({ topic, messages: [{ value: Buffer.alloc(2_000_000) }] })
    await expect(large).rejects.toMatchObject({ type: 'MESSAGE_TOO_LARGE' })
    const [sent] = await producer.send({ topic, messages: [{ value: 'x' }] })
    expect(sent).toMatchObject({ baseOffset: '0' })
    await producer.disconnect()
  })
})
