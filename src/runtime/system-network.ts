import * as net from 'node:net'
import {
  type Address,
  ListenError,
  type Listener,
  type Network,
  type Peer,
  type PeerEvents,
} from './network.ts'
import type { SlabPool } from './slab-pool.ts'

/** Connections that the system queues before they are accepted (it may cap this lower). */
const BACKLOG = 1024
/** What may wait inside one socket before `write` asks its caller to hold on. */
const QUEUED_BYTES_MAX = 256 * 1024

/** What one read takes at most where the receiver has no room of its own. */
const SCRATCH_BYTES = 64 * 1024

export interface SystemNetworkOptions {
  /**
   * Accepted sockets are read into the receiver's own memory, or else into one buffer that all sockets share; not by fresh
   * chunks. Falls back to chunks where Node does not offer it. Default: true, but on Windows, where reads are posted ahead.
   */
  readonly readInto?: boolean
  /** Is told before each read that the turn before it is over. */
  readonly slabs?: SlabPool
}

/** The machine's TCP: node:net, with Nagle's algorithm off and keep-alive on, as a Kafka broker sets its sockets. */
export class SystemNetwork implements Network {
  readonly #readInto: boolean
  readonly #slabs: SlabPool | undefined

  constructor(options: SystemNetworkOptions = {}) {
    this.#slabs = options.slabs
    this.#readInto = (options.readInto ?? true) && process.platform !== 'win32'
  }

  listen(
    address: Address,
    accept: (peer: Peer) => void,
    onAcceptError: (error: Error) => void = () => {},
  ): Promise<Listener> {
    const server = net.createServer({ noDelay: true, keepAlive: true, pauseOnConnect: true }, (socket) => {
      accept((this.#readInto ? readingPeer(socket, this.#slabs) : undefined) ?? new SystemPeer(socket))
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

/** What net.Socket takes beside what is documented: a connection that exists already. */
interface HandleOptions extends net.SocketConstructorOpts {
  readonly handle: object
  readonly onread: net.OnReadOpts
  /** Nothing is read before `resume`. */
  readonly pauseOnCreate: true
}

/**
 * A peer around the connection of an accepted socket whose reads go to memory that we choose. Node offers this to clients
 * (`onread`); a server has to make a new socket around the handle, which is why it is looked for rather than relied on.
 * Undefined when it is not there.
 */
function readingPeer(accepted: net.Socket, slabs: SlabPool | undefined): SystemPeer | undefined {
  const inner = accepted as unknown as { _handle: { useUserBuffer?: unknown } | null }
  const handle = inner._handle
  if (typeof handle?.useUserBuffer !== 'function') return undefined
  const reads = new ReadTarget(slabs)
  const options: HandleOptions = {
    handle,
    pauseOnCreate: true,
    onread: {
      buffer: () => reads.next(),
      callback: (bytes, buffer) => reads.done(bytes, buffer),
    },
  }
  const socket = new net.Socket(options)
  // The accepted socket lets go without closing the connection.
  inner._handle = null
  accepted.destroy()
  return new SystemPeer(socket, reads.wasAsked ? reads : undefined)
}

/** Shared by all sockets: its bytes are used up before the next read. Made when the first socket wants it. */
let scratch: Buffer | undefined

/** Where the bytes of one socket go. */
class ReadTarget {
  events: PeerEvents | undefined
  /** Node knows our buffers. */
  wasAsked = false
  #room: Buffer | undefined
  readonly #slabs: SlabPool | undefined

  constructor(slabs: SlabPool | undefined) {
    this.#slabs = slabs
  }

  next(): Uint8Array {
    this.wasAsked = true
    this.#room = this.events?.room?.()
    if (this.#room !== undefined) return this.#room
    scratch ??= Buffer.allocUnsafeSlow(SCRATCH_BYTES)
    return scratch
  }

  done(bytes: number, buffer: Uint8Array): boolean {
    // The system calls: whatever ran before is done, with its microtasks.
    this.#slabs?.endTurn()
    if (this.#room !== undefined) this.events?.filled?.(bytes)
    else this.events?.data((buffer as Buffer).subarray(0, bytes))
    return true
  }
}

class SystemPeer implements Peer {
  readonly remote: Address
  readonly local: Address
  readonly chunksAreOwned: boolean
  readonly #socket: net.Socket
  readonly #reads: ReadTarget | undefined
  #events: PeerEvents | undefined
  #error: Error | undefined
  #waitingForDrain = false
  #closeTold = false

  constructor(socket: net.Socket, reads?: ReadTarget) {
    this.#socket = socket
    this.#reads = reads
    this.chunksAreOwned = reads === undefined
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
    if (this.#reads === undefined) socket.on('data', (chunk: Buffer) => events.data(chunk))
    else this.#reads.events = events
    socket.on('drain', () => {
      if (!this.#waitingForDrain) return
      this.#waitingForDrain = false
      events.drain()
    })
    socket.resume()
  }

  write(buffers: readonly Buffer[], left?: () => void): boolean {
    const socket = this.#socket
    if (!socket.writable) {
      left?.()
      return true
    }
    const last = buffers.length - 1
    if (last > 0) socket.cork()
    for (let i = 0; i < last; i++) socket.write(buffers[i] as Buffer)
    if (left === undefined) socket.write(buffers[last] as Buffer)
    else socket.write(buffers[last] as Buffer, left)
    if (last > 0) socket.uncork()
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
