/** What follows from a schema for one version, for the compiler and the interpreter alike. */

import { assert } from '../../runtime/assert.ts'
import type { UnknownTags } from '../reader.ts'
import type { Field, Fields, Spec, Versions } from './field.ts'

/** A message at one version: what a codec is made from. */
export interface Layout {
  /** E.g. `MetadataResponse`: for errors and stack traces. */
  readonly name: string
  readonly fields: Fields
  readonly version: number
  readonly flexible: boolean
}

export const includes = (versions: Versions | undefined, version: number): boolean =>
  versions !== undefined && version >= versions[0] && version <= versions[1]

export const isNullable = (spec: Spec, version: number): boolean => includes(spec.nullable, version)

/** The fields of a struct in wire order: the ordinary ones of this version, its tagged ones by tag, and the others. */
export interface Split {
  readonly here: readonly (readonly [name: string, field: Field])[]
  readonly tagged: readonly (readonly [name: string, field: Field, tag: number])[]
  readonly absent: readonly (readonly [name: string, field: Field])[]
}

export const split = (fields: Fields, { version, flexible }: Layout): Split => {
  const here: [string, Field][] = []
  const tagged: [string, Field, number][] = []
  const absent: [string, Field][] = []
  for (const [name, field] of Object.entries(fields)) {
    const { tag, versions } = field.spec
    if (!includes(versions, version)) absent.push([name, field])
    else if (tag === undefined) here.push([name, field])
    else {
      assert(flexible, `the tagged field ${name} is in a version without tags`)
      tagged.push([name, field, tag])
    }
  }
  tagged.sort((a, b) => a[2] - b[2])
  return { here, tagged, absent }
}

/** Structs of defaults, made once each: what a decoder gives for a struct that is not there. */
const structDefaults = new WeakMap<Fields, object>()

/** The value of a field that is absent. Frozen: one value serves every decoded message. */
export const defaultOf = ({ spec }: Field): unknown => {
  if (spec.kind !== 'struct' || spec.absent !== undefined) return spec.absent
  const fields = spec.fields!
  let value = structDefaults.get(fields)
  if (value === undefined) {
    value = Object.freeze(Object.fromEntries(Object.entries(fields).map(([name, f]) => [name, defaultOf(f)])))
    structDefaults.set(fields, value)
  }
  return value
}

/**
 * Whether `value` says no more than the field's absence does; undefined counts as left out. A struct with unknown tagged
 * fields is not at its default.
 */
export const isDefault = (field: Field, value: unknown, unknownTags?: UnknownTags): boolean => {
  const absent = defaultOf(field)
  if (value === undefined || value === absent) return true
  if (value === null || absent === null) return false
  const { kind, fields } = field.spec
  if (kind === 'array' || kind === 'bytes') return (value as { length: number }).length === 0
  if (kind !== 'struct') return false
  if (unknownTags?.has(value)) return false
  return Object.entries(fields!).every(([name, inner]) =>
    isDefault(inner, (value as Record<string, unknown>)[name], unknownTags),
  )
}

/** The least that a field takes on the wire. */
const leastBytes = (field: Field, layout: Layout): number => {
  const { spec } = field
  const compact = layout.flexible && !spec.neverFlexible
  switch (spec.kind) {
    case 'bool':
    case 'i8':
      return 1
    case 'i16':
    case 'u16':
      return 2
    case 'i32':
    case 'u32':
      return 4
    case 'i64':
    case 'f64':
      return 8
    case 'uuid':
      return 16
    case 'string':
      return compact ? 1 : 2
    case 'struct':
      return isNullable(spec, layout.version) ? 1 : leastStructBytes(spec.fields!, layout)
    default:
      return compact ? 1 : 4
  }
}

const leastStructBytes = (fields: Fields, layout: Layout): number => {
  let size = layout.flexible ? 1 : 0
  for (const [, field] of split(fields, layout).here) size += leastBytes(field, layout)
  return size
}

/** About what a decoded value takes in memory. */
const decodedBytes = ({ spec }: Field): number => {
  switch (spec.kind) {
    case 'struct':
      return Object.values(spec.fields!).reduce((sum, field) => sum + 8 + decodedBytes(field), 24)
    case 'string':
    case 'uuid':
    case 'i64':
      return 24
    case 'bytes':
    case 'records':
      return 96
    case 'array':
      return 32
    default:
      return 0
  }
}

/** What is checked before an array is allocated, per element: its least size on the wire and its size in memory. */
export const elementSizes = (element: Field, layout: Layout): readonly [wire: number, memory: number] => [
  Math.max(1, leastBytes(element, layout)),
  8 + decodedBytes(element),
]
