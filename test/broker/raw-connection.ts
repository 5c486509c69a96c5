import { connect, type Socket } from 'node:net'
import { FrameSplitter } from '../../src/protocol/frame.ts'

/**
 * A TCP connection to a broker that gives answers as frames, in order. Waiting for one fails when the broker
 * hangs up.
 */
export class RawConnection {
  readonly #socket: Socket
  readonly #splitter = new FrameSplitter(2 ** 30)
  readonly #waiting: { resolve(frame: Buffer): void; reject(error: Error): void }[] = []
  #frames: Buffer[] = []
  #closed = false
  /** Resolves when the broker has hung up. */
  readonly closed: Promise<void>

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk) => this.#receive(chunk))
    socket.on('error', () => {})
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#closed = true
        for (const { reject } of this.#waiting.splice(0)) reject(new Error('the broker hung up'))
        resolve()
      })
    })
  }

  static open(port: number, host = '127.0.0.1'): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host, noDelay: true })
      socket.once('error', reject)
      socket.once('connect', () => resolve(new RawConnection(socket)))
    })
  }

  send(bytes: Buffer | readonly Buffer[]): void {
    this.#socket.write(Buffer.isBuffer(bytes) ? bytes : Buffer.concat(bytes))
  }

  nextFrame(): Promise<Buffer> {
    const frame = this.#frames.shift()
    if (frame !== undefined) return Promise.resolve(frame)
    if (this.#closed) return Promise.reject(new Error('the broker hung up'))
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  /** Reads nothing, so that answers pile up at the broker. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  close(): void {
    this.#socket.destroy()
  }

  /** Goes as a process does that dies: RST. */
  reset(): void {
    this.#socket.resetAndDestroy()
  }

  #receive(chunk: Buffer): void {
    this.#splitter.push(chunk)
    for (let frame = this.#splitter.next(); frame !== undefined; frame = this.#splitter.next()) {
      const waiting = this.#waiting.shift()
      if (waiting === undefined) this.#frames.push(frame)
      else waiting.resolve(frame)
    }
  }
}
