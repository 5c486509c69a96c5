/**
 * Sockets, as one injected object: `SystemNetwork` (node:net), and an in-memory one for simulations.
 * A `Peer` is less than a stream on purpose: chunks in, buffers out, and the two signals that back-pressure needs.
 */
export interface Network {
  /** Starts listening; `port` 0 takes any free one. Rejects with a `ListenError` when the address cannot be had. */
  listen(
    address: Address,
    accept: (peer: Peer) => void,
    /** A connection could not be accepted (out of file descriptors, for instance); listening goes on. */
    onAcceptError?: (error: Error) => void,
  ): Promise<Listener>
  connect(address: Address): Promise<Peer>
}

export interface Address {
  readonly host: string
  readonly port: number
}

export interface Listener {
  /** The port that was really bound. */
  readonly port: number
  /** Stops accepting. Peers that were accepted stay open: their owner closes them. */
  close(): Promise<void>
}

export interface PeerEvents {
  /** Bytes that arrived. The buffer is the receiver's until it returns; what is kept longer is copied, unless `chunksAreOwned`. */
  data(chunk: Buffer): void
  /**
   * Where the receiver wants the next bytes, instead of `data`; undefined or no such method: through `data`. The network may
   * ask or not, and may write there at any time until it asks again or the peer is closed. Never empty.
   */
  room?(): Buffer | undefined
  /** So many bytes were written to where `room` said. */
  filled?(bytes: number): void
  /** What `write` held back has left; writing may go on. */
  drain(): void
  /** The peer is gone, for whatever reason; called once, last. */
  close(error?: Error): void
}

export interface Peer {
  readonly remote: Address
  readonly local: Address
  /** True when each chunk given to `data` is fresh memory that the receiver may keep. */
  readonly chunksAreOwned: boolean
  /** Begins delivery. Called once. */
  start(events: PeerEvents): void
  /**
   * Sends the buffers in order as one write. False: more is queued than the peer takes now; wait for `drain`. The buffers must
   * stay as they are until `left`, which is called once they have left, or never will.
   */
  write(buffers: readonly Buffer[], left?: () => void): boolean
  pause(): void
  resume(): void
  /** Sends what is queued, then closes. */
  end(): void
  /** Closes at once; `reset` sends RST, as the death of a process does. */
  destroy(how?: 'reset'): void
}

/** Listening failed. `code`: EADDRINUSE, EACCES, EADDRNOTAVAIL, … */
export class ListenError extends Error {
  override readonly name = 'ListenError'
  readonly code: string
  readonly address: Address

  constructor(code: string, address: Address, options?: ErrorOptions) {
    super(`cannot listen on ${address.host}:${address.port}: ${code}`, options)
    this.code = code
    this.address = address
  }
}
