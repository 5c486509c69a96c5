import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../../../src/index.ts'
import { Produce } from '../../../src/protocol/messages/00-produce.ts'
import { Fetch } from '../../../src/protocol/messages/01-fetch.ts'
import { Metadata } from '../../../src/protocol/messages/03-metadata.ts'
import { InitProducerId } from '../../../src/protocol/messages/22-init-producer-id.ts'
import { encodeBatch } from '../../../src/protocol/records/batch-builder.ts'
import { encodeLegacy } from '../../../src/protocol/records/legacy.ts'
import { batchOf, fetched, fetchRequest, produceRequest } from '../requests.ts'
import { TestClient } from '../test-client.ts'

let cluster: Cluster
const clients: TestClient[] = []
const connect = async (broker = 0): Promise<TestClient> => {
  const client = await TestClient.connect(cluster.brokers[broker]?.port ?? 0)
  clients.push(client)
  return client
}
let client: TestClient
beforeAll(async () => {
  cluster = await startCluster({
    brokers: 2,
    storage: 'memory',
    topics: ['one', 'acks', 'moved:2', 'ids', 'old', 'piped:1:2', 'stamped', 'closed', 'internal'],
  })
})
afterAll(() => cluster.stop())
beforeEach(async () => {
  client = await connect(await leaderOf('one'))
})
afterEach(() => {
  for (const each of clients.splice(0)) each.close()
})

/** Index of the broker that leads partition 0. */
const leaderOf = async (topic: string, partition = 0): Promise<number> => {
  const asking = await connect()
  const { topics } = await asking.ask(Metadata, 9, {
    topics: [{ topicId: 'AAAAAAAAAAAAAAAAAAAAAA', name: topic }],
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  })
  return (topics[0]?.partitions.find((each) => each.partitionIndex === partition)?.leaderId ?? 0) - 1
}

describe('Produce', () => {
  it('answers pipelined requests in order, and appends them in order', async () => {
    const leader = await connect(await leaderOf('piped'))
    const ids = Array.from({ length: 50 }, (_, i) =>
      leader.send(Produce, 9, produceRequest('piped', batchOf(`${i}`))),
    )
    const offsets: bigint[] = []
    for (const id of ids) {
      const { responses } = await leader.receive(Produce, 9, id)
      offsets.push(responses[0]?.partitionResponses[0]?.baseOffset ?? -1n)
    }
    expect(offsets).toEqual(ids.map((_, i) => BigInt(i)))
    const read = fetched(await leader.ask(Fetch, 11, fetchRequest([{ topic: 'piped' }])))
    expect(read['piped-0']).toEqual(ids.map((_, i) => String(i)))
  })

  it.each([2, -2, 7])('refuses acks=%i', async (acks) => {
    const { responses } = await client.ask(Produce, 9, produceRequest('one', batchOf('a'), { acks }))
    expect(responses[0]?.partitionResponses[0]).toMatchObject({ errorCode: 21, baseOffset: -1n })
  })

  it('names the leader and its address to who asks the wrong broker (v10 and newer)', async () => {
    const leader = await leaderOf('moved')
    const wrong = await connect(1 - leader)
    const { responses, nodeEndpoints } = await wrong.ask(Produce, 10, produceRequest('moved', batchOf('a')))
    expect(responses[0]?.partitionResponses[0]).toMatchObject({
      errorCode: 6,
      currentLeader: { leaderId: leader + 1, leaderEpoch: 0 },
    })
    const { id: nodeId, host, port } = cluster.brokers[leader] ?? {}
    expect(nodeEndpoints).toEqual([{ nodeId, host, port, rack: null }])
    const old = await wrong.ask(Produce, 9, produceRequest('moved', batchOf('a')))
    expect(old.responses[0]?.partitionResponses[0]).toMatchObject({ errorCode: 6 })
  })

  it('takes topic ids from v13 on, and refuses one that is unknown', async () => {
    const leader = await connect(await leaderOf('ids'))
    const { topics } = await leader.ask(Metadata, 12, {
      topics: [{ topicId: 'AAAAAAAAAAAAAAAAAAAAAA', name: 'ids' }],
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    })
    const topicId = topics[0]?.topicId ?? ''
    const known = await leader.ask(Produce, 13, produceRequest('', batchOf('a'), { topicId }))
    expect(known.responses[0]).toMatchObject({
      topicId,
      partitionResponses: [{ errorCode: 0, baseOffset: 0n }],
    })
    const unknown = 'AAAAAAAAAAAAAAAAAAAAZg'
    const refused = await leader.ask(Produce, 13, produceRequest('', batchOf('a'), { topicId: unknown }))
    expect(refused.responses[0]).toMatchObject({ topicId: unknown, partitionResponses: [{ errorCode: 100 }] })
  })

  it.each([
    [0, 0],
    [1, 0],
    [2, 1],
  ])('version %i takes messages of magic %i', async (version, magic) => {
    const leader = await connect(await leaderOf('old'))
    const records = encodeLegacy({
      magic: magic as 0 | 1,
      records: [{ offset: 0, timestamp: 1_700_000_000_000, key: 'k', value: `v${version}` }],
    })
    const { responses } = await leader.ask(Produce, version, produceRequest('old', records))
    expect(responses[0]?.partitionResponses[0]?.errorCode).toBe(0)
    const offset = Number(responses[0]?.partitionResponses[0]?.baseOffset)
    const read = fetched(await leader.ask(Fetch, 11, fetchRequest([{ topic: 'old', offset }])))
    expect(read['old-0']).toEqual([`v${version}`])
  })

  it('hangs up on acks=0 when the append fails, having no other way to say so', async () => {
    client.send(Produce, 9, produceRequest('no-such-topic', batchOf('a'), { acks: 0 }))
    await client.connection.closed
  })

  it('refuses internal topics to all but the admin client', async () => {
    const records = encodeBatch({ records: [{ timestamp: 1, key: Buffer.from('k'), value: null }] })
    await client.ask(Metadata, 9, {
      topics: [{ topicId: 'AAAAAAAAAAAAAAAAAAAAAA', name: '__consumer_offsets' }],
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    })
    const leader = await connect(await leaderOf('__consumer_offsets'))
    const { responses } = await leader.ask(Produce, 9, produceRequest('__consumer_offsets', records))
    expect(responses[0]?.partitionResponses[0]?.errorCode).toBe(17)
  })

  it('refuses a transactional batch without a transactional id', async () => {
    const records = encodeBatch({
      records: [{ timestamp: 1, key: null, value: Buffer.from('x') }],
      producerId: 5n,
      producerEpoch: 0,
      baseSequence: 0,
      isTransactional: true,
    })
    const { responses } = await client.ask(Produce, 9, produceRequest('one', records))
    expect(responses[0]?.partitionResponses[0]?.errorCode).toBe(53)
  })
})

describe('InitProducerId', () => {
  const request = {
    transactionalId: null,
    transactionTimeoutMs: 1000,
    enable2Pc: false,
    keepPreparedTxn: false,
  }

  it('never gives the same id twice, whichever broker is asked', async () => {
    const seen = new Set<bigint>()
    for (const broker of [0, 1]) {
      const asking = await connect(broker)
      for (let i = 0; i < 1200; i++) {
        const { errorCode, producerId, producerEpoch } = await asking.ask(InitProducerId, 4, request)
        expect([errorCode, producerEpoch]).toEqual([0, 0])
        seen.add(producerId)
      }
    }
    expect(seen.size).toBe(2400)
  })

  it('refuses transactional ids with an error that no client retries', async () => {
    const answer = await client.ask(InitProducerId, 4, { ...request, transactionalId: 'tx' })
    expect(answer).toMatchObject({ errorCode: 35, producerId: -1n })
  })
})
