import { SystemClock } from '../runtime/clock.ts'
import { silentLogger } from '../runtime/logger.ts'
import { SystemRandom } from '../runtime/random.ts'
import { SystemDisk } from '../runtime/system-disk.ts'
import { SystemNetwork } from '../runtime/system-network.ts'
import { EXIT } from './cli-error.ts'
import type { Input, Output, StopReason, Terminal } from './terminal.ts'

const NARROWEST = 40

/** The terminal of the process that runs this. Takes over its signals: a second Ctrl-C ends the process at once. */
export const processTerminal = (): Terminal => {
  const stop = new AbortController()
  const end = (reason: StopReason): void => {
    if (stop.signal.aborted && reason === 'SIGINT') process.exit(EXIT.interrupted)
    stop.abort(reason)
  }
  process.on('SIGINT', () => end('SIGINT'))
  process.on('SIGTERM', () => end('SIGTERM'))
  // The terminal window was closed. On Windows this is how it is said there; Ctrl-Break is its second Ctrl-C.
  process.on('SIGHUP', () => end('SIGHUP'))
  if (process.platform === 'win32') process.on('SIGBREAK', () => end('SIGTERM'))
  return {
    stdin: new ProcessInput(stop.signal),
    stdout: new ProcessOutput(process.stdout, () => end('output closed')),
    stderr: new ProcessOutput(process.stderr, () => {}),
    variables: process.env,
    processId: process.pid,
    env: {
      clock: new SystemClock(),
      random: new SystemRandom(),
      disk: new SystemDisk(),
      network: new SystemNetwork(),
      log: silentLogger,
    },
    stop: stop.signal,
  }
}

class ProcessOutput implements Output {
  readonly #stream: NodeJS.WriteStream
  #gone = false

  constructor(stream: NodeJS.WriteStream, onGone: () => void) {
    this.#stream = stream
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // `odradek consume t | head`: the reader has what it wanted. Anything else (a full disk) is worth an exit code.
      if (error.code !== 'EPIPE' && error.code !== 'EOF') process.exitCode = EXIT.failed
      this.#gone = true
      onGone()
    })
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY === true
  }

  get columns(): number {
    return Math.max(this.#stream.columns ?? 80, NARROWEST)
  }

  write(data: string | Buffer): Promise<void> | undefined {
    if (this.#gone || this.#stream.write(data)) return undefined
    return new Promise((resolve) => {
      const done = (): void => {
        this.#stream.off('drain', done).off('error', done).off('close', done)
        resolve()
      }
      this.#stream.on('drain', done).on('error', done).on('close', done)
    })
  }
}

class ProcessInput implements Input {
  readonly #stop: AbortSignal

  constructor(stop: AbortSignal) {
    this.#stop = stop
  }

  get isTerminal(): boolean {
    return process.stdin.isTTY === true
  }

  /** What is typed or piped in, until its end or until the command should stop. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    const stream = process.stdin
    const close = (): void => {
      stream.destroy()
    }
    this.#stop.addEventListener('abort', close, { once: true })
    try {
      if (!this.#stop.aborted) for await (const chunk of stream) yield chunk as Buffer
    } catch (error) {
      if (!this.#stop.aborted) throw error
    } finally {
      this.#stop.removeEventListener('abort', close)
    }
  }
}
