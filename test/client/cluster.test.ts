import { describe, expect, it } from 'vitest'
import { formatAddress, parseBootstrap } from '../../src/client/address.ts'
import { Admin } from '../../src/client/admin.ts'
import type { ClientError } from '../../src/client/client-error.ts'
import { ClusterClient } from '../../src/client/cluster.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { ManualClock } from '../../src/runtime/manual-clock.ts'
import { SeededRandom } from '../../src/runtime/random.ts'
import { apiVersions, metadata, type Received, type Script, ScriptedNetwork } from './scripted-broker.ts'

const BROKERS = [
  { id: 1, port: 9092 },
  { id: 2, port: 9093 },
]

const world = (script: Script, addresses = ['kafka:9092', 'kafka:9093'], bootstrap = 'kafka:9092') => {
  const network = new ScriptedNetwork(addresses, (request) =>
    request.api === 'ApiVersions' ? apiVersions() : script(request),
  )
  const clock = new ManualClock()
  const env = { clock, network, random: new SeededRandom(1), log: silentLogger }
  return { network, clock, cluster: new ClusterClient(env, { bootstrap }) }
}

const failure = (promise: Promise<unknown>): Promise<ClientError> =>
  promise.then(
    (value) => {
      throw new Error(`it gave ${JSON.stringify(value)}`)
    },
    (error) => error as ClientError,
  )

describe('a bootstrap list', () => {
  it('is host:port, separated by commas, with listener names, IPv6 and a default port', () => {
    expect(parseBootstrap(' a:1, PLAINTEXT://b:2 ,[::1]:3,c')).toEqual([
      { host: 'a', port: 1 },
      { host: 'b', port: 2 },
      { host: '::1', port: 3 },
      { host: 'c', port: 9092 },
    ])
    expect(formatAddress({ host: '::1', port: 3 })).toBe('[::1]:3')
  })

  it.each(['', ' , ', 'a:0', 'a:70000', 'http://a:80/x', '::1:9092', 'a b:1'])('is not %j', (text) => {
    expect(() => parseBootstrap(text)).toThrow()
  })
})

describe('a cluster client', () => {
  it('goes on to the next bootstrap address when one refuses', async () => {
    const { cluster } = world(() => metadata(BROKERS), ['kafka:9093'], 'kafka:9092,kafka:9093')
    expect((await cluster.cluster()).brokers.map(({ id }) => id)).toEqual([1, 2])
  })

  it('says of every address why it could not be reached', async () => {
    const { cluster } = world(() => metadata(BROKERS), [], 'kafka:9092,kafka:9093')
    expect((await failure(cluster.cluster())).message).toBe(
      'no connection to kafka:9092: nothing listens there; no connection to kafka:9093: nothing listens there',
    )
  })

  it('asks once for what it knows, and again after it was told to forget', async () => {
    const { cluster, network } = world(({ body }) => metadata(BROKERS, { t: [1, 2] }, body.topics))
    expect((await cluster.topic('t')).partitions.map(({ leaderId }) => leaderId)).toEqual([1, 2])
    await cluster.topic('t')
    expect(await cluster.leader('t', 1)).toBe(2)
    expect(network.asked).toEqual(['Metadata'])
    cluster.forget('t')
    await cluster.topic('t')
    expect(network.asked).toEqual(['Metadata', 'Metadata'])
  })

  it('does not wait for a topic that does not exist, but does for one that is being created', async () => {
    let asked = 0
    const { cluster, clock } = world(({ body }) =>
      metadata(BROKERS, asked++ < 3 ? {} : { t: [1] }, body.topics),
    )
    expect((await failure(cluster.topic('t'))).code).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    const created = cluster.topic('t', { autoCreate: true })
    await clock.advance(1_000)
    expect((await created).name).toBe('t')
  })

  it('waits for a leader for as long as it was told to, not longer', async () => {
    const { cluster, clock } = world(({ body }) => metadata(BROKERS, { t: [-1] }, body.topics))
    const waiting = failure(cluster.retrying(() => cluster.leader('t', 0)))
    await clock.advance(31_000)
    expect((await waiting).code).toBe('LEADER_NOT_AVAILABLE')
    expect(clock.pending).toBe(0)
  })

  it('shares one connection to a broker, and opens another when it was lost', async () => {
    const { cluster, network } = world(() => metadata(BROKERS))
    const [first, second] = await Promise.all([cluster.node(2), cluster.node(2)])
    expect(first).toBe(second)
    network.cut()
    const third = await cluster.node(2)
    expect(third).not.toBe(first)
    expect(third.isOpen).toBe(true)
  })

  it('names the advertised address when that is what cannot be reached', async () => {
    const { cluster } = world(() => metadata([{ id: 7, host: 'inside', port: 1 }]))
    expect((await failure(cluster.node(7))).message).toBe(
      'broker 7 says that its address is inside:1, but no connection to inside:1: nothing listens there',
    )
  })

  it('closes every connection, and says so to what is called later', async () => {
    const { cluster, network } = world(() => metadata(BROKERS))
    await cluster.node(1)
    await cluster.node(2)
    cluster.close()
    await Promise.resolve()
    expect(network.openPeers).toBe(0)
    expect((await failure(cluster.any())).kind).toBe('usage')
  })
})

describe('changes', () => {
  const created = (errorCode: number) => ({
    response: {
      topics: [{ name: 't', topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', errorCode, errorMessage: null, configs: [] }],
    },
  })

  it('go to the controller, and again when it has moved', async () => {
    let controller = 1
    const script = ({ api, address }: Received) => {
      if (api === 'Metadata') return metadata([...BROKERS].sort((a) => (a.id === controller ? -1 : 1)))
      const right = address === 'kafka:9093'
      controller = 2
      return created(right ? 0 : 41)
    }
    const { cluster, clock, network } = world(script)
    const results = new Admin(cluster).createTopics([{ name: 't', partitions: 2 }])
    await clock.advance(1_000)
    expect(await results).toEqual([{ name: 't', error: null }])
    expect(
      network.received.filter(({ api }) => api === 'CreateTopics').map(({ address }) => address),
    ).toEqual(['kafka:9092', 'kafka:9093'])
  })

  it('are not sent again after the connection was lost: they may have been made', async () => {
    const { cluster, network } = world(({ api }) => (api === 'Metadata' ? metadata(BROKERS) : 'hang up'))
    const error = await failure(new Admin(cluster).createTopics([{ name: 't' }]))
    expect(error.kind).toBe('disconnected')
    expect(network.asked.filter((api) => api === 'CreateTopics')).toHaveLength(1)
  })

  it('tell what was refused, with the words of the broker', async () => {
    const { cluster } = world(({ api }) => (api === 'Metadata' ? metadata(BROKERS) : created(36)))
    const [result] = await new Admin(cluster).createTopics([{ name: 't' }])
    expect(result?.error?.message).toBe('topic "t": TOPIC_ALREADY_EXISTS')
  })
})
