import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../../../src/index.ts'
import { Metadata } from '../../../src/protocol/messages/03-metadata.ts'
import type { RequestInput } from '../../../src/protocol/schema/api.ts'
import { TestClient } from '../test-client.ts'

const ZERO = 'AAAAAAAAAAAAAAAAAAAAAA'

const asking = (
  names: readonly (string | null)[] | null,
  over: Partial<RequestInput<typeof Metadata>> = {},
): RequestInput<typeof Metadata> => ({
  topics: names?.map((name) => ({ topicId: ZERO, name })) ?? null,
  includeClusterAuthorizedOperations: false,
  includeTopicAuthorizedOperations: false,
  ...over,
})

describe('Metadata', () => {
  let cluster: Cluster
  let client: TestClient
  beforeAll(async () => {
    cluster = await startCluster({ brokers: 3, storage: 'memory', topics: ['b:3:2', 'a'] })
  })
  afterAll(() => cluster.stop())
  beforeEach(async () => {
    client = await TestClient.connect(cluster.brokers[0]?.port ?? 0)
  })
  afterEach(() => client.close())

  it('lists every broker, and all topics for null', async () => {
    const { brokers, clusterId, topics } = await client.ask(Metadata, 9, asking(null))
    expect(brokers).toEqual(
      cluster.brokers.map(({ id, host, port }) => ({ nodeId: id, host, port, rack: null })),
    )
    expect(clusterId).toBe(cluster.clusterId)
    expect(topics.map(({ name }) => name).sort()).toEqual(['a', 'b'])
  })

  it('asks for all with an empty list in version 0, and for none from version 1 on', async () => {
    expect((await client.ask(Metadata, 0, asking([]))).topics).toHaveLength(2)
    expect((await client.ask(Metadata, 1, asking([]))).topics).toHaveLength(0)
  })

  it('places replicas as Kafka does, from broker 1 on', async () => {
    const { topics } = await client.ask(Metadata, 9, asking(['b']))
    const placed = topics[0]?.partitions.map(({ leaderId, replicaNodes, isrNodes }) => [
      leaderId,
      replicaNodes,
      isrNodes,
    ])
    expect(placed).toEqual([
      [1, [1, 2], [1, 2]],
      [2, [2, 3], [2, 3]],
      [3, [3, 1], [3, 1]],
    ])
  })

  it('makes a topic that is asked for, and answers with its leader at once', async () => {
    const { topics } = await client.ask(Metadata, 9, asking(['on-demand']))
    expect(topics).toMatchObject([{ errorCode: 0, name: 'on-demand', partitions: [{ errorCode: 0 }] }])
    const other = await TestClient.connect(cluster.brokers[2]?.port ?? 0)
    const there = await other.ask(Metadata, 9, asking(['on-demand'], { allowAutoTopicCreation: false }))
    expect(there.topics[0]?.partitions[0]?.leaderId).toBe(topics[0]?.partitions[0]?.leaderId)
    other.close()
  })

  it('makes none when the client forbids it', async () => {
    const { topics } = await client.ask(Metadata, 9, asking(['forbidden'], { allowAutoTopicCreation: false }))
    expect(topics).toMatchObject([{ errorCode: 3, name: 'forbidden', partitions: [] }])
  })

  it.each(['', '.', '..', 'a b', 'a/b', 'é', 'x'.repeat(250)])('refuses the name %j', async (name) => {
    for (const allowAutoTopicCreation of [true, false]) {
      const { topics } = await client.ask(Metadata, 9, asking([name], { allowAutoTopicCreation }))
      expect(topics).toMatchObject([{ errorCode: 17, name }])
    }
  })

  it('takes names that mean something to JavaScript for what they are', async () => {
    const names = ['__proto__', 'constructor', 'toString', 'x'.repeat(249)]
    const { topics } = await client.ask(Metadata, 9, asking(names))
    expect(topics.map(({ errorCode, name }) => [errorCode, name])).toEqual(names.map((name) => [0, name]))
  })

  it('answers once for a topic that is named twice', async () => {
    expect((await client.ask(Metadata, 9, asking(['a', 'a']))).topics).toHaveLength(1)
  })

  it('finds topics by id from version 12 on', async () => {
    const { topics } = await client.ask(Metadata, 12, asking(['a']))
    const topicId = topics[0]?.topicId ?? ''
    const byId = await client.ask(Metadata, 12, asking([], { topics: [{ topicId, name: null }] }))
    expect(byId.topics).toMatchObject([{ errorCode: 0, name: 'a', topicId }])
  })

  it('answers a request for a hundred thousand topics that do not exist', async () => {
    const names = Array.from({ length: 100_000 }, (_, i) => `missing-${i}`)
    const { topics } = await client.ask(Metadata, 9, asking(names, { allowAutoTopicCreation: false }))
    expect(topics).toHaveLength(names.length)
    expect(new Set(topics.map(({ errorCode }) => errorCode))).toEqual(new Set([3]))
  })
})

describe('advertised addresses', () => {
  it('are the host that the client connected to, unless one is configured', async () => {
    await using plain = await startCluster({ storage: 'memory', host: '0.0.0.0' })
    await using fixed = await startCluster({ storage: 'memory', advertisedHost: 'kafka.example' })
    const hostsOf = async (cluster: Cluster, host: string): Promise<string[]> => {
      const client = await TestClient.connect(cluster.brokers[0]?.port ?? 0, host)
      const { brokers } = await client.ask(Metadata, 1, asking([]))
      client.close()
      return brokers.map((broker) => broker.host)
    }
    expect(await hostsOf(plain, '127.0.0.1')).toEqual(['127.0.0.1'])
    expect(await hostsOf(plain, '127.0.0.2')).toEqual(['127.0.0.2'])
    expect(await hostsOf(fixed, '127.0.0.1')).toEqual(['kafka.example'])
  })

  it('are those of the listener that is asked', async () => {
    await using cluster = await startCluster({
      storage: 'memory',
      brokers: 2,
      listeners: [
        { name: 'INTERNAL' },
        { name: 'EXTERNAL', port: 0, advertisedHost: 'outside', advertisedPort: 19_092 },
      ],
    })
    const ports = cluster.listeners.map(({ name, port }) => [name, port] as const)
    const external = ports.filter(([name]) => name === 'EXTERNAL').map(([, port]) => port)
    const client = await TestClient.connect(external[0] ?? 0)
    const { brokers } = await client.ask(Metadata, 1, asking([]))
    expect(brokers.map(({ host, port }) => `${host}:${port}`)).toEqual(['outside:19092', 'outside:19093'])
    client.close()
  })
})
