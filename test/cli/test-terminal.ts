import { runCli } from '../../src/cli/main.ts'
import type { Output, StopReason, Terminal } from '../../src/cli/terminal.ts'
import { SystemClock } from '../../src/runtime/clock.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { SystemRandom } from '../../src/runtime/random.ts'
import { SystemDisk } from '../../src/runtime/system-disk.ts'
import { SystemNetwork } from '../../src/runtime/system-network.ts'

class MemoryOutput implements Output {
  readonly isTerminal = false
  readonly columns = 80
  readonly #watchers: (() => void)[] = []
  text = ''

  write(data: string | Buffer): undefined {
    this.text += data.toString()
    for (const watch of this.#watchers) watch()
  }

  /** Resolves with the text when it matches. */
  until(pattern: RegExp): Promise<string> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (pattern.test(this.text)) resolve(this.text)
      }
      this.#watchers.push(check)
      check()
    })
  }
}

export interface RunOptions {
  readonly stdin?: string | AsyncIterable<Buffer>
  readonly typed?: boolean
  readonly variables?: Readonly<Record<string, string>>
}

/** A command that runs in this process. */
export interface Running {
  readonly stdout: MemoryOutput
  readonly stderr: MemoryOutput
  /** Its exit code. */
  readonly exit: Promise<number>
  stop(reason: StopReason): void
}

export const start = (argv: readonly string[], options: RunOptions = {}): Running => {
  const stdout = new MemoryOutput()
  const stderr = new MemoryOutput()
  const controller = new AbortController()
  const { stdin = '' } = options
  const chunks = async function* () {
    if (typeof stdin === 'string') yield Buffer.from(stdin)
    else yield* stdin
  }
  const terminal: Terminal = {
    stdin: { isTerminal: options.typed ?? false, [Symbol.asyncIterator]: chunks },
    stdout,
    stderr,
    variables: options.variables ?? {},
    processId: 4711,
    env: {
      clock: new SystemClock(),
      random: new SystemRandom(),
      disk: new SystemDisk(),
      network: new SystemNetwork(),
      log: silentLogger,
    },
    stop: controller.signal,
  }
  return { stdout, stderr, exit: runCli(argv, terminal), stop: (reason) => controller.abort(reason) }
}

export interface Ended {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command to its end. */
export const run = async (argv: readonly string[], options?: RunOptions): Promise<Ended> => {
  const running = start(argv, options)
  const exitCode = await running.exit
  return { exitCode, stdout: running.stdout.text, stderr: running.stderr.text }
}
