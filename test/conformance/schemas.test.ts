import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { DATA_MESSAGES } from '../../scripts/golden/data-messages.ts'
import { EXCLUDED_KEYS } from '../../scripts/golden/messages.ts'
import { GOLDEN, jsonLines } from '../../scripts/golden/vectors.ts'
import { requestHeaderVersion, responseHeaderVersion } from '../../src/protocol/header.ts'
import { APIS, apiByKey } from '../../src/protocol/messages/index.ts'
import type { Field, Fields, Kind, Versions } from '../../src/protocol/schema/field.ts'
import { defaultOf } from '../../src/protocol/schema/layout.ts'

/** A field as both sides can be written down: every range inside that of its parent. */
interface Fact {
  readonly name: string
  readonly type: string
  readonly versions: Versions
  readonly nullable: Versions | null
  readonly tag: number | null
  readonly absent: unknown
  readonly ignorable: boolean
  readonly neverFlexible: boolean
  readonly fields: readonly Fact[] | null
}

interface RecordedField {
  readonly name: string
  readonly type: string
  readonly versions: string
  readonly nullableVersions?: string
  readonly tag?: number
  readonly default?: unknown
  readonly ignorable?: boolean
  readonly flexibleVersions?: string
  readonly fields?: readonly RecordedField[]
}

interface RecordedSchema {
  readonly name: string
  readonly type: string
  readonly apiKey?: number
  readonly keyType?: number
  readonly validVersionsEver: string
  readonly flexibleVersions: string
  readonly fields: readonly RecordedField[]
}

const TYPES: Readonly<Record<string, Kind>> = {
  bool: 'bool',
  int8: 'i8',
  int16: 'i16',
  uint16: 'u16',
  int32: 'i32',
  uint32: 'u32',
  int64: 'i64',
  float64: 'f64',
  string: 'string',
  uuid: 'uuid',
  bytes: 'bytes',
  records: 'records',
}

const range = (text: string): Versions => {
  const [min, max = min] = text.split('-').map(Number)
  return [min!, max!]
}
const inside = (inner: Versions, outer: Versions): Versions => [
  Math.max(inner[0], outer[0]),
  Math.min(inner[1], outer[1]),
]
const inFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1)

const recordedFact = (field: RecordedField, outer: Versions): Fact => {
  const versions = inside(range(field.versions), outer)
  const element = field.type.replace('[]', '')
  return {
    name: inFirst(field.name),
    type: field.type.replace(element, TYPES[element] ?? 'struct'),
    versions,
    nullable: field.nullableVersions ? inside(range(field.nullableVersions), versions) : null,
    tag: field.tag ?? null,
    absent: recordedDefault(field),
    ignorable: field.ignorable ?? false,
    neverFlexible: field.flexibleVersions === 'none',
    fields: field.fields?.map((inner) => recordedFact(inner, versions)) ?? null,
  }
}

const recordedDefault = ({ type, default: value, fields }: RecordedField): unknown => {
  if (value !== undefined) return value
  if (type.startsWith('[]')) return []
  if (fields !== undefined) return 'defaults'
  if (type === 'bool') return false
  if (type === 'int64') return '0'
  if (type === 'string' || type === 'bytes') return ''
  if (type === 'uuid') return 'A'.repeat(22)
  return type === 'records' ? null : 0
}

const ourFact = (name: string, field: Field, outer: Versions): Fact => {
  const { spec } = field
  const versions = inside(spec.versions, outer)
  const element = spec.kind === 'array' ? spec.of!.spec : spec
  return {
    name,
    type: spec.kind === 'array' ? `[]${element.kind}` : spec.kind,
    versions,
    nullable: spec.nullable ? inside(spec.nullable, versions) : null,
    tag: spec.tag ?? null,
    absent: ourDefault(field),
    ignorable: spec.ignorable ?? false,
    neverFlexible: spec.neverFlexible ?? false,
    fields: element.fields ? ourFacts(element.fields, versions) : null,
  }
}

const ourDefault = (field: Field): unknown => {
  const value = defaultOf(field)
  if (typeof value === 'bigint') return value.toString()
  if (Buffer.isBuffer(value)) return value.toString('base64')
  return field.spec.kind === 'struct' && value !== null ? 'defaults' : value
}

const ourFacts = (fields: Fields, versions: Versions): Fact[] =>
  Object.entries(fields).map(([name, field]) => ourFact(name, field, versions))

const firstFlexible = (text: string): number =>
  text === 'none' ? Number.POSITIVE_INFINITY : Number(text.replace('+', ''))

const schemas = [...jsonLines(join(GOLDEN, 'schemas.jsonl.gz'))] as RecordedSchema[]
const ofApis = schemas.filter(({ apiKey }) => apiKey !== undefined && !EXCLUDED_KEYS.has(apiKey))
const others = schemas.filter(({ apiKey }) => apiKey === undefined)

describe('every field of every schema is as recorded', () => {
  it.each(ofApis.map((schema) => [schema.name, schema] as const))('%s', (name, schema) => {
    const api = apiByKey(schema.apiKey!)!
    expect(`${api.name}${schema.type === 'request' ? 'Request' : 'Response'}`).toBe(name)
    const versions = range(schema.validVersionsEver)
    expect(api.versions).toEqual(versions)
    expect(api.flexible).toBe(firstFlexible(schema.flexibleVersions))
    const fields = schema.type === 'request' ? api.request : api.response
    expect(ourFacts(fields, versions)).toEqual(schema.fields.map((field) => recordedFact(field, versions)))
  })

  it.each(others.map((schema) => [schema.name, schema] as const))('%s', (name, schema) => {
    const data = DATA_MESSAGES.get(name)!
    const versions = range(schema.validVersionsEver)
    expect(data.versions).toEqual(versions)
    expect(data.flexible).toBe(firstFlexible(schema.flexibleVersions))
    expect(data.keyType).toBe(schema.type === 'coordinator-key' ? schema.keyType : undefined)
    expect(ourFacts(data.fields, versions)).toEqual(
      schema.fields.map((field) => recordedFact(field, versions)),
    )
  })
})

interface RecordedApi {
  readonly key: number
  readonly name: string
  readonly validVersionsEver: string
  readonly requestHeaderVersions: Readonly<Record<string, string>>
  readonly responseHeaderVersions: Readonly<Record<string, string>>
}

const recorded = (name: string) => JSON.parse(gunzipSync(readFileSync(join(GOLDEN, name))).toString())

describe('the list of APIs', () => {
  const apis = (recorded('apis.json.gz').apis as RecordedApi[]).filter(({ key }) => !EXCLUDED_KEYS.has(key))

  it('has every API that reaches a broker, by key, in every version that ever existed', () => {
    const ours = APIS.map(({ key, name, versions }) => ({ key, name, versions }))
    expect(ours).toEqual(
      apis.map(({ key, name, validVersionsEver }) => ({ key, name, versions: range(validVersionsEver) })),
    )
    expect(apis.length + EXCLUDED_KEYS.size).toBe(95)
  })

  it.each(apis.map((api) => [api.name, api] as const))('%s uses the recorded header versions', (_, api) => {
    const ours = apiByKey(api.key)!
    for (const [headerVersion, versions] of Object.entries(api.requestHeaderVersions)) {
      const [min, max] = range(versions)
      for (let v = min; v <= max; v++) expect(requestHeaderVersion(ours, v)).toBe(Number(headerVersion))
    }
    for (const [headerVersion, versions] of Object.entries(api.responseHeaderVersions)) {
      const [min, max] = range(versions)
      for (let v = min; v <= max; v++) expect(responseHeaderVersion(ours, v)).toBe(Number(headerVersion))
    }
  })
})
