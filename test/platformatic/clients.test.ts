import * as zlib from 'node:zlib'
import {
  Admin,
  Consumer,
  type ConsumerOptions,
  type Message,
  type MessagesStream,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Cluster, startCluster } from '../../src/index.ts'

type StringOptions = ConsumerOptions<string, string, string, string>
type StringMessage = Message<string, string, string, string>
type StringStream = MessagesStream<string, string, string, string>

/** zstd needs a Node that has it. */
const CODECS = ['none', 'gzip', 'snappy', 'lz4', ...('zstdCompressSync' in zlib ? ['zstd'] : [])] as const
const PER_CODEC = 40

/** Reads `count` messages, which are all that come. */
const collect = (stream: StringStream, count: number): Promise<StringMessage[]> =>
  new Promise((resolve, reject) => {
    const messages: StringMessage[] = []
    stream.on('error', reject)
    stream.on('data', (message) => {
      messages.push(message)
      if (messages.length === count) resolve(messages)
    })
  })

/** This client speaks flexible versions alone, and is not allowed one retry here. */
describe.each([1, 3])('@platformatic/kafka on %i broker(s)', (brokers) => {
  let cluster: Cluster
  let admin: Admin
  const base = () => ({
    clientId: 'platformatic',
    bootstrapBrokers: cluster.bootstrap.split(','),
    retries: 0,
  })
  const consumer = (groupId: string, options: Partial<StringOptions> = {}) =>
    new Consumer({
      ...base(),
      groupId,
      deserializers: stringDeserializers,
      maxWaitTime: 100,
      sessionTimeout: 10_000,
      heartbeatInterval: 100,
      ...options,
    } as StringOptions)

  beforeAll(async () => {
    cluster = await startCluster({ brokers })
    admin = new Admin(base())
    await admin.createTopics({ topics: ['t'], partitions: 4, replicas: brokers })
  })
  afterAll(async () => {
    await admin.close()
    await cluster.stop()
  })

  it.each([false, true])('produces with every codec, idempotence %s', async (idempotent) => {
    for (const compression of CODECS) {
      const producer = new Producer({ ...base(), idempotent, serializers: stringSerializers })
      const messages = Array.from({ length: PER_CODEC }, (_, i) => ({
        topic: 't',
        key: `key-${i}`,
        value: `${compression} ${idempotent} ${i}`,
        headers: { codec: compression },
      }))
      const { offsets } = await producer.send({ acks: -1, compression: compression as 'none', messages })
      expect(offsets).toHaveLength(4)
      await producer.close()
    }
  })

  it('consumes from the beginning, from given offsets and from where it stopped', async () => {
    const total = 2 * PER_CODEC * CODECS.length
    const first = consumer('readers')
    const stream = await first.consume({ topics: ['t'], mode: 'earliest', autocommit: true })
    const messages = await collect(stream, total)
    expect(new Set(messages.map(({ value }) => value)).size).toBe(total)
    for (const { value, headers } of messages) expect(value.split(' ')[0]).toBe(headers.get('codec'))
    await stream.close()
    const committed = await first.listCommittedOffsets({ topics: [{ topic: 't', partitions: [0, 1, 2, 3] }] })
    expect(committed).toEqual(await first.listOffsets({ topics: ['t'] }))
    await first.close()

    const second = consumer('others')
    const offsets = [0, 1, 2, 3].map((partition) => ({ topic: 't', partition, offset: BigInt(partition) }))
    const manual = await second.consume({ topics: ['t'], mode: 'manual', offsets, autocommit: false })
    expect(await collect(manual, total - 6)).toHaveLength(total - 6)
    await manual.close()
    await second.close()
  })

  it('shares partitions between two members, and takes them back', async () => {
    const [first, second] = [consumer('pair'), consumer('pair', { groupInstanceId: 'static' })]
    const held = ({ assignments }: Pick<typeof first, 'assignments'>) => assignments?.[0]?.partitions.length
    const streams = [await first.consume({ topics: ['t'] })]
    expect(held(first)).toBe(4)
    streams.push(await second.consume({ topics: ['t'] }))
    for (const stream of streams) stream.resume()
    await vi.waitFor(() => expect([held(first), held(second)]).toEqual([2, 2]), { timeout: 10_000 })
    const described = (await admin.describeGroups({ groups: ['pair'] })).get('pair')
    expect(described).toMatchObject({ state: 'STABLE', protocolType: 'consumer' })
    expect(described?.members.size).toBe(2)
    await streams[1]?.close()
    await second.close()
    await vi.waitFor(() => expect(held(first)).toBe(4), { timeout: 10_000 })
    await streams[0]?.close()
    await first.close()
    expect((await admin.listGroups()).get('pair')?.state).toBe('EMPTY')
  })

  it('alters, deletes and describes what groups have committed', async () => {
    const partitionOffsets = [{ partition: 1, offset: 3n }]
    await admin.alterConsumerGroupOffsets({ groupId: 'readers', topics: [{ name: 't', partitionOffsets }] })
    const topics = [{ name: 't', partitionIndexes: [1] }]
    const [listed] = await admin.listConsumerGroupOffsets({ groups: [{ groupId: 'readers', topics }] })
    expect(listed?.topics[0]?.partitions[0]?.committedOffset).toBe(3n)
    await admin.deleteConsumerGroupOffsets({ groupId: 'readers', topics })
    const [left] = await admin.listConsumerGroupOffsets({ groups: ['readers'] })
    expect(left?.topics[0]?.partitions).toHaveLength(3)
    await admin.deleteGroups({ groups: ['readers', 'others'] })
    expect([...(await admin.listGroups()).keys()]).not.toContain('readers')
  })

  it('administers configs, partitions, records, log directories and topics', async () => {
    const topic = { resourceType: 2, resourceName: 't' } as const
    const change = { name: 'max.message.bytes', configOperation: 0, value: '2000000' } as const
    await admin.incrementalAlterConfigs({ resources: [{ ...topic, configs: [change] }] })
    const [described] = await admin.describeConfigs({ resources: [topic], includeSynonyms: true })
    expect(described?.configs.find(({ name }) => name === change.name)?.value).toBe('2000000')
    await admin.createPartitions({ topics: [{ name: 't', count: 6 }] })
    const metadata = await admin.metadata({ topics: ['t'], forceUpdate: true })
    expect(metadata.topics.get('t')?.partitionsCount).toBe(6)
    const deleted = await admin.deleteRecords({
      topics: [{ name: 't', partitions: [{ partition: 0, offset: 5n }] }],
    })
    expect(deleted[0]?.partitions).toEqual([{ partition: 0, lowWatermark: 5n }])
    expect(await admin.describeLogDirs({ topics: [{ name: 't', partitions: [0] }] })).toHaveLength(brokers)
    await admin.deleteTopics({ topics: ['t'] })
    expect(await admin.listTopics()).not.toContain('t')
  })

  it('finds a topic that it makes by producing to it', async () => {
    const producer = new Producer({ ...base(), autocreateTopics: true, serializers: stringSerializers })
    const { offsets } = await producer.send({ messages: [{ topic: 'made', value: 'x' }] })
    expect(offsets).toMatchObject([{ topic: 'made', offset: 0n }])
    await producer.close()
  })
})
