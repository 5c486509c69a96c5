import type { Env } from '../runtime/env.ts'
import type { Address } from '../runtime/network.ts'
import type { Broker } from './broker.ts'

/** What a handler knows of the request beside its body. */
export interface RequestContext {
  readonly env: Env
  readonly broker: Broker
  readonly apiVersion: number
  /** Null when the client gave none. */
  readonly clientId: string | null
  readonly connection: ConnectionInfo
  /** When the frame was complete, in ms since the epoch. */
  readonly arrivedAtMs: number
}

export interface ConnectionInfo {
  /** Unique in this process, for logs and per-connection state. */
  readonly id: number
  /** Name of the listener that accepted it. */
  readonly listener: string
  readonly remote: Address
  /** The address that the client connected to: what Metadata advertises by default. */
  readonly local: Address
  /** E.g. `User:ANONYMOUS`. */
  readonly principal: string
  /** KIP-511: set by ApiVersions v3+. */
  clientSoftware: { readonly name: string; readonly version: string } | null
  /**
   * Requests that wait for something: given up when the connection closes, since nobody would read the
   * answer.
   */
  readonly waiting: Set<Waiting>
}

/** A request that waits for something. */
export interface Waiting {
  /** The connection is gone: lets go of everything, and never answers. */
  abandon(): void
}
