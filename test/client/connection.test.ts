import { describe, expect, it } from 'vitest'
import type { ClientError } from '../../src/client/client-error.ts'
import { type ClientEnv, Connection } from '../../src/client/connection.ts'
import { Metadata } from '../../src/protocol/messages/03-metadata.ts'
import { Heartbeat } from '../../src/protocol/messages/12-heartbeat.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { ManualClock } from '../../src/runtime/manual-clock.ts'
import { SeededRandom } from '../../src/runtime/random.ts'
import { apiVersions, metadata, type Script, ScriptedNetwork } from './scripted-broker.ts'

const ADDRESS = { host: 'kafka', port: 9092 }
const NOBODY = {
  topics: [],
  allowAutoTopicCreation: true,
  includeClusterAuthorizedOperations: false,
  includeTopicAuthorizedOperations: false,
}
const HEARTBEAT = { groupId: 'g', generationId: 1, memberId: 'm' }

const world = (script: Script) => {
  const network = new ScriptedNetwork(['kafka:9092'], script)
  const clock = new ManualClock()
  const env: ClientEnv = { clock, network, random: new SeededRandom(1), log: silentLogger }
  return { network, clock, env }
}

const answering: Script = ({ api }) =>
  api === 'ApiVersions' ? apiVersions() : api === 'Metadata' ? metadata([{ id: 1, port: 9092 }]) : 'silence'

const failure = (promise: Promise<unknown>): Promise<ClientError> =>
  promise.then(
    () => {
      throw new Error('it did not fail')
    },
    (error) => error as ClientError,
  )

describe('negotiating', () => {
  it('uses the highest version that both sides speak', async () => {
    const { env, network } = world((request) =>
      request.api === 'ApiVersions'
        ? apiVersions({ ApiVersions: [0, 3], Metadata: [4, 7], Heartbeat: [90, 99] })
        : metadata([{ id: 1, port: 9092 }]),
    )
    const connection = await Connection.open(env, ADDRESS)
    await connection.request(Metadata, NOBODY)
    expect(network.received.at(-1)).toMatchObject({ api: 'Metadata', version: 7 })
    expect(connection.versionOf(Metadata, 5)).toBe(5)
    expect(connection.versionOf(Metadata, 3)).toBeUndefined()
    expect((await failure(connection.request(Heartbeat, HEARTBEAT))).kind).toBe('unsupported')
  })

  it('asks again in the version that the broker names when it refuses the newest (KIP-511)', async () => {
    const { env, network } = world(({ version }) =>
      version > 2
        ? { response: { errorCode: 35, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 2 }] } }
        : apiVersions({ Metadata: [0, 5] }),
    )
    const connection = await Connection.open(env, ADDRESS)
    expect(network.received.map(({ version }) => version)).toEqual([5, 2])
    expect(connection.versionOf(Metadata)).toBe(5)
  })

  it('takes a broker that hangs up on ApiVersions for 0.8.2', async () => {
    const { env, network } = world(({ api }) =>
      api === 'ApiVersions' ? 'hang up' : metadata([{ id: 1, port: 9092 }]),
    )
    const connection = await Connection.open(env, ADDRESS)
    expect(connection.versions.assumed).toBe(true)
    await connection.request(Metadata, NOBODY)
    expect(network.received.map(({ api, version }) => [api, version])).toEqual([
      ['ApiVersions', 5],
      ['ApiVersions', 0],
      ['Metadata', 0],
    ])
  })

  it('takes a broker that never answers ApiVersions for one as old', async () => {
    const { env, clock } = world(({ api }) => (api === 'ApiVersions' ? 'silence' : metadata([])))
    const opening = Connection.open(env, ADDRESS)
    await clock.advance(5_000)
    await clock.advance(5_000)
    expect((await opening).versions.assumed).toBe(true)
  })
})

describe('a connection', () => {
  it('pipelines: requests leave at once and each gets its own answer, whole or in pieces', async () => {
    const { env, network } = world(answering)
    network.chunkBytes = 3
    const connection = await Connection.open(env, ADDRESS, { clientId: 'me' })
    const calls = [1, 2, 3].map(() => connection.request(Metadata, NOBODY))
    expect(connection.inFlight).toBe(3)
    for (const call of calls) expect((await call).brokers).toHaveLength(1)
    expect(network.received.at(-1)?.clientId).toBe('me')
  })

  it('fails everything in flight when an answer takes too long, and is closed', async () => {
    const { env, clock, network } = world(answering)
    const connection = await Connection.open(env, ADDRESS, { requestTimeoutMs: 2_000 })
    const first = failure(connection.request(Heartbeat, HEARTBEAT))
    const second = failure(connection.request(Heartbeat, HEARTBEAT))
    await clock.advance(2_000)
    expect((await first).message).toBe('kafka:9092 did not answer Heartbeat within 2 s')
    expect((await second).kind).toBe('timeout')
    expect(connection.isOpen).toBe(false)
    expect(network.openPeers).toBe(0)
    expect(clock.pending).toBe(0)
    expect((await failure(connection.request(Metadata, NOBODY))).kind).toBe('timeout')
  })

  it('fails what waits when the broker hangs up', async () => {
    const { env, network } = world(answering)
    const connection = await Connection.open(env, ADDRESS)
    const waiting = failure(connection.request(Heartbeat, HEARTBEAT))
    network.cut()
    expect(await waiting).toMatchObject({ kind: 'disconnected', message: 'kafka:9092 closed the connection' })
  })

  it.each([
    ['an HTTP server', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['a TLS server', Buffer.from('15030300020246', 'hex')],
    ['an answer to something else', Buffer.from('0000000800000fff00000000', 'hex')],
    ['an answer cut short', Buffer.from('000000050000000100', 'hex')],
  ])('takes %s for what it is: not Kafka', async (_what, raw) => {
    const { env } = world(() => ({ raw }))
    const error = await failure(Connection.open(env, ADDRESS))
    expect(error.kind).toBe('protocol')
    expect(error.message).toMatch(/^kafka:9092 does not answer as Kafka does: /)
  })

  it('says that nothing listens at an address', async () => {
    const { env } = world(answering)
    const error = await failure(Connection.open(env, { host: 'elsewhere', port: 1 }))
    expect(error).toMatchObject({
      kind: 'connect',
      message: 'no connection to elsewhere:1: nothing listens there',
    })
  })

  it('gives up on an address that never answers the dial', async () => {
    const { env, clock } = world(answering)
    const slow = { ...env, network: { ...env.network, connect: () => new Promise<never>(() => {}) } as never }
    const opening = failure(Connection.open(slow, ADDRESS, { connectTimeoutMs: 1_000 }))
    await clock.advance(1_000)
    expect((await opening).message).toBe('no connection to kafka:9092 within 1 s')
  })
})
