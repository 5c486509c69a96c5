/**
 * What precedes every message, and whole messages with it.
 *
 *     request   apiKey int16 · apiVersion int16 · correlationId int32 · clientId string, nullable (v1+) · tags (v2)
 *     response  correlationId int32 · tags (v1)
 *
 * Flexible versions of an API use request header v2 and response header v1, the others v1 and v0. Two exceptions: the
 * ApiVersions response has header v0 in every version, since a client that reads it does not yet know what the broker
 * speaks, and the client id stays an int16 string in v2. (Request header v0 was ControlledShutdown v0's alone.)
 */

import { DecodeError } from './errors.ts'
import { apiByKey } from './messages/index.ts'
import { Reader } from './reader.ts'
import type { Api, RequestInput, ResponseOf, ResponseOutput } from './schema/api.ts'
import { data } from './schema/api.ts'
import { dataCodec, requestCodec, responseCodec } from './schema/codec.ts'
import { i16, i32, string } from './schema/field.ts'
import { Writer } from './writer.ts'

const API_VERSIONS_KEY = 18

export const RequestHeader = data({
  name: 'RequestHeader',
  versions: [0, 2],
  flexible: 2,
  fields: {
    requestApiKey: i16,
    requestApiVersion: i16,
    correlationId: i32,
    clientId: string.nullable(1).in(1).neverFlexible(),
  },
})

export const ResponseHeader = data({
  name: 'ResponseHeader',
  versions: [0, 1],
  flexible: 1,
  fields: { correlationId: i32 },
})

/** Header version of a request; `version` need not exist: what is newer than the newest is flexible if that is. */
export const requestHeaderVersion = (api: Api, version: number): 1 | 2 => (version >= api.flexible ? 2 : 1)

export const responseHeaderVersion = (api: Api, version: number): 0 | 1 =>
  version >= api.flexible && api.key !== API_VERSIONS_KEY ? 1 : 0

export interface ReceivedHeader {
  readonly api: Api
  readonly apiKey: number
  /** As the client gave it: whether it exists, or is served, is not checked here. */
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
  /** Where in the frame the body begins. */
  readonly bodyOffset: number
}

/** Reads the header of a request frame (without its length). Throws DecodeError, also for an unknown API key. */
export const decodeRequestHeader = (frame: Buffer): ReceivedHeader => {
  const reader = new Reader(frame)
  const apiKey = reader.i16()
  const apiVersion = reader.i16()
  const api = apiByKey(apiKey)
  if (api === undefined) throw new DecodeError(`unknown API key ${apiKey} (version ${apiVersion})`, 0)
  reader.position = 0
  const header = dataCodec(RequestHeader, requestHeaderVersion(api, apiVersion)).decode(reader)
  const { correlationId, clientId } = header
  return { api, apiKey, apiVersion, correlationId, clientId, bodyOffset: reader.position }
}

/** A response as the frame that goes to the socket, length included. Throws EncodeError. */
export const encodeResponseFrame = <A extends Api>(
  api: A,
  version: number,
  correlationId: number,
  response: ResponseOf<A>,
): Buffer[] => {
  const writer = new Writer()
  writer.i32(0)
  dataCodec(ResponseHeader, responseHeaderVersion(api, version)).encode(writer, { correlationId })
  responseCodec(api, version).encode(writer, response)
  return writer.finishFrame()
}

/** A request as the frame that goes to the socket, length included. Throws EncodeError. */
export const encodeRequestFrame = <A extends Api>(
  api: A,
  version: number,
  header: { readonly correlationId: number; readonly clientId: string | null },
  request: RequestInput<A>,
): Buffer[] => {
  const writer = new Writer()
  writer.i32(0)
  dataCodec(RequestHeader, requestHeaderVersion(api, version)).encode(writer, {
    requestApiKey: api.key,
    requestApiVersion: version,
    ...header,
  })
  requestCodec(api, version).encode(writer, request)
  return writer.finishFrame()
}

/** The correlation id of a response frame (without its length): which request it answers. Throws DecodeError. */
export const correlationIdOf = (frame: Buffer): number => new Reader(frame).i32()

/** Reads a response frame (without its length). Throws DecodeError. */
export const decodeResponseFrame = <A extends Api>(
  api: A,
  version: number,
  frame: Buffer,
): { correlationId: number; response: ResponseOutput<A> } => {
  const reader = new Reader(frame)
  const { correlationId } = dataCodec(ResponseHeader, responseHeaderVersion(api, version)).decode(reader)
  return { correlationId, response: responseCodec(api, version).decode(reader) }
}
