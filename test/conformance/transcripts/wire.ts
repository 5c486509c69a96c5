import { FrameSplitter } from '../../../src/protocol/frame.ts'
import type { Network, Peer } from '../../../src/runtime/network.ts'

const MAX_FRAME_BYTES = 100 * 1024 * 1024

/** What came of one request. */
export type Reply =
  | { readonly kind: 'frame'; readonly frame: Buffer }
  | { readonly kind: 'closed' }
  | { readonly kind: 'silent' }

/** A connection that sends bytes as they are and gives the frames that come back, in order. */
export class RawConnection {
  readonly #peer: Peer
  readonly #splitter = new FrameSplitter(MAX_FRAME_BYTES)
  readonly #waiting: ((reply: Reply) => void)[] = []
  readonly #early: Buffer[] = []
  #closed = false

  private constructor(peer: Peer) {
    this.#peer = peer
    peer.start({
      data: (chunk) => this.#receive(chunk),
      drain: () => undefined,
      close: () => this.#close(),
    })
  }

  static async open(network: Network, host: string, port: number): Promise<RawConnection> {
    return new RawConnection(await network.connect({ host, port }))
  }

  /** Frames that nobody has asked for. */
  get unclaimed(): number {
    return this.#early.length
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** Sends bytes, length prefix included. */
  send(bytes: Buffer): void {
    if (!this.#closed) this.#peer.write([bytes])
  }

  /** The next frame, or that there will be none. Calls are answered in order. */
  next(): Promise<Reply> {
    const frame = this.#early.shift()
    if (frame !== undefined) return Promise.resolve({ kind: 'frame', frame })
    if (this.#closed) return Promise.resolve({ kind: 'closed' })
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  close(): void {
    this.#peer.destroy()
  }

  #receive(chunk: Buffer): void {
    this.#splitter.push(Buffer.from(chunk))
    for (let frame = this.#splitter.next(); frame !== undefined; frame = this.#splitter.next()) {
      const waiting = this.#waiting.shift()
      if (waiting === undefined) this.#early.push(frame)
      else waiting({ kind: 'frame', frame })
    }
  }

  #close(): void {
    this.#closed = true
    for (const waiting of this.#waiting.splice(0)) waiting({ kind: 'closed' })
  }
}

export const withLength = (frame: Buffer): Buffer => {
  const length = Buffer.alloc(4)
  length.writeInt32BE(frame.length)
  return Buffer.concat([length, frame])
}
