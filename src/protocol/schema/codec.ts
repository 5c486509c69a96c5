import { assert } from '../../runtime/assert.ts'
import { DecodeError, EncodeError } from '../errors.ts'
import { Reader } from '../reader.ts'
import { Writer } from '../writer.ts'
import type {
  Api,
  Data,
  DataInput,
  DataOf,
  RequestInput,
  RequestOf,
  ResponseOf,
  ResponseOutput,
} from './api.ts'
import { compileDecoder, compileEncoder } from './compile.ts'
import { interpretDecoder, interpretEncoder } from './interpret.ts'
import { includes, type Layout } from './layout.ts'

/** Encodes and decodes one version of one message. Both are compiled on first use. */
export interface Codec<In, Out> {
  /** Throws EncodeError, naming message, version and field; what the writer holds is then useless. */
  encode(writer: Writer, value: In): void
  /** Reads one message and leaves what follows it. Throws DecodeError, naming message, version and field. */
  decode(reader: Reader): Out
}

type AnyCodec = Codec<unknown, unknown>

const requests = new WeakMap<Api, AnyCodec[]>()
const responses = new WeakMap<Api, AnyCodec[]>()
const stored = new WeakMap<Data, AnyCodec[]>()

/** The codec of an API's request. `version` must be one that ever existed. */
export const requestCodec = <A extends Api>(
  api: A,
  version: number,
): Codec<RequestInput<A>, RequestOf<A>> => {
  const codecs = versionsOf(requests, api)
  codecs[version] ??= newCodec(requestLayout(api, version))
  return codecs[version] as Codec<RequestInput<A>, RequestOf<A>>
}

/** The codec of an API's response. `version` must be one that ever existed. */
export const responseCodec = <A extends Api>(
  api: A,
  version: number,
): Codec<ResponseOf<A>, ResponseOutput<A>> => {
  const codecs = versionsOf(responses, api)
  codecs[version] ??= newCodec(responseLayout(api, version))
  return codecs[version] as Codec<ResponseOf<A>, ResponseOutput<A>>
}

/** The codec of a stored or embedded message, without its version or type prefix (prefixed.ts). */
export const dataCodec = <D extends Data>(data: D, version: number): Codec<DataInput<D>, DataOf<D>> => {
  const codecs = versionsOf(stored, data)
  codecs[version] ??= newCodec(dataLayout(data, version))
  return codecs[version] as Codec<DataInput<D>, DataOf<D>>
}

const versionsOf = <K extends object>(cache: WeakMap<K, AnyCodec[]>, key: K): AnyCodec[] => {
  let codecs = cache.get(key)
  if (codecs === undefined) {
    codecs = []
    cache.set(key, codecs)
  }
  return codecs
}

export const requestLayout = (api: Api, version: number): Layout => {
  assert(includes(api.versions, version), `${api.name} has no version ${version}`)
  return { name: `${api.name}Request`, fields: api.request, version, flexible: version >= api.flexible }
}

export const responseLayout = (api: Api, version: number): Layout => {
  assert(includes(api.versions, version), `${api.name} has no version ${version}`)
  return { name: `${api.name}Response`, fields: api.response, version, flexible: version >= api.flexible }
}

export const dataLayout = (data: Data, version: number): Layout => {
  assert(includes(data.versions, version), `${data.name} has no version ${version}`)
  return { name: data.name, fields: data.fields, version, flexible: version >= data.flexible }
}

/** Where the host refuses eval (`--disallow-code-generation-from-strings`) the interpreter does the work. */
const compiledOr = <T>(
  compile: (layout: Layout) => T,
  interpret: (layout: Layout) => T,
  layout: Layout,
): T => {
  try {
    return compile(layout)
  } catch (error) {
    if (error instanceof EvalError) return interpret(layout)
    throw error
  }
}

/**
 * A codec that makes its functions when they are first called. What fails is run again by the interpreter, which knows
 * the path to the field: the fast path carries none of that.
 */
const newCodec = (layout: Layout): AnyCodec => {
  let decode: ((reader: Reader) => unknown) | undefined
  let encode: ((writer: Writer, value: unknown) => void) | undefined
  return {
    decode(reader) {
      decode ??= compiledOr(compileDecoder, interpretDecoder, layout)
      const start = reader.position
      try {
        return decode(reader)
      } catch (error) {
        throw error instanceof DecodeError ? explainDecode(error, layout, reader, start) : error
      }
    },
    encode(writer, value) {
      encode ??= compiledOr(compileEncoder, interpretEncoder, layout)
      try {
        encode(writer, value)
      } catch (error) {
        throw error instanceof EncodeError ? explainEncode(error, layout, value) : error
      }
    },
  }
}

const explainDecode = (error: DecodeError, layout: Layout, reader: Reader, start: number): DecodeError =>
  explain(error, layout, () => interpretDecoder(layout)(new Reader(reader.buffer, start, reader.end)))

const explainEncode = (error: EncodeError, layout: Layout, value: unknown): EncodeError =>
  explain(error, layout, () => interpretEncoder(layout)(new Writer(), value))

const explain = <E extends DecodeError | EncodeError>(error: E, layout: Layout, again: () => void): E => {
  try {
    again()
  } catch (other) {
    if (other instanceof DecodeError || other instanceof EncodeError) error.path = other.path
  }
  error.message = `${layout.name} v${layout.version}${error.path && `, ${error.path}`}: ${error.message}`
  return error
}
