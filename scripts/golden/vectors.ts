/** Reading golden data, and values as it writes them in JSON. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { UnknownTags } from '../../src/protocol/reader.ts'
import type { Field, Fields } from '../../src/protocol/schema/field.ts'
import { includes } from '../../src/protocol/schema/layout.ts'

export const GOLDEN = join(import.meta.dirname, '../../test/data/golden')

/** One line of messages-*.jsonl.gz. */
export interface MessageVector {
  readonly id: string
  readonly message: string
  readonly version: number
  readonly kind: 'request' | 'response' | 'header' | 'data' | 'coordinator-key' | 'coordinator-value'
  readonly key?: number
  readonly json: Json
  readonly hex: string
  readonly unknownTags?: readonly TagAt[]
  readonly prefixedHex?: string
  readonly headerVersion?: number
  readonly header?: Json
  readonly headerHex?: string
  readonly headerUnknownTags?: readonly TagAt[]
}

/** A tagged field that no schema knows, in the struct at `path`. */
export interface TagAt {
  readonly path: string
  readonly tag: number
  readonly hex: string
}

export type Json = { readonly [name: string]: unknown }

/** Parses a file of one JSON value a line, gzip-compressed if its name ends so. */
export function* jsonLines(path: string): Generator<unknown> {
  const raw = readFileSync(path)
  const text = (path.endsWith('.gz') ? gunzipSync(raw) : raw).toString('utf8')
  for (const line of text.split('\n')) if (line !== '') yield JSON.parse(line)
}

/** The files of `directory` with message vectors, as one sequence. */
export function* messageVectors(files: readonly string[], directory = GOLDEN): Generator<MessageVector> {
  for (const file of files) yield* jsonLines(join(directory, file)) as Generator<MessageVector>
}

export const MESSAGE_FILES = [
  'messages-3.9.2.jsonl.gz',
  'messages-4.0.2.jsonl.gz',
  'messages-4.4.0.jsonl.gz',
  'messages-coordinator.jsonl.gz',
]

// --- values

export const structToJson = (fields: Fields, version: number, struct: Json): Json => {
  const json: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(fields)) {
    if (includes(field.spec.versions, version)) json[name] = toJson(field, version, struct[name])
  }
  return json
}

const toJson = ({ spec }: Field, version: number, value: unknown): unknown => {
  if (value === null) return null
  if (spec.kind === 'array') return (value as unknown[]).map((one) => toJson(spec.of!, version, one))
  if (spec.kind === 'struct') return structToJson(spec.fields!, version, value as Json)
  if (spec.kind === 'bytes' || spec.kind === 'records') return (value as Buffer).toString('base64')
  if (spec.kind === 'i64') return (value as bigint).toString()
  return value
}

/** Fields that JSON leaves out stay out. */
export const structFromJson = (fields: Fields, json: Json): Record<string, unknown> => {
  const struct: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(json)) {
    const field = fields[name]
    if (field === undefined) throw new Error(`the schema has no field ${name}`)
    struct[name] = fromJson(field, value)
  }
  return struct
}

const fromJson = ({ spec }: Field, json: unknown): unknown => {
  if (json === null) return null
  if (spec.kind === 'array') return (json as unknown[]).map((one) => fromJson(spec.of!, one))
  if (spec.kind === 'struct') return structFromJson(spec.fields!, json as Json)
  if (spec.kind === 'bytes' || spec.kind === 'records') return Buffer.from(json as string, 'base64')
  if (spec.kind === 'i64') return BigInt(json as string)
  return json
}

/** The unknown tagged fields of `root`, in the form that readers and writers take. */
export const placeTags = (root: object, tags: readonly TagAt[]): UnknownTags => {
  const placed: UnknownTags = new Map()
  for (const { path, tag, hex } of tags) {
    const struct = at(root, path)
    placed.set(struct, [...(placed.get(struct) ?? []), { tag, bytes: Buffer.from(hex, 'hex') }])
  }
  return placed
}

/** The tagged fields that a reader kept are those of the vector, each in its struct. */
export const sameTags = (root: object, found: Map<object, unknown>, tags: readonly TagAt[]): boolean => {
  const expected = placeTags(root, tags) as Map<object, unknown>
  const show = (map: Map<object, unknown>, struct: object) => JSON.stringify(map.get(struct))
  return (
    found.size === expected.size && [...expected.keys()].every((s) => show(found, s) === show(expected, s))
  )
}

const at = (root: object, path: string): object => {
  let value: unknown = root
  for (const step of path === '' ? [] : path.split('.')) value = (value as Record<string, unknown>)[step]
  return value as object
}
