import type { Env } from '../../runtime/env.ts'
import type { Address, Listener, Peer } from '../../runtime/network.ts'
import type { Pipeline } from '../pipeline.ts'
import { Connection } from './connection.ts'

/** Idle connections are looked for this many times in the time that they may be idle. */
const IDLE_CHECKS = 4

export interface ListenerLimits {
  /** Largest request frame, in bytes (socket.request.max.bytes). */
  readonly maxFrameBytes: number
  /** Connections that may be open at once (max.connections). */
  readonly maxConnections: number
  /** How long a connection may be idle (connections.max.idle.ms); negative: for ever. */
  readonly maxIdleMs: number
}

/** Connection ids count through all listeners of the process. */
let lastConnectionId = 0

/**
 * One listening address of a broker. It listens from `open` on, so that its port is known; who connects
 * before `serve` is kept waiting, not refused.
 */
export class BrokerListener {
  readonly name: string
  readonly address: Address
  readonly #env: Env
  readonly #connections = new Set<Connection>()
  #listener: Listener | undefined
  /** Peers that came before `serve`. */
  #early: Peer[] | undefined = []
  #pipeline: Pipeline | undefined
  #limits: ListenerLimits | undefined
  #idleTimer: { cancel(): void } | undefined
  #overLimitLogged = false

  private constructor(env: Env, name: string, address: Address) {
    this.#env = env
    this.name = name
    this.address = address
  }

  /** Takes the address. `port` 0: any free one. Rejects with ListenError. */
  static async open(env: Env, name: string, address: Address): Promise<BrokerListener> {
    const opened = new BrokerListener(env, name, address)
    opened.#listener = await env.network.listen(
      address,
      (peer) => opened.#accept(peer),
      (error) =>
        env.log.warn('a connection could not be accepted', { listener: name, reason: error.message }),
    )
    return opened
  }

  /** The port that was really bound. */
  get port(): number {
    return this.#listener?.port ?? this.address.port
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  /** Begins to answer. */
  serve(pipeline: Pipeline, limits: ListenerLimits): void {
    this.#pipeline = pipeline
    this.#limits = limits
    const early = this.#early ?? []
    this.#early = undefined
    for (const peer of early) this.#accept(peer)
    this.#watchIdle()
  }

  /** Stops listening and closes every connection. */
  async close(): Promise<void> {
    this.#idleTimer?.cancel()
    this.#pipeline = undefined
    for (const peer of this.#early ?? []) peer.destroy()
    this.#early = undefined
    const closing = this.#listener?.close()
    for (const connection of [...this.#connections]) connection.close()
    await closing
  }

  #accept(peer: Peer): void {
    if (this.#early !== undefined) {
      this.#early.push(peer)
      return
    }
    const pipeline = this.#pipeline
    const limits = this.#limits
    if (pipeline === undefined || limits === undefined) {
      peer.destroy()
      return
    }
    if (this.#connections.size >= limits.maxConnections) {
      this.#refuse(peer, limits.maxConnections)
      return
    }
    const connection = new Connection(this.#env, peer, pipeline, {
      id: ++lastConnectionId,
      listener: this.name,
      maxFrameBytes: limits.maxFrameBytes,
      onClose: (closed) => this.#connections.delete(closed),
    })
    this.#connections.add(connection)
    connection.start()
  }

  #refuse(peer: Peer, maxConnections: number): void {
    if (!this.#overLimitLogged) {
      this.#overLimitLogged = true
      this.#env.log.warn('connections are refused: max.connections is reached', {
        listener: this.name,
        maxConnections,
      })
    }
    peer.destroy()
  }

  #watchIdle(): void {
    const maxIdleMs = this.#limits?.maxIdleMs ?? -1
    if (maxIdleMs < 0) return
    this.#idleTimer = this.#env.clock.after(Math.max(10, maxIdleMs / IDLE_CHECKS), () => {
      const deadline = this.#env.clock.now() - maxIdleMs
      for (const connection of this.#connections) {
        if (connection.lastActiveMs > deadline || !connection.isQuiet) continue
        this.#env.log.debug('connection closed: idle', { listener: this.name, from: connection.remote })
        connection.close()
      }
      this.#watchIdle()
    })
  }
}
