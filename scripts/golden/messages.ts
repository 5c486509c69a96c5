import { isDeepStrictEqual } from 'node:util'
import {
  decodeRequestHeader,
  decodeResponseFrame,
  encodeRequestFrame,
  encodeResponseFrame,
  RequestHeader,
  ResponseHeader,
  requestHeaderVersion,
  responseHeaderVersion,
} from '../../src/protocol/header.ts'
import { APIS } from '../../src/protocol/messages/index.ts'
import { decodePrefixed, encodePrefixed, prefixOf } from '../../src/protocol/prefixed.ts'
import { Reader, type UnknownTags } from '../../src/protocol/reader.ts'
import type { Api } from '../../src/protocol/schema/api.ts'
import {
  type Codec,
  dataCodec,
  dataLayout,
  requestCodec,
  requestLayout,
  responseCodec,
  responseLayout,
} from '../../src/protocol/schema/codec.ts'
import { interpretDecoder, interpretEncoder } from '../../src/protocol/schema/interpret.ts'
import { defaultOf, includes, type Layout } from '../../src/protocol/schema/layout.ts'
import { Writer } from '../../src/protocol/writer.ts'
import { DATA_MESSAGES } from './data-messages.ts'
import type { TagAt } from './vectors.ts'
import {
  type Json,
  type MessageVector,
  placeTags,
  sameTags,
  structFromJson,
  structToJson,
} from './vectors.ts'

/** Keys of messages that never reach a broker's listener: ZooKeeper's controller (4-7), and controllers among themselves. */
export const EXCLUDED_KEYS: ReadonlySet<number> = new Set([
  4, 5, 6, 7, 52, 53, 54, 56, 58, 59, 62, 63, 67, 70, 73, 82,
])

const apis = new Map(APIS.map((api) => [api.key, api]))

/** What stands for a message in the code: its layout and both implementations of its codec. */
export interface Subject {
  readonly layout: Layout
  readonly compiled: Codec<unknown, unknown>
  readonly interpreted: Codec<unknown, unknown>
  readonly api?: Api
}

/** The subject of a vector; undefined for an excluded API. Throws for a message that should be known and is not. */
export const subjectOf = ({ kind, key, message, version }: MessageVector): Subject | undefined => {
  if (kind === 'request' || kind === 'response') {
    if (key !== undefined && EXCLUDED_KEYS.has(key)) return undefined
    const api = apis.get(key ?? -1)
    if (api === undefined) throw new Error(`there is no API with key ${key}`)
    const isRequest = kind === 'request'
    const layout = isRequest ? requestLayout(api, version) : responseLayout(api, version)
    if (layout.name !== message) throw new Error(`key ${key} is ${layout.name}, not ${message}`)
    const compiled = isRequest ? requestCodec(api, version) : responseCodec(api, version)
    return { layout, compiled, interpreted: interpreted(layout), api }
  }
  const data = DATA_MESSAGES.get(message)
  if (data === undefined) throw new Error(`there is no message ${message}`)
  const layout = dataLayout(data, version)
  return { layout, compiled: dataCodec(data, version), interpreted: interpreted(layout) }
}

const interpreted = (layout: Layout): Codec<unknown, unknown> => ({
  decode: interpretDecoder(layout),
  encode: interpretEncoder(layout),
})

/** What is wrong with our reading and writing of a vector: empty if nothing is. */
export const checkMessage = (vector: MessageVector, subject: Subject): string[] => {
  const { hex, json, unknownTags = [] } = vector
  return [
    ...checkCodec('compiled', subject.compiled, subject.layout, { hex, json, unknownTags }),
    ...checkCodec('interpreted', subject.interpreted, subject.layout, { hex, json, unknownTags }),
    ...checkHeader(vector, subject),
    ...checkPrefixed(vector),
  ]
}

interface Sample {
  readonly hex: string
  readonly json: Json
  readonly unknownTags: readonly TagAt[]
}

const checkCodec = (
  how: string,
  codec: Codec<unknown, unknown>,
  layout: Layout,
  sample: Sample,
): string[] => {
  const wrong: string[] = []
  const reader = new Reader(Buffer.from(sample.hex, 'hex'))
  const tags = new Map<object, never>()
  reader.unknownTags = tags
  const value = codec.decode(reader) as Json
  if (reader.remaining !== 0) wrong.push(`${how}: ${reader.remaining} bytes are left after decoding`)
  const json = structToJson(layout.fields, layout.version, value)
  if (!isDeepStrictEqual(json, sample.json)) wrong.push(`${how}: decodes to ${JSON.stringify(json)}`)
  if (!sameTags(value, tags, sample.unknownTags)) wrong.push(`${how}: other unknown tagged fields`)
  for (const [name, field] of Object.entries(layout.fields)) {
    if (!(name in value)) wrong.push(`${how}: ${name} is not decoded`)
    const isHere = includes(field.spec.versions, layout.version)
    if (!isHere && value[name] !== defaultOf(field)) wrong.push(`${how}: ${name} is not at its default`)
  }
  const given = structFromJson(layout.fields, sample.json)
  const hex = encode(codec, given, placeTags(given, sample.unknownTags))
  if (hex !== sample.hex) wrong.push(`${how}: encodes to ${hex}`)
  const again = encode(codec, value, tags)
  if (again !== sample.hex) wrong.push(`${how}: what was decoded encodes to ${again}`)
  return wrong
}

const encode = (codec: Codec<unknown, unknown>, value: unknown, tags: UnknownTags): string => {
  const writer = new Writer()
  writer.unknownTags = tags
  codec.encode(writer, value)
  return writer.toBuffer().toString('hex')
}

const checkHeader = (vector: MessageVector, { api, compiled, layout }: Subject): string[] => {
  const { kind, version, header, headerHex, headerVersion, headerUnknownTags = [] } = vector
  if (api === undefined || header === undefined || headerHex === undefined) return []
  const isRequest = kind === 'request'
  const ours = isRequest ? requestHeaderVersion(api, version) : responseHeaderVersion(api, version)
  if (ours !== headerVersion) return [`header version ${ours} instead of ${headerVersion}`]
  const headerLayout = dataLayout(isRequest ? RequestHeader : ResponseHeader, ours)
  const codec = dataCodec(isRequest ? RequestHeader : ResponseHeader, ours)
  const sample = { hex: headerHex, json: header, unknownTags: headerUnknownTags }
  const wrong = checkCodec('header', codec as Codec<unknown, unknown>, headerLayout, sample)
  const frame = Buffer.from(headerHex + vector.hex, 'hex')
  const correlationId = header.correlationId as number
  const clientId = header.clientId as string | null
  if (isRequest) {
    const read = decodeRequestHeader(frame)
    const expected = {
      apiKey: api.key,
      apiVersion: version,
      correlationId,
      clientId,
      bodyOffset: headerHex.length / 2,
    }
    if (!isDeepStrictEqual({ ...read, api: undefined }, { ...expected, api: undefined }))
      wrong.push('header: misread')
  } else if (decodeResponseFrame(api, version, frame).correlationId !== correlationId)
    wrong.push('header: misread')
  if (headerUnknownTags.length > 0 || (vector.unknownTags?.length ?? 0) > 0) return wrong
  const body = compiled.decode(new Reader(Buffer.from(vector.hex, 'hex'))) as never
  const parts = isRequest
    ? encodeRequestFrame(api, version, { correlationId, clientId }, body)
    : encodeResponseFrame(api, version, correlationId, body)
  const size = Buffer.alloc(4)
  size.writeInt32BE(frame.length)
  if (!Buffer.concat(parts).equals(Buffer.concat([size, frame])))
    wrong.push(`${layout.name}: the frame differs`)
  return wrong
}

const checkPrefixed = (vector: MessageVector): string[] => {
  const { prefixedHex, message, version, kind, json, hex, unknownTags = [] } = vector
  if (prefixedHex === undefined) return []
  const data = DATA_MESSAGES.get(message)!
  const wrong: string[] = []
  const bytes = Buffer.from(prefixedHex, 'hex')
  const prefix = kind === 'coordinator-key' ? data.keyType : version
  if (prefixOf(bytes) !== prefix || prefixedHex.slice(4) !== hex) wrong.push(`prefix is not ${prefix}`)
  const value = decodePrefixed(data, bytes) as Json
  if (!isDeepStrictEqual(structToJson(data.fields, version, value), json))
    wrong.push('prefixed: decodes differently')
  if (unknownTags.length > 0) return wrong
  const ours = encodePrefixed(data, version, value as never).toString('hex')
  if (ours !== prefixedHex) wrong.push(`prefixed: encodes to ${ours}`)
  return wrong
}
