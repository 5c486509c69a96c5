/**
 * Codecs as closures over the schema: slower than compiled ones (compile.ts) and written apart from them, so that each
 * is a check of the other. Used where making code from strings is refused, and to say which field of a message is wrong.
 */

import { DecodeError, EncodeError } from '../errors.ts'
import type { Reader } from '../reader.ts'
import type { Writer } from '../writer.ts'
import type { Decode, Encode } from './compile.ts'
import type { Field, Fields } from './field.ts'
import { defaultOf, elementSizes, isDefault, isNullable, type Layout, split } from './layout.ts'

type Struct = Record<string, unknown>

export const interpretDecoder = (layout: Layout): Decode => structDecoder(layout.fields, layout)
export const interpretEncoder = (layout: Layout): Encode => structEncoder(layout.fields, layout)

/** Errors gather the path to the field on their way up: `topics[2].name: expected …`. */
const at = (error: unknown, step: string): unknown => {
  if (!(error instanceof DecodeError) && !(error instanceof EncodeError)) return error
  error.path = step + (error.path === '' || error.path.startsWith('[') ? '' : '.') + error.path
  return error
}

// --- decoding

const fieldDecoder = (field: Field, layout: Layout): Decode => {
  const { spec } = field
  const nullable = isNullable(spec, layout.version)
  const compact = layout.flexible && !spec.neverFlexible
  switch (spec.kind) {
    case 'string':
      if (compact) return nullable ? (r) => r.compactNullableString() : (r) => r.compactString()
      return nullable ? (r) => r.nullableString() : (r) => r.string()
    case 'bytes':
    case 'records':
      if (compact) return nullable ? (r) => r.compactNullableBytes() : (r) => r.compactBytes()
      return nullable ? (r) => r.nullableBytes() : (r) => r.bytes()
    case 'array':
      return arrayDecoder(spec.of!, nullable, layout)
    case 'struct': {
      const inner = structDecoder(spec.fields!, layout)
      if (!nullable) return inner
      if (spec.tag === undefined) return (r) => (r.present() ? inner(r) : null)
      return (r) => (r.presentInTag() ? inner(r) : null)
    }
    default: {
      const { kind } = spec
      return (r) => r[kind]()
    }
  }
}

const arrayDecoder = (element: Field, nullable: boolean, layout: Layout): Decode => {
  const one = fieldDecoder(element, layout)
  const [wire, memory] = elementSizes(element, layout)
  return (r) => {
    const n = layout.flexible ? r.compactCount(wire, memory) : r.count(wire, memory)
    if (n < 0) return nullable ? null : r.unexpectedNull('an array')
    const list: unknown[] = []
    for (let i = 0; i < n; i++) {
      try {
        list.push(one(r))
      } catch (error) {
        throw at(error, `[${i}]`)
      }
    }
    return list
  }
}

const structDecoder = (fields: Fields, layout: Layout): Decode => {
  const { here, tagged } = split(fields, layout)
  const names = Object.keys(fields)
  const defaults = Object.values(fields).map(defaultOf)
  const ordinary = here.map(([name, field]) => [name, fieldDecoder(field, layout)] as const)
  const byTag = new Map(
    tagged.map(([name, field, tag]) => [tag, [name, fieldDecoder(field, layout)] as const]),
  )
  const elsewhere = new Set(Object.values(fields).flatMap(({ spec }) => spec.tag ?? []))
  const readInto = (struct: Struct, name: string, decode: Decode, r: Reader): void => {
    try {
      struct[name] = decode(r)
    } catch (error) {
      throw at(error, name)
    }
  }
  return (r) => {
    const struct: Struct = {}
    for (let i = 0; i < names.length; i++) struct[names[i]!] = defaults[i]
    for (const [name, decode] of ordinary) readInto(struct, name, decode, r)
    if (!layout.flexible) return struct
    for (let n = r.uvarint(); n > 0; n--) {
      const tag = r.uvarint()
      const end = r.tagEnd()
      const known = byTag.get(tag)
      if (known !== undefined) {
        readInto(struct, known[0], known[1], r)
        r.closeTag(end)
      } else if (elsewhere.has(tag)) r.misplacedTag(tag)
      else r.unknownTag(struct, tag, end)
    }
    return struct
  }
}

// --- encoding

const fieldEncoder = (field: Field, layout: Layout): Encode => {
  const { spec } = field
  const nullable = isNullable(spec, layout.version)
  const compact = layout.flexible && !spec.neverFlexible
  switch (spec.kind) {
    case 'string':
      if (compact) return method(nullable ? 'compactNullableString' : 'compactString')
      return method(nullable ? 'nullableString' : 'string')
    case 'bytes':
      if (compact) return method(nullable ? 'compactNullableBytes' : 'compactBytes')
      return method(nullable ? 'nullableBytes' : 'bytes')
    case 'records':
      if (compact) return method(nullable ? 'compactNullableRecords' : 'compactRecords')
      return method(nullable ? 'nullableRecords' : 'records')
    case 'array':
      return arrayEncoder(spec.of!, nullable, layout)
    case 'struct': {
      const inner = structEncoder(spec.fields!, layout)
      if (!nullable) return inner
      const inTag = spec.tag !== undefined
      return (w, value) => {
        if (inTag) w.uvarint(value === null ? 0 : 1)
        else w.i8(value === null ? -1 : 1)
        if (value !== null) inner(w, value)
      }
    }
    default:
      return method(spec.kind)
  }
}

/** Calls the writer's method for a type; the method itself checks the value. */
const method =
  (name: WriterMethod): Encode =>
  (w, value) =>
    (w[name] as (value: unknown) => void).call(w, value)

type WriterMethod = {
  [K in keyof Writer]: Writer[K] extends (value: never) => void ? K : never
}[keyof Writer]

const arrayEncoder = (element: Field, nullable: boolean, layout: Layout): Encode => {
  const one = fieldEncoder(element, layout)
  return (w, value) => {
    if (value === null && nullable) return layout.flexible ? w.compactNullArray() : w.nullArray()
    if (!Array.isArray(value)) return w.expectedArray(value)
    if (layout.flexible) w.compactCount(value.length)
    else w.count(value.length)
    for (let i = 0; i < value.length; i++) {
      try {
        one(w, value[i])
      } catch (error) {
        throw at(error, `[${i}]`)
      }
    }
  }
}

const structEncoder = (fields: Fields, layout: Layout): Encode => {
  const { here, tagged, absent } = split(fields, layout)
  const ordinary = here.map(([name, field]) => ({ name, field, encode: fieldEncoder(field, layout) }))
  const byTag = tagged.map(([name, field, tag]) => ({
    name,
    field,
    tag,
    encode: fieldEncoder(field, layout),
  }))
  const forbidden = absent.filter(([, field]) => !field.spec.ignorable)
  const write = (w: Writer, name: string, encode: Encode, value: unknown): void => {
    try {
      encode(w, value)
    } catch (error) {
      throw at(error, name)
    }
  }
  return (w, value) => {
    if (typeof value !== 'object' || value === null) return w.expectedStruct(value)
    const struct = value as Struct
    for (const [name, field] of forbidden) {
      if (!isDefault(field, struct[name], w.unknownTags)) w.notInVersion(name, layout.version)
    }
    for (const { name, field, encode } of ordinary) {
      const given = struct[name]
      write(w, name, encode, given === undefined && field.spec.optional ? defaultOf(field) : given)
    }
    if (!layout.flexible) return
    const set = byTag.filter(({ name, field }) => !isDefault(field, struct[name], w.unknownTags))
    w.uvarint(set.length + w.unknownTagCount(struct))
    let below = -1
    for (const { name, tag, encode } of set) {
      w.unknownTagsBetween(struct, below, tag)
      const mark = w.openTag(tag)
      write(w, name, encode, struct[name])
      w.closeTag(mark)
      below = tag
    }
    w.unknownTagsBetween(struct, below, Number.POSITIVE_INFINITY)
  }
}
