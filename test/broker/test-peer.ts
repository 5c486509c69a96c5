import type { Peer, PeerEvents } from '../../src/runtime/network.ts'

/** The client's end of a connection, in memory: what was written, and a hand on the flow. */
export class TestPeer implements Peer {
  readonly remote = { host: '10.0.0.9', port: 50_000 }
  readonly local = { host: '10.0.0.1', port: 9092 }
  readonly chunksAreOwned = true
  /** One entry a write, its buffers joined. */
  readonly writes: Buffer[] = []
  paused = false
  ended = false
  destroyed = false
  /** Set to false to play a client that does not read. */
  reads = true
  #events: PeerEvents | undefined

  start(events: PeerEvents): void {
    this.#events = events
  }

  write(buffers: readonly Buffer[]): boolean {
    this.writes.push(Buffer.concat(buffers))
    return this.reads
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
  }

  end(): void {
    this.ended = true
  }

  destroy(): void {
    this.destroyed = true
  }

  /** The client sends bytes. */
  send(bytes: Buffer): void {
    this.#events?.data(bytes)
  }

  /** The client reads everything that waited. */
  drain(): void {
    this.reads = true
    this.#events?.drain()
  }

  /** The client goes away. */
  leave(error?: Error): void {
    this.#events?.close(error)
  }

  /** Frames written so far, without their lengths. */
  get frames(): Buffer[] {
    const bytes = Buffer.concat(this.writes)
    const frames: Buffer[] = []
    for (let at = 0; at < bytes.length; ) {
      const length = bytes.readInt32BE(at)
      frames.push(bytes.subarray(at + 4, at + 4 + length))
      at += 4 + length
    }
    return frames
  }

  /** Correlation ids of the answers so far, in order. */
  get answered(): number[] {
    return this.frames.map((frame) => frame.readInt32BE(0))
  }
}
