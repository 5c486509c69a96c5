/** Exit codes of the native verbs. */
export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130, terminated: 143 } as const

/** Ends a command with a message on stderr. `hint` says what to do about it. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly hint: string | null
  readonly exitCode: number

  constructor(
    message: string,
    options: ErrorOptions & { readonly hint?: string; readonly exitCode?: number } = {},
  ) {
    super(message, options)
    this.hint = options.hint ?? null
    this.exitCode = options.exitCode ?? EXIT.failed
  }
}

/** The command line is wrong: exit code 2. */
export const usageError = (message: string, hint?: string): CliError =>
  new CliError(message, { exitCode: EXIT.usage, ...(hint === undefined ? {} : { hint }) })
