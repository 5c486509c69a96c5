import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Admin, CONFIG_SOURCE } from '../../src/client/admin.ts'
import { ClusterClient } from '../../src/client/cluster.ts'
import { type ConsumedRecord, Consumer } from '../../src/client/consumer.ts'
import { committedOffsets, deleteGroup, describeGroup, listGroups } from '../../src/client/groups.ts'
import { offsetOf } from '../../src/client/offsets.ts'
import { Producer } from '../../src/client/producer.ts'
import { type Cluster, startCluster } from '../../src/index.ts'
import { SystemClock } from '../../src/runtime/clock.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { SystemRandom } from '../../src/runtime/random.ts'
import { SystemNetwork } from '../../src/runtime/system-network.ts'

describe('the client on a cluster of three brokers', () => {
  let running: Cluster
  let client: ClusterClient
  let admin: Admin

  beforeAll(async () => {
    running = await startCluster({ brokers: 3, storage: 'memory', topics: ['orders:4:3'] })
    const env = {
      clock: new SystemClock(),
      network: new SystemNetwork(),
      random: new SystemRandom(),
      log: silentLogger,
    }
    client = new ClusterClient(env, { bootstrap: running.bootstrap })
    admin = new Admin(client)
  })
  afterAll(async () => {
    client.close()
    await running.stop()
  })

  const values = async (consumer: Consumer, count: number): Promise<ConsumedRecord[]> => {
    const all: ConsumedRecord[] = []
    while (all.length < count) all.push(...(await consumer.poll()))
    return all
  }

  it('reads in order what an idempotent producer wrote to every partition, in batches of all sizes', async () => {
    const producer = new Producer(client, { idempotent: true, batchBytes: 4_000, compression: 'lz4' })
    const sent = Array.from({ length: 2_000 }, (_, n) =>
      producer.send({ topic: 'orders', partition: n % 4, key: null, value: Buffer.from(String(n)) }),
    )
    const offsets = await Promise.all(sent)
    await producer.close()
    expect(offsets.map(({ offset }) => offset)).toEqual(sent.map((_, n) => Math.floor(n / 4)))
    const consumer = new Consumer(client, { maxBytes: 10_000, partitionMaxBytes: 3_000 })
    await consumer.assign([0, 1, 2, 3].map((partition) => ({ topic: 'orders', partition, from: 'earliest' })))
    const records = await values(consumer, 2_000)
    for (const partition of [0, 1, 2, 3])
      expect(
        records.filter((record) => record.partition === partition).map(({ value }) => Number(value)),
      ).toEqual(Array.from({ length: 500 }, (_, n) => n * 4 + partition))
    expect(consumer.positions.map(({ offset }) => offset)).toEqual([500, 500, 500, 500])
    consumer.close()
  })

  it('reads what kafkajs wrote, headers and all, and kafkajs reads what it wrote', async () => {
    const kafka = new Kafka({ brokers: running.bootstrap.split(','), logLevel: logLevel.ERROR })
    const theirs = kafka.producer()
    await theirs.connect()
    await theirs.send({
      topic: 'mixed',
      messages: [{ key: 'k', value: 'theirs', headers: { h: ['1', '2'] } }],
    })
    await theirs.disconnect()
    const ours = new Producer(client)
    await ours.send({
      topic: 'mixed',
      key: Buffer.from('k'),
      value: Buffer.from('ours'),
      headers: [{ key: 'h', value: null }],
    })
    const consumer = new Consumer(client)
    const { partitions } = await client.topic('mixed')
    await consumer.assign(
      partitions.map(({ index }) => ({ topic: 'mixed', partition: index, from: 'earliest' })),
    )
    const records = await values(consumer, 2)
    expect(
      records.map(({ value, headers }) => [String(value), headers.map((h) => h.value?.toString() ?? null)]),
    ).toEqual([
      ['theirs', ['1', '2']],
      ['ours', [null]],
    ])
    consumer.close()

    const reader = kafka.consumer({ groupId: 'mixed-readers' })
    await reader.connect()
    await reader.subscribe({ topic: 'mixed', fromBeginning: true })
    const read: string[] = []
    await new Promise<void>((resolve) => {
      void reader.run({
        eachMessage: async ({ message }) => {
          read.push(String(message.value))
          if (read.length === 2) resolve()
        },
      })
    })
    expect(read).toEqual(['theirs', 'ours'])

    expect((await listGroups(client)).map(({ id }) => id)).toContain('mixed-readers')
    const group = await describeGroup(client, 'mixed-readers')
    expect(group).toMatchObject({ state: 'Stable', protocolType: 'consumer' })
    expect(group.members).toHaveLength(1)
    expect((await deleteGroup(client, 'mixed-readers'))?.code).toBe('NON_EMPTY_GROUP')
    await reader.disconnect()
    expect(await committedOffsets(client, 'mixed-readers')).toMatchObject([{ topic: 'mixed', offset: 2 }])
    expect(await deleteGroup(client, 'mixed-readers')).toBeNull()
    expect((await deleteGroup(client, 'mixed-readers'))?.code).toBe('GROUP_ID_NOT_FOUND')
  })

  it('changes configs, adds partitions and deletes records', async () => {
    await admin.createTopics([
      { name: 'changing', partitions: 1, replicationFactor: 1, config: { 'retention.ms': '1000' } },
    ])
    await admin.alterConfigs('topic', 'changing', [
      { name: 'retention.ms', operation: 'delete' },
      { name: 'cleanup.policy', operation: 'set', value: 'compact' },
    ])
    const configs = await admin.describeConfigs('topic', 'changing')
    expect(configs.find(({ name }) => name === 'cleanup.policy')).toMatchObject({
      value: 'compact',
      source: CONFIG_SOURCE.topic,
    })
    expect(configs.find(({ name }) => name === 'retention.ms')?.source).not.toBe(CONFIG_SOURCE.topic)
    expect((await admin.describeConfigs('broker', '2', ['log.dirs'])).map(({ name }) => name)).toEqual([
      'log.dirs',
    ])

    await admin.createPartitions('changing', 3)
    expect((await client.topic('changing')).partitions).toHaveLength(3)
    await expect(admin.createPartitions('changing', 2)).rejects.toMatchObject({ code: 'INVALID_PARTITIONS' })

    expect(await admin.deleteRecords('orders', new Map([[0, 100]]))).toEqual(new Map([[0, 100]]))
    expect((await offsetOf(client, 'orders', 0, 'earliest'))?.offset).toBe(100)
    const consumer = new Consumer(client)
    await consumer.assign([{ topic: 'orders', partition: 0, from: 5 }])
    expect((await values(consumer, 1))[0]?.offset).toBe(100)
    consumer.close()
  })

  it('finds offsets by time', async () => {
    const producer = new Producer(client)
    for (const timestampMs of [1_000, 2_000, 3_000])
      await producer.send({ topic: 'times', partition: 0, key: null, value: null, timestampMs })
    expect(await offsetOf(client, 'times', 0, { timestampMs: 1_500 })).toMatchObject({
      offset: 1,
      timestampMs: 2_000,
    })
    expect(await offsetOf(client, 'times', 0, { timestampMs: 3_001 })).toBeNull()
    expect(await offsetOf(client, 'times', 0, 'max-timestamp')).toMatchObject({
      offset: 2,
      timestampMs: 3_000,
    })
    expect((await offsetOf(client, 'times', 0, 'latest'))?.offset).toBe(3)
  })
})
