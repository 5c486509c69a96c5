import { DecodeError } from '../../protocol/errors.ts'
import { FrameSplitter } from '../../protocol/frame.ts'
import type { Timer } from '../../runtime/clock.ts'
import type { Env } from '../../runtime/env.ts'
import type { Address, Peer } from '../../runtime/network.ts'
import { isInSlab, releaseSlab, retainSlab } from '../../runtime/slab-pool.ts'
import type { ConnectionInfo, Waiting } from '../context.ts'
import { CLOSE_CONNECTION, NO_RESPONSE } from '../handler.ts'
import type { Pipeline, Reply } from '../pipeline.ts'

/**
 * Requests of one connection that may wait for their answer at once (only kinds that overlap get beyond one).
 */
const IN_FLIGHT_MAX = 64
/** Bytes that are read ahead while earlier requests are in work; beyond it the socket is not read. */
const READ_AHEAD_BYTES = 256 * 1024
/** How long a connection that ends may take to send its last answers. */
const LINGER_MS = 1000

export interface ConnectionOptions {
  readonly id: number
  readonly listener: string
  /** Largest request frame, in bytes (socket.request.max.bytes). */
  readonly maxFrameBytes: number
  readonly onClose: (connection: Connection) => void
}

/** A request's place in the order of answers. `reply` undefined: not ready. */
interface Slot {
  reply: Reply | undefined
}

/**
 * One client connection: cuts frames, has them handled, and writes the answers strictly in the order of the
 * requests.
 *
 * Kafka mutes a connection from a request until its answer is sent. Here the next request begins as soon as
 * the earlier one is answered, too; only kinds whose handler `overlaps` (Produce) begin while others of their
 * kind wait, so that a producer's acks=all requests replicate together. They still append in the order in
 * which they came. A parked fetch holds back what comes after it, as in Kafka.
 *
 * While the peer does not read its answers nothing further is handled, and soon nothing further is read.
 */
export class Connection implements ConnectionInfo {
  readonly id: number
  readonly listener: string
  readonly remote: Address
  readonly local: Address
  readonly principal = 'User:ANONYMOUS'
  clientSoftware: { readonly name: string; readonly version: string } | null = null
  readonly waiting = new Set<Waiting>()
  /** When the last bytes came or the last answer left, in ms since the epoch. */
  lastActiveMs: number

  readonly #env: Env
  readonly #peer: Peer
  readonly #pipeline: Pipeline
  readonly #splitter: FrameSplitter
  readonly #onClose: (connection: Connection) => void
  /** A frame that came and may not begin yet. */
  #next: Buffer | undefined
  /** Requests without an answer, in order. */
  #slots: Slot[] = []
  /** Buffers of the answers that leave with the next write. */
  #out: Buffer[] = []
  #pumping = false
  #flushPlanned = false
  #peerFull = false
  #paused = false
  /** Nothing more is handled; what was answered still leaves. */
  #ending = false
  #closed = false
  #lingering: Timer | undefined

  constructor(env: Env, peer: Peer, pipeline: Pipeline, options: ConnectionOptions) {
    this.#env = env
    this.#peer = peer
    this.#pipeline = pipeline
    const { slabs } = env
    this.#splitter = new FrameSplitter(
      options.maxFrameBytes,
      slabs && { slabs, recycles: (apiKey) => pipeline.recycles(apiKey) },
    )
    this.#onClose = options.onClose
    this.id = options.id
    this.listener = options.listener
    this.remote = peer.remote
    this.local = peer.local
    this.lastActiveMs = env.clock.now()
  }

  /** True when no request is in work: such a connection may be closed for being idle. */
  get isQuiet(): boolean {
    return this.#slots.length === 0 && this.#next === undefined
  }

  /** Begins to read. Called once. */
  start(): void {
    this.#peer.start({
      data: (chunk) => this.#receive(chunk),
      room: () => (this.#ending ? undefined : this.#splitter.room()),
      filled: (bytes) => this.#filled(bytes),
      drain: () => this.#drained(),
      close: (error) => this.#peerClosed(error),
    })
  }

  /** Closes at once; requests that wait are given up. */
  close(): void {
    if (this.#closed) return
    this.#gone()
    this.#peer.destroy()
  }

  #receive(chunk: Buffer): void {
    if (this.#closed || this.#ending) return
    this.lastActiveMs = this.#env.clock.now()
    if (this.#peer.chunksAreOwned) {
      this.#splitter.push(chunk)
      this.#pump()
      return
    }
    this.#splitter.lend(chunk)
    this.#pump()
    this.#splitter.settle()
  }

  #filled(bytes: number): void {
    if (this.#closed || this.#ending) return
    this.lastActiveMs = this.#env.clock.now()
    this.#splitter.filled(bytes)
    this.#pump()
  }

  #drained(): void {
    this.#peerFull = false
    this.lastActiveMs = this.#env.clock.now()
    this.#pump()
  }

  #peerClosed(error: Error | undefined): void {
    if (this.#closed) return
    if (error !== undefined) this.#env.log.debug('connection lost', this.#describe(error.message))
    this.#gone()
  }

  #gone(): void {
    this.#closed = true
    this.#giveUp()
    this.#out = []
    this.#lingering?.cancel()
    this.#onClose(this)
  }

  #giveUp(): void {
    this.#ending = true
    for (const request of this.waiting) request.abandon()
    this.waiting.clear()
    this.#slots = []
    this.#next = undefined
  }

  /** Handles frames as far as order and the peer allow, then writes all answers of this turn at once. */
  #pump(): void {
    if (this.#pumping) return
    this.#pumping = true
    try {
      while (!this.#ending && !this.#peerFull) {
        this.#next ??= this.#splitter.next()
        if (this.#next === undefined || !this.#mayBegin(this.#next)) break
        const frame = this.#next
        this.#next = undefined
        this.#begin(frame)
      }
    } catch (error) {
      this.#refuseStream(error)
    } finally {
      this.#pumping = false
    }
    this.#flush()
    this.#balance()
  }

  #mayBegin(frame: Buffer): boolean {
    const inFlight = this.#slots.length
    return inFlight === 0 || (inFlight < IN_FLIGHT_MAX && this.#allOverlap && this.#pipeline.overlaps(frame))
  }

  /** Whether the requests in work all overlap. */
  #allOverlap = true

  #begin(frame: Buffer): void {
    const overlaps = this.#pipeline.overlaps(frame)
    const reply = this.#pipeline.handle(frame, this)
    // Only frames whose handler is done with them are in slabs.
    releaseSlab(frame)
    if (!(reply instanceof Promise)) {
      if (this.#slots.length === 0) this.#send(reply)
      else this.#slots.push({ reply })
      return
    }
    this.#allOverlap = overlaps
    const slot: Slot = { reply: undefined }
    this.#slots.push(slot)
    reply.then(
      (late) => this.#settle(slot, late),
      (error) => {
        this.#env.log.error('a request failed without an answer', this.#describe(error))
        this.#settle(slot, CLOSE_CONNECTION)
      },
    )
  }

  #settle(slot: Slot, reply: Reply): void {
    if (this.#closed) return
    slot.reply = reply
    let head = this.#slots[0]
    while (head?.reply !== undefined) {
      this.#slots.shift()
      this.#send(head.reply)
      head = this.#slots[0]
    }
    if (this.#flushPlanned) return
    this.#flushPlanned = true
    queueMicrotask(() => {
      this.#flushPlanned = false
      if (!this.#ending) this.#pump()
    })
  }

  #send(reply: Reply): void {
    if (reply === NO_RESPONSE || this.#ending) return
    if (reply === CLOSE_CONNECTION) {
      this.#env.log.debug('connection closed: a request with acks=0 failed', this.#describe())
      this.#end()
      return
    }
    for (const buffer of reply) this.#out.push(buffer)
    // A large answer leaves before the next request is handled, so that a slow reader holds one in memory,
    // not many.
    if (this.#out.length > 64) this.#flush()
  }

  #flush(): void {
    if (this.#out.length === 0 || this.#closed) return
    const buffers = this.#out
    this.#out = []
    this.lastActiveMs = this.#env.clock.now()
    const held = buffers.filter(isInSlab)
    let left: (() => void) | undefined
    if (held.length > 0) {
      for (const buffer of held) retainSlab(buffer)
      left = () => {
        for (const buffer of held) releaseSlab(buffer)
      }
    }
    if (!this.#peer.write(buffers, left)) this.#peerFull = true
  }

  /** Stops or goes on reading, by how much is held unhandled. */
  #balance(): void {
    if (this.#closed) return
    const held = this.#splitter.bufferedBytes
    const stuck = this.#peerFull || this.#next !== undefined
    if (stuck && held > READ_AHEAD_BYTES) {
      if (!this.#paused) this.#peer.pause()
      this.#paused = true
    } else if (this.#paused) {
      this.#paused = false
      this.#peer.resume()
    }
  }

  /**
   * What came is not the protocol: one line in the log, and the connection closes once earlier answers have
   * left.
   */
  #refuseStream(error: unknown): void {
    if (!(error instanceof DecodeError)) {
      const stack = error instanceof Error ? error.stack : String(error)
      this.#env.log.error('connection closed: handling a request failed', this.#describe(stack))
    } else {
      this.#env.log.warn(`connection closed: ${error.message}`, this.#describe())
    }
    this.#end()
  }

  /** Sends what was answered, then closes; a peer that does not take it in time is cut off. */
  #end(): void {
    this.#giveUp()
    this.#flush()
    if (this.#closed) return
    this.#peer.end()
    this.#lingering = this.#env.clock.after(LINGER_MS, () => this.close())
  }

  #describe(reason?: unknown): Record<string, unknown> {
    const from = `${this.remote.host}:${this.remote.port}`
    return { listener: this.listener, from, ...(reason === undefined ? {} : { reason: String(reason) }) }
  }
}
