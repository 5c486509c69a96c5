import { DecodeError, EncodeError, ErrorCode } from '../protocol/errors.ts'
import { FrameSplitter } from '../protocol/frame.ts'
import { correlationIdOf, decodeResponseFrame, encodeRequestFrame } from '../protocol/header.ts'
import { ApiVersions } from '../protocol/messages/18-api-versions.ts'
import type { Api, RequestInput, ResponseOutput } from '../protocol/schema/api.ts'
import type { Timer } from '../runtime/clock.ts'
import type { Env } from '../runtime/env.ts'
import type { Address, Peer } from '../runtime/network.ts'
import { formatAddress } from './address.ts'
import { type ApiVersionTable, negotiate } from './api-versions.ts'
import { ClientError } from './client-error.ts'

/** What the client needs of the outside world. */
export type ClientEnv = Pick<Env, 'clock' | 'network' | 'random' | 'log'>

export interface ConnectionOptions {
  /** Sent with every request; shows in the broker's logs and quotas. */
  readonly clientId: string
  readonly connectTimeoutMs: number
  /** How long an answer may take before the connection is given up. */
  readonly requestTimeoutMs: number
  /** Longest response that is accepted. */
  readonly maxResponseBytes: number
}

export const DEFAULT_CONNECTION_OPTIONS: ConnectionOptions = {
  clientId: 'odradek-client',
  connectTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  maxResponseBytes: 256 * 1024 * 1024,
}

export interface CallOptions {
  /** Highest version to use, below what both sides know. */
  readonly maxVersion?: number
  /** Exactly this version, whatever the broker says that it speaks. */
  readonly version?: number
  /** Time limit of this call, in place of the connection's own. */
  readonly limitMs?: number
}

interface InFlight {
  readonly correlationId: number
  readonly api: Api
  readonly version: number
  readonly timer: Timer
  resolve(response: unknown): void
  reject(error: Error): void
}

/**
 * One connection to one broker. Requests are pipelined: each is written at once and the answers are matched in order, as
 * Kafka gives them. Any fault that leaves the stream uncertain (a time-out, bytes that are no answer) closes the
 * connection and fails everything in flight; the owner opens another.
 */
export class Connection {
  readonly address: Address
  readonly #env: ClientEnv
  readonly #options: ConnectionOptions
  readonly #peer: Peer
  readonly #frames: FrameSplitter
  readonly #inFlight: InFlight[] = []
  #versions: ApiVersionTable | null = null
  #nextCorrelationId = 1
  #failure: ClientError | null = null
  /** The peer holds more than it takes now. */
  #full = false
  #waitingForDrain: (() => void)[] = []

  private constructor(env: ClientEnv, peer: Peer, address: Address, options: ConnectionOptions) {
    this.#env = env
    this.#peer = peer
    this.address = address
    this.#options = options
    this.#frames = new FrameSplitter(options.maxResponseBytes)
  }

  /** Connects and asks which versions the broker speaks. Throws a ClientError. */
  static async open(
    env: ClientEnv,
    address: Address,
    options: Partial<ConnectionOptions> = {},
  ): Promise<Connection> {
    const all = { ...DEFAULT_CONNECTION_OPTIONS, ...options }
    const dial = async (): Promise<Connection> => {
      const connection = new Connection(env, await connect(env, address, all.connectTimeoutMs), address, all)
      connection.#peer.start({
        data: (chunk) => connection.#receive(chunk),
        drain: () => connection.#wake(),
        close: (error) => connection.#lost(error),
      })
      return connection
    }
    return negotiate(dial, (connection, table) => {
      connection.#versions = table
    })
  }

  /** False once the connection is closed, by whichever side. */
  get isOpen(): boolean {
    return this.#failure === null
  }

  /** Requests that wait for their answer. */
  get inFlight(): number {
    return this.#inFlight.length
  }

  /** What the broker said that it speaks. */
  get versions(): ApiVersionTable {
    return this.#versions ?? { ranges: new Map(), assumed: true }
  }

  /** The highest version that both sides speak, up to `max`; undefined when there is none. */
  versionOf(api: Api, max = Number.POSITIVE_INFINITY): number | undefined {
    const range = this.versions.ranges.get(api.key)
    if (range === undefined) return undefined
    const version = Math.min(range[1], api.versions[1], max)
    return version >= range[0] && version >= api.versions[0] ? version : undefined
  }

  /** Sends a request and gives its decoded answer. Throws a ClientError. */
  request<A extends Api>(
    api: A,
    request: RequestInput<A>,
    options: CallOptions = {},
  ): Promise<ResponseOutput<A>> {
    return new Promise<ResponseOutput<A>>((resolve, reject) => {
      const version = this.#chooseVersion(api, options)
      const correlationId = this.#write(api, version, request)
      const limitMs = options.limitMs ?? this.#options.requestTimeoutMs
      const timer = this.#env.clock.after(limitMs, () => this.#timeOut(api, limitMs))
      this.#inFlight.push({
        correlationId,
        api,
        version,
        timer,
        resolve: resolve as (response: unknown) => void,
        reject,
      })
    })
  }

  /** Sends a request that has no answer: Produce with acks=0. */
  requestWithoutAnswer<A extends Api>(api: A, request: RequestInput<A>, options: CallOptions = {}): void {
    this.#write(api, this.#chooseVersion(api, options), request)
  }

  /** Resolves when the socket takes more: for whoever sends without answers to wait for. */
  drained(): Promise<void> {
    if (!this.#full) return Promise.resolve()
    return new Promise((resolve) => this.#waitingForDrain.push(resolve))
  }

  /** Closes; what waits for an answer fails. Closing twice does nothing. */
  close(): void {
    this.#fail(new ClientError('disconnected', `the connection to ${formatAddress(this.address)} was closed`))
  }

  #chooseVersion(api: Api, options: CallOptions): number {
    const version = options.version ?? this.versionOf(api, options.maxVersion)
    if (version !== undefined) return version
    throw new ClientError(
      'unsupported',
      `the broker at ${formatAddress(this.address)} does not speak ${api.name} in a version that is known here`,
    )
  }

  #write<A extends Api>(api: A, version: number, request: RequestInput<A>): number {
    if (this.#failure !== null) throw this.#failure
    const correlationId = this.#nextCorrelationId
    this.#nextCorrelationId = (correlationId + 1) & 0x7fffffff
    const header = { correlationId, clientId: this.#options.clientId }
    let frame: Buffer[]
    try {
      frame = encodeRequestFrame(api, version, header, request)
    } catch (cause) {
      if (!(cause instanceof EncodeError)) throw cause
      throw new ClientError('unsupported', `${api.name} v${version} cannot say this: ${cause.message}`, {
        cause,
      })
    }
    this.#full = !this.#peer.write(frame)
    return correlationId
  }

  #receive(chunk: Buffer): void {
    if (this.#failure !== null) return
    this.#frames.push(this.#peer.chunksAreOwned ? chunk : Buffer.from(chunk))
    try {
      for (let frame = this.#frames.next(); frame !== undefined; frame = this.#frames.next())
        this.#answer(frame)
    } catch (cause) {
      if (!(cause instanceof DecodeError)) throw cause
      this.#fail(
        new ClientError(
          'protocol',
          `${formatAddress(this.address)} does not answer as Kafka does: ${cause.message}`,
          {
            cause,
          },
        ),
      )
    }
  }

  #answer(frame: Buffer): void {
    const call = this.#inFlight[0]
    const correlationId = correlationIdOf(frame)
    if (call === undefined || call.correlationId !== correlationId)
      throw new DecodeError(`an answer with correlation id ${correlationId}, which nothing waits for`)
    const version = isFallbackAnswer(call.api, frame) ? 0 : call.version
    const { response } = decodeResponseFrame(call.api, version, frame)
    this.#inFlight.shift()
    call.timer.cancel()
    call.resolve(response)
  }

  #wake(): void {
    this.#full = false
    for (const resume of this.#waitingForDrain.splice(0)) resume()
  }

  #timeOut(api: Api, limitMs: number): void {
    this.#fail(
      new ClientError(
        'timeout',
        `${formatAddress(this.address)} did not answer ${api.name} within ${limitMs / 1000} s`,
      ),
    )
  }

  #lost(cause: Error | undefined): void {
    const why = cause === undefined ? 'closed the connection' : `broke the connection (${cause.message})`
    this.#fail(new ClientError('disconnected', `${formatAddress(this.address)} ${why}`, { cause }))
  }

  #fail(error: ClientError): void {
    if (this.#failure !== null) return
    this.#failure = error
    this.#peer.destroy()
    this.#wake()
    for (const call of this.#inFlight.splice(0)) {
      call.timer.cancel()
      call.reject(error)
    }
  }
}

/** ApiVersions alone is answered in version 0 when the broker does not know the version that was asked (KIP-511). */
const isFallbackAnswer = (api: Api, frame: Buffer): boolean =>
  api.key === ApiVersions.key && frame.length >= 6 && frame.readInt16BE(4) === ErrorCode.UNSUPPORTED_VERSION

const connect = (env: ClientEnv, address: Address, timeoutMs: number): Promise<Peer> =>
  new Promise((resolve, reject) => {
    let expired = false
    const timer = env.clock.after(timeoutMs, () => {
      expired = true
      reject(
        new ClientError('connect', `no connection to ${formatAddress(address)} within ${timeoutMs / 1000} s`),
      )
    })
    env.network.connect(address).then(
      (peer) => {
        timer.cancel()
        if (expired) peer.destroy()
        else resolve(peer)
      },
      (cause: Error & { code?: string }) => {
        timer.cancel()
        const why = cause.code === 'ECONNREFUSED' ? 'nothing listens there' : cause.message || cause.code
        reject(new ClientError('connect', `no connection to ${formatAddress(address)}: ${why}`, { cause }))
      },
    )
  })
