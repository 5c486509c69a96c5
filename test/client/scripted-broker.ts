import { FrameSplitter } from '../../src/protocol/frame.ts'
import { decodeRequestHeader, encodeResponseFrame } from '../../src/protocol/header.ts'
import { APIS } from '../../src/protocol/messages/index.ts'
import { Reader } from '../../src/protocol/reader.ts'
import { requestCodec } from '../../src/protocol/schema/codec.ts'
import type { Versions } from '../../src/protocol/schema/field.ts'
import type { Address, Listener, Network, Peer, PeerEvents } from '../../src/runtime/network.ts'

/** What a scripted broker got. */
export interface Received {
  readonly api: string
  readonly version: number
  readonly clientId: string | null
  readonly address: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look at requests of many APIs.
  readonly body: any
}

/** What a script does with a request: answer it, leave it unanswered, or hang up. */
export type Answer = { readonly response: unknown } | { readonly raw: Buffer } | 'silence' | 'hang up'

export type Script = (request: Received) => Answer | Promise<Answer>

/**
 * Brokers that exist only as a script: a network whose every connection decodes requests with the schemas and gives the
 * script's answers. Bytes go through `queueMicrotask`, so nothing arrives while it is still being written.
 */
export class ScriptedNetwork implements Network {
  readonly received: Received[] = []
  /** Addresses at which something listens, as host:port; others refuse. */
  readonly reachable: Set<string>
  readonly #script: Script
  readonly #peers = new Set<ScriptedPeer>()
  /** Chunks of this size, when set: shows that answers may arrive in pieces. */
  chunkBytes = Number.POSITIVE_INFINITY

  constructor(addresses: readonly string[], script: Script) {
    this.reachable = new Set(addresses)
    this.#script = script
  }

  /** Names of the APIs that were asked, in order, without the negotiation. */
  get asked(): string[] {
    return this.received.map(({ api }) => api).filter((api) => api !== 'ApiVersions')
  }

  get openPeers(): number {
    return this.#peers.size
  }

  listen(): Promise<Listener> {
    throw new Error('a client does not listen')
  }

  connect(address: Address): Promise<Peer> {
    const name = `${address.host}:${address.port}`
    if (!this.reachable.has(name))
      return Promise.reject(
        Object.assign(new Error(`connect ECONNREFUSED ${name}`), { code: 'ECONNREFUSED' }),
      )
    const peer = new ScriptedPeer(address, this, (request) => {
      this.received.push(request)
      return this.#script(request)
    })
    this.#peers.add(peer)
    return Promise.resolve(peer)
  }

  forget(peer: ScriptedPeer): void {
    this.#peers.delete(peer)
  }

  /** Every connection ends, as when the process of the broker dies. */
  cut(): void {
    for (const peer of [...this.#peers]) peer.hangUp()
  }
}

class ScriptedPeer implements Peer {
  readonly remote: Address
  readonly local: Address = { host: '127.0.0.1', port: 50_000 }
  readonly chunksAreOwned = true
  readonly #network: ScriptedNetwork
  readonly #script: Script
  readonly #frames = new FrameSplitter(2 ** 30)
  #events: PeerEvents | null = null
  #order: Promise<void> = Promise.resolve()

  constructor(remote: Address, network: ScriptedNetwork, script: Script) {
    this.remote = remote
    this.#network = network
    this.#script = script
  }

  start(events: PeerEvents): void {
    this.#events = events
  }

  write(buffers: readonly Buffer[]): boolean {
    this.#frames.push(Buffer.concat(buffers))
    for (let frame = this.#frames.next(); frame !== undefined; frame = this.#frames.next()) {
      const taken = Buffer.from(frame)
      this.#order = this.#order.then(() => this.#serve(taken))
    }
    return true
  }

  async #serve(frame: Buffer): Promise<void> {
    const header = decodeRequestHeader(frame)
    const { api, apiVersion: version, correlationId, clientId } = header
    const known = version <= api.versions[1]
    const body = known ? requestCodec(api, version).decode(new Reader(frame, header.bodyOffset)) : null
    const address = `${this.remote.host}:${this.remote.port}`
    const answer = await this.#script({ api: api.name, version, clientId, address, body })
    if (answer === 'silence') return
    if (answer === 'hang up') return this.hangUp()
    if ('raw' in answer) return this.#deliver(answer.raw)
    const { errorCode } = answer.response as { errorCode?: number }
    const asVersion = api.name === 'ApiVersions' && errorCode === 35 ? 0 : version
    this.#deliver(Buffer.concat(encodeResponseFrame(api, asVersion, correlationId, answer.response as never)))
  }

  #deliver(bytes: Buffer): void {
    const step = Math.min(this.#network.chunkBytes, bytes.length)
    for (let at = 0; at < bytes.length; at += step) {
      this.#events?.data(Buffer.from(bytes.subarray(at, at + step)))
    }
  }

  hangUp(): void {
    const events = this.#events
    this.destroy()
    events?.close()
  }

  pause(): void {}
  resume(): void {}
  end(): void {
    this.destroy()
  }
  destroy(): void {
    this.#events = null
    this.#network.forget(this)
  }
}

/** An ApiVersions response: every API of the schemas, or the given ranges by name. */
export const apiVersions = (ranges?: Readonly<Record<string, Versions>>): Answer => ({
  response: {
    errorCode: 0,
    apiKeys: APIS.filter((api) => ranges === undefined || ranges[api.name] !== undefined).map((api) => {
      const [minVersion, maxVersion] = ranges?.[api.name] ?? api.versions
      return { apiKey: api.key, minVersion, maxVersion }
    }),
  },
})

/** A Metadata response; `topics`: name → leader of each partition (-1: none). */
export const metadata = (
  brokers: readonly { id: number; port: number; host?: string }[],
  topics: Readonly<Record<string, readonly number[]>> = {},
  asked: readonly { name: string | null }[] | null = null,
): Answer => {
  const names = asked === null ? Object.keys(topics) : asked.map(({ name }) => name ?? '')
  return {
    response: {
      brokers: brokers.map(({ id, port, host = 'kafka' }) => ({ nodeId: id, host, port })),
      clusterId: 'c',
      controllerId: brokers[0]?.id ?? -1,
      errorCode: 0,
      topics: names.map((name) => ({
        errorCode: topics[name] === undefined ? 3 : 0,
        name,
        topicId: 'AAAAAAAAAAAAAAAAAAAAAQ',
        isInternal: false,
        partitions: (topics[name] ?? []).map((leaderId, partitionIndex) => ({
          errorCode: leaderId < 0 ? 5 : 0,
          partitionIndex,
          leaderId,
          leaderEpoch: 0,
          replicaNodes: [1],
          isrNodes: [1],
          offlineReplicas: [],
        })),
      })),
    },
  }
}
