import type { Env } from '../runtime/env.ts'

/** Why a running command should end. */
export type StopReason = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'output closed'

export interface Input extends AsyncIterable<Buffer> {
  /** True when a person types. */
  readonly isTerminal: boolean
}

export interface Output {
  /** True when a person reads. */
  readonly isTerminal: boolean
  /** Width in characters; 80 when it is not a terminal. */
  readonly columns: number
  /** Writes; resolves when more may be written. After the reader has gone it does nothing. */
  write(data: string | Buffer): Promise<void> | undefined
}

/** All that a command knows of the process that it runs in, so that a test can be that process. */
export interface Terminal {
  readonly stdin: Input
  /** Data, for whoever reads on: never a message. */
  readonly stdout: Output
  /** Messages, for the person. */
  readonly stderr: Output
  /** Environment variables. */
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly processId: number
  readonly env: Env
  /** Aborted when the command should end; the reason is a StopReason. */
  readonly stop: AbortSignal
}

/** Why the command was stopped, or null when it was not. */
export const stopReason = (terminal: Terminal): StopReason | null =>
  terminal.stop.aborted ? (terminal.stop.reason as StopReason) : null

/** Resolves when the command should end. */
export const stopped = (terminal: Terminal): Promise<StopReason> =>
  new Promise((resolve) => {
    const done = (): void => resolve(terminal.stop.reason as StopReason)
    if (terminal.stop.aborted) done()
    else terminal.stop.addEventListener('abort', done, { once: true })
  })

/** Writes one line for the person. */
export const say = (terminal: Terminal, line: string): void => {
  terminal.stderr.write(`${line}\n`)
}
