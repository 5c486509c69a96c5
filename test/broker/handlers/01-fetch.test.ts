import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../../../src/index.ts'
import { Produce } from '../../../src/protocol/messages/00-produce.ts'
import { Fetch } from '../../../src/protocol/messages/01-fetch.ts'
import { CreateTopics } from '../../../src/protocol/messages/19-create-topics.ts'
import { DeleteTopics } from '../../../src/protocol/messages/20-delete-topics.ts'
import { legacyRecordsOf } from '../../../src/protocol/records/legacy.ts'
import { ManualClock } from '../../../src/runtime/manual-clock.ts'
import { batchOf, fetched, fetchRequest, produceRequest } from '../requests.ts'
import { TestClient } from '../test-client.ts'

let cluster: Cluster
let clock: ManualClock
let client: TestClient
let producer: TestClient
let made = 0
beforeAll(async () => {
  clock = new ManualClock()
  cluster = await startCluster({ storage: 'memory', clock, config: { 'auto.create.topics.enable': false } })
})
afterAll(() => cluster.stop())
beforeEach(async () => {
  const port = cluster.brokers[0]?.port ?? 0
  ;[client, producer] = await Promise.all([TestClient.connect(port), TestClient.connect(port)])
})
afterEach(() => {
  client.close()
  producer.close()
})

const newTopic = async (partitions = 1): Promise<string> => {
  const name = `fetch-${++made}`
  const { topics } = await producer.ask(CreateTopics, 7, {
    topics: [{ name, numPartitions: partitions, replicationFactor: 1, assignments: [], configs: [] }],
    timeoutMs: 1000,
    validateOnly: false,
  })
  expect(topics[0]?.errorCode).toBe(0)
  return name
}
const produce = async (topic: string, partition: number, ...values: string[]): Promise<void> => {
  const answer = await producer.ask(Produce, 9, produceRequest(topic, batchOf(...values), { partition }))
  expect(answer.responses[0]?.partitionResponses[0]?.errorCode).toBe(0)
}

describe('a fetch that waits', () => {
  it('is answered as soon as there are records', async () => {
    const topic = await newTopic()
    const id = client.send(Fetch, 11, fetchRequest([{ topic }], { maxWaitMs: 60_000 }))
    await produce(topic, 0, 'a')
    expect(fetched(await client.receive(Fetch, 11, id))).toEqual({ [`${topic}-0`]: ['a'] })
  })

  it('waits for min bytes over all its partitions', async () => {
    const topic = await newTopic(2)
    const both = [0, 1].map((partition) => ({ topic, partition }))
    const minBytes = 2 * batchOf('a').length
    const id = client.send(Fetch, 11, fetchRequest(both, { maxWaitMs: 60_000, minBytes }))
    await produce(topic, 0, 'a')
    await produce(topic, 1, 'b')
    expect(fetched(await client.receive(Fetch, 11, id))).toEqual({
      [`${topic}-0`]: ['a'],
      [`${topic}-1`]: ['b'],
    })
  })

  it('is answered with what there is when its time is over', async () => {
    const topic = await newTopic()
    await produce(topic, 0, 'a')
    const id = client.send(Fetch, 11, fetchRequest([{ topic }], { maxWaitMs: 500, minBytes: 100_000 }))
    await clock.advance(499)
    const answer = client.receive(Fetch, 11, id)
    await clock.advance(1)
    expect(fetched(await answer)).toEqual({ [`${topic}-0`]: ['a'] })
  })

  it('hears at once that a partition is gone', async () => {
    const topic = await newTopic()
    const id = client.send(Fetch, 11, fetchRequest([{ topic }], { maxWaitMs: 60_000 }))
    await producer.ask(DeleteTopics, 5, { topics: [], topicNames: [topic], timeoutMs: 1000 })
    expect(fetched(await client.receive(Fetch, 11, id))).toEqual({ [`${topic}-0`]: 3 })
  })
})

describe('limits', () => {
  it('gives the first batch even when it exceeds them, and no other', async () => {
    const topic = await newTopic(2)
    await produce(topic, 0, 'x'.repeat(1000))
    await produce(topic, 1, 'y')
    const from = [0, 1].map((partition) => ({ topic, partition, maxBytes: 10 }))
    const answer = fetched(await client.ask(Fetch, 11, fetchRequest(from, { maxBytes: 100 })))
    expect(answer).toEqual({ [`${topic}-0`]: ['x'.repeat(1000)], [`${topic}-1`]: [] })
  })

  it('stops at the limit of a partition', async () => {
    const topic = await newTopic()
    for (const value of ['a', 'b', 'c']) await produce(topic, 0, value)
    const maxBytes = 2 * batchOf('a').length
    const answer = fetched(await client.ask(Fetch, 11, fetchRequest([{ topic, maxBytes }])))
    expect(answer).toEqual({ [`${topic}-0`]: ['a', 'b'] })
  })
})

describe('an incremental session', () => {
  it('sends everything once, then only what changed, and learns what is no longer wanted', async () => {
    const topic = await newTopic(3)
    const all = [0, 1, 2].map((partition) => ({ topic, partition }))
    const full = await client.ask(Fetch, 12, fetchRequest(all, { sessionEpoch: 0 }))
    expect(fetched(full)).toEqual({ [`${topic}-0`]: [], [`${topic}-1`]: [], [`${topic}-2`]: [] })
    const { sessionId } = full
    expect(sessionId).toBeGreaterThan(0)
    const next = async (sessionEpoch: number, over: object = {}, from: object[] = []) =>
      fetched(await client.ask(Fetch, 12, fetchRequest(from, { sessionId, sessionEpoch, ...over })))
    expect(await next(1)).toEqual({})
    await produce(topic, 1, 'a')
    expect(await next(2)).toEqual({ [`${topic}-1`]: ['a'] })
    expect(await next(3, {}, [{ topic, partition: 1, offset: 1 }])).toEqual({})
    await produce(topic, 0, 'b')
    await produce(topic, 2, 'c')
    const forgottenTopicsData = [{ topic, topicId: 'AAAAAAAAAAAAAAAAAAAAAA', partitions: [0] }]
    expect(await next(4, { forgottenTopicsData })).toEqual({ [`${topic}-2`]: ['c'] })
  })

  it('answers an error again and again until it is gone', async () => {
    const topic = await newTopic()
    const { sessionId } = await client.ask(
      Fetch,
      12,
      fetchRequest([{ topic, offset: 5 }], { sessionEpoch: 0 }),
    )
    for (const sessionEpoch of [1, 2]) {
      const answer = await client.ask(Fetch, 12, fetchRequest([], { sessionId, sessionEpoch }))
      expect(fetched(answer)).toEqual({ [`${topic}-0`]: 1 })
    }
  })
})

describe('old clients', () => {
  it.each([
    [0, 0],
    [1, 0],
    [2, 1],
    [3, 1],
  ])('version %i gets messages of magic %i', async (version, magic) => {
    const topic = await newTopic()
    await produce(topic, 0, 'a', 'b')
    const answer = await client.ask(Fetch, version, fetchRequest([{ topic, offset: 1 }], { minBytes: 0 }))
    const records = answer.responses[0]?.partitions[0]?.records ?? Buffer.alloc(0)
    const size = 12 + records.readInt32BE(8)
    expect(records[16]).toBe(magic)
    const [message] = [...legacyRecordsOf(records, 0, size)]
    expect(message).toMatchObject({ offset: 1, timestamp: magic === 0 ? -1 : 1_700_000_000_000 })
    expect(String(message?.value)).toBe('b')
    expect(records).toHaveLength(size)
  })

  it('before version 3 gets the first bytes of a message that exceeds its limit', async () => {
    const topic = await newTopic()
    await produce(topic, 0, 'x'.repeat(1000))
    const answer = await client.ask(Fetch, 2, fetchRequest([{ topic, maxBytes: 100 }]))
    expect(answer.responses[0]?.partitions[0]?.records).toHaveLength(100)
  })
})
