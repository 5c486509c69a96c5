import { type ErrorName, errorName, RETRIABLE } from '../protocol/errors.ts'

/**
 * Why a call of the client failed.
 *
 *     connect        no connection to the broker could be made
 *     disconnected   the connection ended while the answer was awaited: the request may or may not have been carried out
 *     timeout        no answer in time; likewise
 *     unsupported    the broker does not speak the API, or no version that can say what was asked
 *     refused        the broker answered with an error; `code` says which
 *     protocol       the peer's bytes are not the Kafka protocol
 *     usage          the call itself is wrong: an address that is none, a closed client
 */
export type FailureKind =
  | 'connect'
  | 'disconnected'
  | 'timeout'
  | 'unsupported'
  | 'refused'
  | 'protocol'
  | 'usage'

export class ClientError extends Error {
  override readonly name = 'ClientError'
  readonly kind: FailureKind
  /** What the broker answered; only with `refused`. */
  readonly code: ErrorName | undefined

  constructor(
    kind: FailureKind,
    message: string,
    options: ErrorOptions & { readonly code?: ErrorName } = {},
  ) {
    super(message, options)
    this.kind = kind
    this.code = options.code
  }

  /** True when the same call may succeed a little later: a leader moved, a broker restarts. */
  get retriable(): boolean {
    if (this.kind === 'refused') return this.code !== undefined && RETRIABLE.has(this.code)
    return this.kind === 'connect' || this.kind === 'disconnected' || this.kind === 'timeout'
  }
}

/** The error that a response carries, or null when its code is 0. `what` names what was asked: `topic "orders"`. */
export const refusalOf = (code: number, what: string, message?: string | null): ClientError | null => {
  if (code === 0) return null
  const name = errorName(code)
  const detail = message ? `: ${message}` : ''
  return new ClientError('refused', `${what}: ${name ?? `error code ${code}`}${detail}`, {
    code: name ?? 'UNKNOWN_SERVER_ERROR',
  })
}

/** Throws what `refusalOf` gives. */
export const throwIfRefused = (code: number, what: string, message?: string | null): void => {
  const error = refusalOf(code, what, message)
  if (error !== null) throw error
}
