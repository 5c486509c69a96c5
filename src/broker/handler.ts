import type { Refusal } from '../protocol/errors.ts'
import type { Api, RequestOf, ResponseOf } from '../protocol/schema/api.ts'
import type { Versions } from '../protocol/schema/field.ts'
import type { RequestContext } from './context.ts'

/** What a handler gives when nothing is to be sent: acks=0. Its place in the connection's order is freed. */
export const NO_RESPONSE = Symbol('no response')
/** What a handler gives when the connection must close without an answer: acks=0 with an error. */
export const CLOSE_CONNECTION = Symbol('close connection')

export type Outcome<A extends Api> = ResponseOf<A> | typeof NO_RESPONSE | typeof CLOSE_CONNECTION

export interface Handler<A extends Api = Api> {
  readonly api: A
  /** Versions that are served and advertised. */
  readonly versions: Versions
  /**
   * Its requests may begin while earlier ones of the same kind on the connection still wait for their answer.
   * All else waits its turn, as in Kafka, where a connection has one request in work.
   */
  readonly overlaps?: boolean
  /**
   * The request's bytes are done with once `handle` has returned, even if it gave a promise: what is kept of them (by the log)
   * retains its slab. Large frames of such requests lie in memory that is used again.
   */
  readonly recyclesFrame?: boolean
  /**
   * Answers one request. Never sees bytes, sockets, correlation ids or another handler. May throw a Refusal.
   */
  handle(request: RequestOf<A>, context: RequestContext): Outcome<A> | Promise<Outcome<A>>
  /** The response in which everything failed with `refusal`, as Kafka's getErrorResponse builds it. */
  refuse(request: RequestOf<A>, refusal: Refusal, context: RequestContext): Outcome<A>
}

/**
 * Declares a handler; ties the types of request and response to the API. `versions` defaults to all that ever
 * existed.
 */
export const handler = <A extends Api>(
  api: A,
  definition: Omit<Handler<A>, 'api' | 'versions'> & { readonly versions?: Versions },
): Handler<A> => ({ versions: api.versions, ...definition, api })
