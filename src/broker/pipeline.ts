import { DecodeError, Refusal } from '../protocol/errors.ts'
import { decodeRequestHeader, encodeResponseFrame, type ReceivedHeader } from '../protocol/header.ts'
import { ApiVersions } from '../protocol/messages/18-api-versions.ts'
import { Reader } from '../protocol/reader.ts'
import type { Api, RequestOf } from '../protocol/schema/api.ts'
import { requestCodec } from '../protocol/schema/codec.ts'
import type { Env } from '../runtime/env.ts'
import type { Broker } from './broker.ts'
import type { ConnectionInfo, RequestContext } from './context.ts'
import { CLOSE_CONNECTION, type Handler, NO_RESPONSE, type Outcome } from './handler.ts'
import { errorCodeOf } from './wire.ts'

/** A response frame (its buffers in order, records by reference), or what happens instead of one. */
export type Reply = readonly Buffer[] | typeof NO_RESPONSE | typeof CLOSE_CONNECTION

/**
 * The way of one request: frame → header → decoded request → handler → response frame.
 *
 * A handler that answers at once is answered here at once, without a promise. Source: KafkaApis,
 * RequestChannel.
 */
export class Pipeline {
  readonly #env: Env
  readonly #broker: Broker
  /** By API key. */
  readonly #handlers: (Handler | undefined)[] = []

  constructor(env: Env, broker: Broker, handlers: readonly Handler[]) {
    this.#env = env
    this.#broker = broker
    for (const handler of handlers) this.#handlers[handler.api.key] = handler
  }

  /** True when this request may begin while earlier ones of the connection that are alike still wait. */
  overlaps(frame: Buffer): boolean {
    return frame.length >= 2 && this.#handlers[frame.readInt16BE(0)]?.overlaps === true
  }

  /** True when the frames of this API may lie in memory that is used again (see Handler.recyclesFrame). */
  recycles(apiKey: number): boolean {
    return this.#handlers[apiKey]?.recyclesFrame === true
  }

  /**
   * Handles one request frame (without its length). Throws DecodeError for what is not the protocol, or not
   * spoken here: the connection then closes. A promise that is given never rejects.
   */
  handle(frame: Buffer, connection: ConnectionInfo): Reply | Promise<Reply> {
    const header = decodeRequestHeader(frame)
    const handler = this.#handlers[header.apiKey]
    if (handler === undefined || !isServed(handler, header.apiVersion)) return this.#unserved(header, handler)
    const request = requestCodec(handler.api, header.apiVersion).decode(new Reader(frame, header.bodyOffset))
    const context: RequestContext = {
      env: this.#env,
      broker: this.#broker,
      apiVersion: header.apiVersion,
      clientId: header.clientId,
      connection,
      arrivedAtMs: this.#env.clock.now(),
    }
    let outcome: Outcome<Api> | Promise<Outcome<Api>>
    try {
      outcome = handler.handle(request, context)
    } catch (error) {
      outcome = this.#refuse(handler, request, context, error)
    }
    if (outcome instanceof Promise) {
      return outcome
        .catch((error) => this.#refuse(handler, request, context, error))
        .then((late) => this.#encode(handler, header, request, context, late))
    }
    return this.#encode(handler, header, request, context, outcome)
  }

  /**
   * A key or version that is not served closes the connection, as in Kafka. ApiVersions alone is answered, in
   * the layout of v0, with the versions of ApiVersions itself: so any client can find out what to use
   * (KIP-511).
   */
  #unserved(header: ReceivedHeader, handler: Handler | undefined): Reply {
    if (handler === undefined || handler.api.key !== ApiVersions.key) {
      throw new DecodeError(
        `${header.api.name} (key ${header.apiKey}) version ${header.apiVersion} is not served`,
      )
    }
    const [minVersion, maxVersion] = handler.versions
    return encodeResponseFrame(ApiVersions, 0, header.correlationId, {
      errorCode: errorCodeOf('UNSUPPORTED_VERSION'),
      apiKeys: [{ apiKey: ApiVersions.key, minVersion, maxVersion }],
      supportedFeatures: [],
      finalizedFeatures: [],
    })
  }

  #refuse(handler: Handler, request: RequestOf<Api>, context: RequestContext, error: unknown): Outcome<Api> {
    let refusal: Refusal
    if (error instanceof Refusal) {
      refusal = error
    } else {
      const stack = error instanceof Error ? error.stack : String(error)
      const { apiVersion, clientId, connection } = context
      this.#env.log.error(`${handler.api.name} v${apiVersion} failed`, {
        clientId,
        connection: connection.id,
        stack,
      })
      refusal = new Refusal('UNKNOWN_SERVER_ERROR')
    }
    return handler.refuse(request, refusal, context)
  }

  #encode(
    handler: Handler,
    header: ReceivedHeader,
    request: RequestOf<Api>,
    context: RequestContext,
    outcome: Outcome<Api>,
  ): Reply {
    if (outcome === NO_RESPONSE || outcome === CLOSE_CONNECTION) return outcome
    try {
      return encodeResponseFrame(handler.api, header.apiVersion, header.correlationId, outcome)
    } catch (error) {
      const refused = this.#refuse(handler, request, context, error)
      if (refused === NO_RESPONSE || refused === CLOSE_CONNECTION) return refused
      return encodeResponseFrame(handler.api, header.apiVersion, header.correlationId, refused)
    }
  }
}

const isServed = (handler: Handler, version: number): boolean =>
  version >= handler.versions[0] && version <= handler.versions[1]
