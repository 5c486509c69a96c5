import { connect, type Socket } from 'node:net'

/** Prebuilt frames over one connection, as cheaply as Node can send them. */
export class LoadConnection {
  readonly #socket: Socket
  readonly #head = Buffer.alloc(4)
  #have = 0
  #left = 0
  #collect: Buffer[] | null = null
  #onFrame: (frame: Buffer | null) => void = () => {}

  private constructor(socket: Socket) {
    this.#socket = socket
  }

  static open(host: string, port: number): Promise<LoadConnection> {
    return new Promise((resolve, reject) => {
      let connection: LoadConnection | undefined
      const socket = connect({
        host,
        port,
        noDelay: true,
        onread: {
          buffer: Buffer.allocUnsafe(1 << 20),
          callback: (length, buffer) => {
            if (connection !== undefined) connection.#read(buffer as Buffer, length)
            return true
          },
        },
      })
      connection = new LoadConnection(socket)
      socket.once('connect', () => resolve(connection as LoadConnection))
      socket.once('error', reject)
    })
  }

  #read(buffer: Buffer, length: number): void {
    let at = 0
    while (at < length) {
      if (this.#have < 4) {
        this.#head[this.#have++] = buffer[at++] as number
        if (this.#have === 4) this.#left = this.#head.readInt32BE(0)
        continue
      }
      const take = Math.min(this.#left, length - at)
      if (this.#collect !== null) this.#collect.push(Buffer.from(buffer.subarray(at, at + take)))
      this.#left -= take
      at += take
      if (this.#left === 0) {
        this.#have = 0
        const frame = this.#collect === null ? null : Buffer.concat(this.#collect)
        this.#onFrame(frame)
      }
    }
  }

  /** Sends one frame (without length prefix) and gives the answer's bytes after the length. */
  ask(frame: Buffer): Promise<Buffer> {
    return new Promise((resolve) => {
      this.#collect = []
      this.#onFrame = (answer) => {
        this.#collect = null
        resolve(answer as Buffer)
      }
      this.#send(frame)
    })
  }

  #send(frame: Buffer): void {
    const prefix = Buffer.allocUnsafe(4)
    prefix.writeInt32BE(frame.length)
    this.#socket.cork()
    this.#socket.write(prefix)
    this.#socket.write(frame)
    this.#socket.uncork()
  }

  /**
   * Sends `count` frames, at most `inFlight` unanswered, and gives each one's latency in microseconds. `frameFor(i)` is asked just
   * before the i-th is sent. Answers are counted, not read.
   */
  pump(count: number, inFlight: number, frameFor: (index: number) => Buffer): Promise<Float64Array> {
    const latencies = new Float64Array(count)
    const started = new Float64Array(count)
    return new Promise((resolve) => {
      let sent = 0
      let answered = 0
      const send = (): void => {
        started[sent] = performance.now()
        this.#send(frameFor(sent++))
      }
      this.#onFrame = () => {
        latencies[answered] = (performance.now() - (started[answered] as number)) * 1000
        if (++answered === count) resolve(latencies)
        else if (sent < count) send()
      }
      while (sent < Math.min(count, inFlight)) send()
    })
  }

  close(): void {
    this.#socket.destroy()
  }
}
