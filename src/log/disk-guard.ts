import { DiskError } from '../runtime/disk.ts'
import type { Logger } from '../runtime/logger.ts'
import { StorageRefused } from './log-types.ts'

/**
 * Turns the disk's failures into refusals, and remembers one after which a log cannot go on. The log line of a failure comes once,
 * however many requests meet it, and another when what failed works again.
 */
export class DiskGuard {
  readonly #name: string
  readonly #log: Logger
  #failure: unknown
  /** What fails at present, with the system's code: it was said. */
  readonly #said = new Map<string, string>()

  constructor(name: string, log: Logger) {
    this.#name = name
    this.#log = log
  }

  /** Throws StorageRefused once a fatal failure was met. */
  requireUsable(): void {
    if (this.#failure === undefined) return
    throw new StorageRefused(`${this.#name} is offline since its disk failed`, this.#failure)
  }

  /** Runs `action`; a DiskError becomes StorageRefused. `fatal`: memory and files may differ now, the log stays offline. */
  run<T>(what: string, action: () => T, fatal = false): T {
    try {
      const result = action()
      if (this.#said.size > 0 && this.#said.delete(what)) this.#log.info(`${this.#name} can be ${what} again`)
      return result
    } catch (error) {
      throw error instanceof DiskError ? this.failed(what, error, fatal) : error
    }
  }

  failed(what: string, error: unknown, fatal: boolean): StorageRefused {
    if (fatal) this.#failure = error
    const message = `${this.#name} could not be ${what}: ${String(error)}`
    const code = error instanceof DiskError ? error.code : String(error)
    if (this.#said.get(what) !== code) this.#log.error(message)
    this.#said.set(what, code)
    return new StorageRefused(message, error)
  }
}
