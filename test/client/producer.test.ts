import { describe, expect, it } from 'vitest'
import type { ClientError } from '../../src/client/client-error.ts'
import { ClusterClient } from '../../src/client/cluster.ts'
import { Producer, type ProducerOptions } from '../../src/client/producer.ts'
import { baseSequence, batchesOf, magic, producerId } from '../../src/protocol/records/batch.ts'
import { RecordCursor } from '../../src/protocol/records/record.ts'
import type { Versions } from '../../src/protocol/schema/field.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { ManualClock } from '../../src/runtime/manual-clock.ts'
import { SeededRandom } from '../../src/runtime/random.ts'
import { type Answer, apiVersions, metadata, type Received, ScriptedNetwork } from './scripted-broker.ts'

const BROKERS = [
  { id: 1, port: 9092 },
  { id: 2, port: 9093 },
]
const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'

interface Sent {
  readonly partition: number
  readonly values: readonly string[]
  readonly magic: number
  readonly producerId: number
  readonly baseSequence: number
}

/** What lies in the produce requests, batch by batch. */
const sentIn = ({ body }: Received): Sent[] =>
  body.topicData.flatMap(({ partitionData }: { partitionData: { index: number; records: Buffer }[] }) =>
    partitionData.flatMap(({ index, records }) =>
      [...batchesOf(records)].map(({ position }) => {
        const values: string[] = []
        if (magic(records, position) < 2)
          return {
            partition: index,
            values,
            magic: magic(records, position),
            producerId: -1,
            baseSequence: -1,
          }
        for (const cursor = new RecordCursor(records, position); cursor.next(); )
          values.push(String(cursor.value))
        return {
          partition: index,
          values,
          magic: magic(records, position),
          producerId: producerId(records, position),
          baseSequence: baseSequence(records, position),
        }
      }),
    ),
  )

const produced = (request: Received, errorCode = 0, baseOffset = 10n): Answer => ({
  response: {
    responses: request.body.topicData.map((topic: { partitionData: { index: number }[] }) => ({
      name: request.version >= 13 ? '' : 't',
      topicId: TOPIC_ID,
      partitionResponses: topic.partitionData.map(({ index }) => ({
        index,
        errorCode,
        baseOffset,
        recordErrors: [],
      })),
    })),
  },
})

interface World {
  readonly leaders?: readonly number[]
  readonly options?: Partial<ProducerOptions>
  readonly versions?: Readonly<Record<string, Versions>>
  readonly produce?: (request: Received, count: number) => Answer
}

const world = ({
  leaders = [1],
  options = {},
  versions,
  produce = (request) => produced(request),
}: World) => {
  let count = 0
  const network = new ScriptedNetwork(['kafka:9092', 'kafka:9093'], (request) => {
    if (request.api === 'ApiVersions') return apiVersions(versions)
    if (request.api === 'Metadata') return metadata(BROKERS, { t: leaders }, request.body.topics)
    if (request.api === 'InitProducerId')
      return { response: { errorCode: 0, producerId: 77n, producerEpoch: 0 } }
    return produce(request, count++)
  })
  const clock = new ManualClock()
  const env = { clock, network, random: new SeededRandom(1), log: silentLogger }
  const producer = new Producer(new ClusterClient(env, { bootstrap: 'kafka:9092' }), options)
  const send = (value: string, partition?: number) =>
    producer.send({
      topic: 't',
      key: null,
      value: Buffer.from(value),
      ...(partition === undefined ? {} : { partition }),
    })
  const sent = () => network.received.filter(({ api }) => api === 'Produce').map(sentIn)
  return { network, clock, producer, send, sent }
}

const failure = (promise: Promise<unknown>): Promise<ClientError> =>
  promise.then(
    () => {
      throw new Error('it did not fail')
    },
    (error) => error as ClientError,
  )

describe('a producer', () => {
  it('puts records that are sent together in one batch and tells each its offset', async () => {
    const { send, sent } = world({})
    const results = await Promise.all(['a', 'b', 'c'].map((value) => send(value)))
    expect(results.map(({ offset }) => offset)).toEqual([10, 11, 12])
    expect(sent().map((batches) => batches.map(({ values }) => values))).toEqual([[['a', 'b', 'c']]])
  })

  it('sends the batches of all partitions that a broker leads in one request', async () => {
    const { send, network } = world({ leaders: [1, 2, 1] })
    await Promise.all([0, 1, 2].map((partition) => send(`to ${partition}`, partition)))
    const requests = network.received.filter(({ api }) => api === 'Produce')
    const byAddress = requests.map((request) => [
      request.address,
      sentIn(request).map(({ partition }) => partition),
    ])
    expect(byAddress.sort()).toEqual([
      ['kafka:9092', [0, 2]],
      ['kafka:9093', [1]],
    ])
  })

  it('gathers the next batch while one is under way, so that order holds through a retry', async () => {
    const { send, sent, clock } = world({
      produce: (request, count) => produced(request, count === 0 ? 6 : 0),
    })
    const first = send('a')
    await clock.advance(0)
    const second = send('b')
    await clock.advance(1_000)
    await Promise.all([first, second])
    expect(sent().flatMap((batches) => batches.flatMap(({ values }) => values))).toEqual(['a', 'a', 'b'])
  })

  it('tries again after a lost connection, with the same sequence number when it is idempotent', async () => {
    const { send, sent, clock } = world({
      options: { idempotent: true },
      produce: (request, count) => (count === 0 ? 'hang up' : produced(request)),
    })
    const first = Promise.all([send('a'), send('b')])
    await clock.advance(1_000)
    await first
    await send('c')
    expect(sent().flat()).toMatchObject([
      { values: ['a', 'b'], producerId: 77, baseSequence: 0 },
      { values: ['a', 'b'], producerId: 77, baseSequence: 0 },
      { values: ['c'], producerId: 77, baseSequence: 2 },
    ])
  })

  it('takes a batch that the broker already has for delivered', async () => {
    const { send } = world({ options: { idempotent: true }, produce: (request) => produced(request, 46) })
    expect((await send('a')).offset).toBe(-1)
  })

  it('halves a batch that is too large until it fits, and refuses a record that alone is', async () => {
    const { send, sent } = world({
      produce: (request) => produced(request, sentIn(request)[0]!.values.length > 1 ? 10 : 0),
    })
    await Promise.all(['a', 'b', 'c', 'd'].map((value) => send(value)))
    const delivered = sent()
      .flat()
      .filter(({ values }) => values.length === 1)
    expect(delivered.map(({ values }) => values[0])).toEqual(['a', 'b', 'c', 'd'])
    const strict = world({ produce: (request) => produced(request, 10) })
    expect((await failure(strict.send('a'))).code).toBe('MESSAGE_TOO_LARGE')
  })

  it('gives up when a record could not be delivered in time', async () => {
    const { send, clock } = world({
      options: { deliveryTimeoutMs: 3_000 },
      produce: (request) => produced(request, 19),
    })
    const sending = failure(send('a'))
    await clock.advance(5_000)
    expect((await sending).code).toBe('NOT_ENOUGH_REPLICAS')
    expect(clock.pending).toBe(0)
  })

  it('asks nobody with acks=0', async () => {
    const { send, network } = world({ options: { acks: 0 }, produce: () => 'silence' })
    expect(await send('a')).toMatchObject({ partition: 0, offset: -1 })
    await Promise.resolve()
    expect(network.received.at(-1)?.body.acks).toBe(0)
  })

  it('flushes: what is queued has left when close resolves, and later records are refused', async () => {
    const { send, sent, producer, clock } = world({ options: { lingerMs: 50 } })
    const sending = send('a')
    const closing = producer.close()
    await clock.advance(100)
    await closing
    await sending
    expect(sent()).toHaveLength(1)
    expect((await failure(send('b'))).kind).toBe('usage')
  })

  it('refuses a partition that the topic does not have', async () => {
    const { send } = world({ leaders: [1, 1] })
    expect((await failure(send('a', 2))).code).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })

  it.each([
    [0, 0],
    [1, 0],
    [2, 1],
    [3, 2],
    [12, 2],
    [13, 2],
  ])('speaks Produce v%i with message format %i', async (version, format) => {
    const { send, sent } = world({
      versions: { ApiVersions: [0, 3], Metadata: [1, version >= 13 ? 12 : 4], Produce: [version, version] },
    })
    expect((await send('a')).offset).toBe(10)
    expect(sent()[0]?.[0]?.magic).toBe(format)
  })

  it('waits with more records than its buffer holds', async () => {
    const { producer, sent } = world({ options: { bufferBytes: 1_000 } })
    const value = Buffer.alloc(900)
    const sending = [1, 2, 3].map(() => producer.send({ topic: 't', key: null, value }))
    await Promise.all(sending)
    expect(sent().map(([batch]) => batch?.values.length)).toEqual([1, 1, 1])
  })
})
