import type { Decoded, Encodable, Fields, Versions } from './field.ts'

/** One API: its key, every version that ever existed, and both messages over all of them. */
export interface Api<Q extends Fields = Fields, S extends Fields = Fields> {
  readonly key: number
  readonly name: string
  /** Every version that any release ever had. */
  readonly versions: Versions
  /** First flexible version (KIP-482); NEVER: none. */
  readonly flexible: number
  readonly request: Q
  readonly response: S
}

/** A message that is stored or embedded rather than sent: coordinator keys and values, consumer protocol, markers. */
export interface Data<F extends Fields = Fields> {
  readonly name: string
  /** Every version that any release ever had. */
  readonly versions: Versions
  /** First flexible version (KIP-482); NEVER: none. */
  readonly flexible: number
  /** The keys of the internal topics begin with their type rather than with their version. */
  readonly keyType?: number
  /** A version above the newest is read as the newest: the consumer protocol promises to only ever append fields. */
  readonly readsNewer?: boolean
  readonly fields: F
}

/** No version of the message is flexible. */
export const NEVER = Number.POSITIVE_INFINITY

export const api = <Q extends Fields, S extends Fields>(definition: Api<Q, S>): Api<Q, S> => definition
export const data = <F extends Fields>(definition: Data<F>): Data<F> => definition

/** A request as its handler gets it: every field, whatever the version. */
export type RequestOf<A extends Api> = Decoded<A['request']>
/** A response as its handler gives it. */
export type ResponseOf<A extends Api> = Encodable<A['response']>
/** A request as a client gives it, and a response as a client gets it. */
export type RequestInput<A extends Api> = Encodable<A['request']>
export type ResponseOutput<A extends Api> = Decoded<A['response']>
export type DataOf<D extends Data> = Decoded<D['fields']>
export type DataInput<D extends Data> = Encodable<D['fields']>
