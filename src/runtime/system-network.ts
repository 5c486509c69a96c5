import * as net from 'node:net'
import {
  type Address,
  ListenError,
  type Listener,
  type Network,
  type Peer,
  type PeerEvents,
} from './network.ts'

/** Connections that the system queues before they are accepted (it may cap this lower). */
const BACKLOG = 1024
/** What may wait inside one socket before `write` asks its caller to hold on. */
const QUEUED_BYTES_MAX = 256 * 1024

/** The machine's TCP: node:net, with Nagle's algorithm off and keep-alive on, as a Kafka broker sets its sockets. */
export class SystemNetwork implements Network {
  listen(
    address: Address,
    accept: (peer: Peer) => void,
    onAcceptError: (error: Error) => void = () => {},
  ): Promise<Listener> {
    const server = net.createServer({ noDelay: true, keepAlive: true, pauseOnConnect: true }, (socket) => {
      accept(new SystemPeer(socket))
    })
    return new Promise((resolve, reject) => {
      const refuse = (error: NodeJS.ErrnoException): void => {
        reject(new ListenError(error.code ?? 'EIO', address, { cause: error }))
      }
      server.once('error', refuse)
      server.listen({ host: address.host, port: address.port, backlog: BACKLOG }, () => {
        server.off('error', refuse)
        server.on('error', onAcceptError)
        resolve(new SystemListener(server))
      })
    })
  }

  connect(address: Address): Promise<Peer> {
    const socket = net.connect({ host: address.host, port: address.port, noDelay: true, keepAlive: true })
    return new Promise((resolve, reject) => {
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.off('error', reject)
        // Flowing starts in `start`; until then the system holds what arrives.
        socket.pause()
        resolve(new SystemPeer(socket))
      })
    })
  }
}

class SystemListener implements Listener {
  readonly port: number
  readonly #server: net.Server
  #closed: Promise<void> | undefined

  constructor(server: net.Server) {
    this.#server = server
    this.port = (server.address() as net.AddressInfo).port
  }

  close(): Promise<void> {
    // The port is free once the handle is closed, one turn later; the callback of `close` would wait for every peer.
    this.#closed ??= new Promise((resolve) => {
      this.#server.close()
      setImmediate(resolve)
    })
    return this.#closed
  }
}

class SystemPeer implements Peer {
  readonly remote: Address
  readonly local: Address
  readonly chunksAreOwned = true
  readonly #socket: net.Socket
  #events: PeerEvents | undefined
  #error: Error | undefined
  #waitingForDrain = false
  #closeTold = false

  constructor(socket: net.Socket) {
    this.#socket = socket
    this.remote = { host: plainHost(socket.remoteAddress), port: socket.remotePort ?? 0 }
    this.local = { host: plainHost(socket.localAddress), port: socket.localPort ?? 0 }
    socket.on('error', (error) => {
      this.#error = error
    })
    socket.on('close', () => this.#tellClose())
  }

  start(events: PeerEvents): void {
    this.#events = events
    const socket = this.#socket
    if (socket.closed) {
      queueMicrotask(() => this.#tellClose())
      return
    }
    socket.on('data', (chunk: Buffer) => events.data(chunk))
    socket.on('drain', () => {
      if (!this.#waitingForDrain) return
      this.#waitingForDrain = false
      events.drain()
    })
    socket.resume()
  }

  write(buffers: readonly Buffer[]): boolean {
    const socket = this.#socket
    if (!socket.writable) return true
    if (buffers.length === 1) {
      socket.write(buffers[0] as Buffer)
    } else {
      socket.cork()
      for (const buffer of buffers) socket.write(buffer)
      socket.uncork()
    }
    // What the system took at once is already gone from the queue here, whatever `socket.write` returned.
    if (socket.writableLength <= QUEUED_BYTES_MAX) return true
    this.#waitingForDrain = true
    return false
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    this.#socket.end()
  }

  destroy(how?: 'reset'): void {
    if (how === 'reset') this.#socket.resetAndDestroy()
    else this.#socket.destroy()
  }

  #tellClose(): void {
    if (this.#events === undefined || this.#closeTold) return
    this.#closeTold = true
    this.#events.close(this.#error)
  }
}

/** An IPv4 peer of a dual-stack listener is told as ::ffff:a.b.c.d; clients know it as a.b.c.d. */
function plainHost(host: string | undefined): string {
  if (host === undefined) return ''
  return host.startsWith('::ffff:') && host.includes('.') ? host.slice(7) : host
}
