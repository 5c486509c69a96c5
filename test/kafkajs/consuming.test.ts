import type { Kafka } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../../src/index.ts'
import { connect, signal } from './clients.ts'

describe.each([1, 3])('kafkajs consumes from %i broker(s)', (brokers) => {
  let cluster: Cluster
  let kafka: Kafka
  let made = 0
  beforeAll(async () => {
    cluster = await startCluster({ brokers })
    kafka = connect(cluster)
  })
  afterAll(() => cluster.stop())

  /** A new topic that holds '0', '1', … in each partition. */
  const filledTopic = async (partitions: number, each: number): Promise<string> => {
    const topic = `topic-${++made}`
    const admin = kafka.admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic, numPartitions: partitions, replicationFactor: brokers }] })
    await admin.disconnect()
    const producer = kafka.producer()
    await producer.connect()
    const messages = Array.from({ length: partitions * each }, (_, i) => ({
      partition: i % partitions,
      value: String(Math.floor(i / partitions)),
    }))
    if (messages.length > 0) await producer.send({ topic, messages })
    await producer.disconnect()
    return topic
  }

  it('goes on where the group had committed', async () => {
    const topic = await filledTopic(1, 10)
    const read = async (upTo: number): Promise<string[]> => {
      const consumer = kafka.consumer({ groupId: `${topic}-group`, maxWaitTimeInMs: 100 })
      await consumer.connect()
      await consumer.subscribe({ topics: [topic], fromBeginning: true })
      const values: string[] = []
      const { promise, done } = signal()
      await consumer.run({
        autoCommit: false,
        eachMessage: async ({ message }) => {
          if (values.length >= upTo) return
          values.push(String(message.value))
          if (values.length < upTo) return
          const offset = String(Number(message.offset) + 1)
          await consumer.commitOffsets([{ topic, partition: 0, offset }])
          done()
        },
      })
      await promise
      await consumer.disconnect()
      return values
    }
    expect(await read(4)).toEqual(['0', '1', '2', '3'])
    expect(await read(6)).toEqual(['4', '5', '6', '7', '8', '9'])
  })

  it('shares the partitions between two members, and gives all to the one that stays', async () => {
    const topic = await filledTopic(4, 0)
    const groupId = `${topic}-group`
    const owned: number[][] = [[], []]
    const changes = [signal(), signal(), signal()]
    const [both, , alone] = changes
    const member = async (index: number) => {
      const consumer = kafka.consumer({
        groupId,
        maxWaitTimeInMs: 50,
        heartbeatInterval: 100,
        rebalanceTimeout: 5000,
      })
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
        owned[index] = [...(payload.memberAssignment[topic] ?? [])].sort()
        if (owned[0]?.length === 2 && owned[1]?.length === 2) both?.done()
        if (owned[1]?.length === 4) alone?.done()
      })
      await consumer.connect()
      await consumer.subscribe({ topics: [topic] })
      await consumer.run({ eachMessage: async () => {} })
      return consumer
    }
    const first = await member(0)
    const second = await member(1)
    await both?.promise
    expect([...(owned[0] ?? []), ...(owned[1] ?? [])].sort()).toEqual([0, 1, 2, 3])
    await first.disconnect()
    await alone?.promise
    await second.disconnect()
  })

  it('seeks, pauses and resumes', async () => {
    const topic = await filledTopic(2, 5)
    const consumer = kafka.consumer({ groupId: `${topic}-group`, maxWaitTimeInMs: 50 })
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    const seen: string[] = []
    const end = [signal(), signal()]
    consumer.on(consumer.events.GROUP_JOIN, () => {
      consumer.pause([{ topic, partitions: [1] }])
      consumer.seek({ topic, partition: 0, offset: '3' })
    })
    await consumer.run({
      eachMessage: async ({ partition, message }) => {
        seen.push(`${partition}:${message.value}`)
        if (message.value?.toString() === '4') end[partition]?.done()
      },
    })
    await end[0]?.promise
    expect(seen).toEqual(['0:3', '0:4'])
    consumer.resume([{ topic, partitions: [1] }])
    await end[1]?.promise
    expect(seen.slice(2)).toEqual(['1:0', '1:1', '1:2', '1:3', '1:4'])
    await consumer.disconnect()
  })

  it('hears of a message at once while its fetch waits', async () => {
    const topic = await filledTopic(1, 0)
    const consumer = kafka.consumer({ groupId: `${topic}-group`, maxWaitTimeInMs: 20_000 })
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    const arrived = signal<string>()
    const joined = signal()
    consumer.on(consumer.events.GROUP_JOIN, () => joined.done())
    await consumer.run({ eachMessage: async ({ message }) => arrived.done(String(message.value)) })
    await joined.promise
    const producer = kafka.producer()
    await producer.connect()
    await producer.send({ topic, messages: [{ value: 'news' }] })
    expect(await arrived.promise).toBe('news')
    await producer.send({ topic, messages: [{ value: 'more' }] })
    await producer.disconnect()
    void consumer.disconnect()
  })

  it('reads many small and large messages in order, in batches', async () => {
    const topic = await filledTopic(1, 0)
    const producer = kafka.producer()
    await producer.connect()
    const sizes = Array.from({ length: 200 }, (_, i) => (i % 20 === 0 ? 200_000 : 10))
    for (let i = 0; i < sizes.length; i += 20) {
      const messages = sizes
        .slice(i, i + 20)
        .map((size, j) => ({ key: String(i + j), value: 'x'.repeat(size) }))
      await producer.send({ topic, messages })
    }
    await producer.disconnect()
    const consumer = kafka.consumer({
      groupId: `${topic}-group`,
      maxWaitTimeInMs: 50,
      maxBytesPerPartition: 300_000,
    })
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    const found: [number, number][] = []
    const { promise, done } = signal()
    await consumer.run({
      eachBatch: async ({ batch }) => {
        for (const { key, value } of batch.messages) found.push([Number(key), value?.length ?? -1])
        if (found.length === sizes.length) done()
      },
    })
    await promise
    expect(found).toEqual(sizes.map((size, i) => [i, size]))
    await consumer.disconnect()
  })
})
