/**
 * Codecs as generated source: one flat text per (message, version, direction), every nested struct and array a named
 * function, so that V8 can inline them and a stack trace names them. Only names and numbers of our own schemas enter the
 * source.
 */

import { assert } from '../../runtime/assert.ts'
import type { Reader } from '../reader.ts'
import type { Writer } from '../writer.ts'
import type { Field, Fields } from './field.ts'
import { defaultOf, elementSizes, isDefault, isNullable, type Layout, split } from './layout.ts'

export type Decode = (reader: Reader) => unknown
export type Encode = (writer: Writer, value: unknown) => void

/** What the generated functions are given beside reader and writer: values that have no literal. */
interface Source {
  readonly layout: Layout
  readonly functions: string[]
  readonly constants: unknown[]
}

const IDENTIFIER = /^[A-Za-z][A-Za-z0-9]*$/

/** Throws EvalError where making code from strings is refused. */
export const compileDecoder = (layout: Layout): Decode => {
  const source: Source = { layout, functions: [], constants: [] }
  const root = decodeStruct(source, layout.fields, identifier(layout.name))
  return evaluate(source, root, 'decode') as Decode
}

/** Throws EvalError where making code from strings is refused. */
export const compileEncoder = (layout: Layout): Encode => {
  const source: Source = { layout, functions: [], constants: [] }
  const root = encodeStruct(source, layout.fields, identifier(layout.name))
  return evaluate(source, root, 'encode') as Encode
}

const evaluate = ({ layout, functions, constants }: Source, root: string, direction: string): unknown => {
  const url = `odradek/codec/${layout.name}.v${layout.version}.${direction}.js`
  const text = `'use strict';\n${functions.join('\n')}\nreturn ${root};\n//# sourceURL=${url}`
  return new Function('constants', 'isDefault', text)(constants, isDefault)
}

const identifier = (name: string): string => {
  assert(IDENTIFIER.test(name), `${name} is an identifier`)
  return name
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

const constant = ({ constants }: Source, value: unknown): string => `constants[${constants.push(value) - 1}]`

const literal = (source: Source, value: unknown): string => {
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'object' && value !== null) return constant(source, value)
  return JSON.stringify(value)
}

/** The method for a length-prefixed type, the same name in Reader and Writer: e.g. compactNullableString. */
const prefixed = (source: Source, field: Field, kind: string): string => {
  const nullable = isNullable(field.spec, source.layout.version) ? `Nullable${capital(kind)}` : capital(kind)
  const compact = source.layout.flexible && !field.spec.neverFlexible
  return compact ? `compact${nullable}` : nullable.charAt(0).toLowerCase() + nullable.slice(1)
}

const count = ({ layout }: Source): string => (layout.flexible ? 'compactCount' : 'count')

// --- decoding

const decodeField = (source: Source, field: Field, path: string): string => {
  const { kind, fields, of, tag } = field.spec
  switch (kind) {
    case 'string':
      return `r.${prefixed(source, field, 'string')}()`
    case 'bytes':
    case 'records':
      return `r.${prefixed(source, field, 'bytes')}()`
    case 'array':
      return `${decodeArray(source, of!, path, isNullable(field.spec, source.layout.version))}(r)`
    case 'struct': {
      const inner = `${decodeStruct(source, fields!, path)}(r)`
      if (!isNullable(field.spec, source.layout.version)) return inner
      return `(r.${tag === undefined ? 'present' : 'presentInTag'}() ? ${inner} : null)`
    }
    default:
      return `r.${kind}()`
  }
}

const decodeArray = (source: Source, element: Field, path: string, nullable: boolean): string => {
  const [wire, memory] = elementSizes(element, source.layout)
  const one = decodeField(source, element, path)
  const name = `${path}_list`
  source.functions.push(`function ${name}(r) {
  const n = r.${count(source)}(${wire}, ${memory});
  if (n < 0) return ${nullable ? 'null' : "r.unexpectedNull('an array')"};
  const a = new Array(n);
  for (let i = 0; i < n; i++) a[i] = ${one};
  return a;
}`)
  return name
}

const decodeStruct = (source: Source, fields: Fields, path: string): string => {
  const { layout } = source
  const { here, tagged } = split(fields, layout)
  const present = new Set(here.map(([name]) => name))
  const entries = Object.entries(fields).map(([name, field]) => {
    const value = present.has(name)
      ? decodeField(source, field, `${path}_${identifier(name)}`)
      : literal(source, defaultOf(field))
    return `    ${identifier(name)}: ${value},`
  })
  const cases = tagged.map(([name, field, tag]) => {
    const value = decodeField(source, field, `${path}_${identifier(name)}`)
    return `      case ${tag}: o.${name} = ${value}; r.closeTag(end); break;`
  })
  const elsewhere = Object.values(fields).flatMap(({ spec }) => spec.tag ?? [])
  for (const tag of elsewhere.filter((t) => !tagged.some(([, , here]) => here === t))) {
    cases.push(`      case ${tag}: r.misplacedTag(${tag});`)
  }
  source.functions.push(`function ${path}(r) {
  const o = {
${entries.join('\n')}
  };
${layout.flexible ? tagLoop(cases) : ''}  return o;
}`)
  return path
}

const tagLoop = (cases: readonly string[]): string =>
  cases.length === 0
    ? '  r.skipTags(o);\n'
    : `  for (let n = r.uvarint(); n > 0; n--) {
    const tag = r.uvarint(), end = r.tagEnd();
    switch (tag) {
${cases.join('\n')}
      default: r.unknownTag(o, tag, end);
    }
  }
`

// --- encoding

const encodeField = (source: Source, field: Field, value: string, path: string): string => {
  const { kind, fields, of, tag } = field.spec
  const nullable = isNullable(field.spec, source.layout.version)
  switch (kind) {
    case 'string':
    case 'bytes':
    case 'records':
      return `w.${prefixed(source, field, kind)}(${value});`
    case 'array': {
      const list = `${encodeArray(source, of!, path)}(w, ${value});`
      const none = source.layout.flexible ? 'compactNullArray' : 'nullArray'
      return nullable ? `if (${value} === null) w.${none}(); else ${list}` : list
    }
    case 'struct': {
      const inner = `${encodeStruct(source, fields!, path)}(w, ${value});`
      if (!nullable) return inner
      return tag === undefined
        ? `if (${value} === null) w.i8(-1); else { w.i8(1); ${inner} }`
        : `if (${value} === null) w.uvarint(0); else { w.uvarint(1); ${inner} }`
    }
    default:
      return `w.${kind}(${value});`
  }
}

const encodeArray = (source: Source, element: Field, path: string): string => {
  const one = encodeField(source, element, 'a[i]', path)
  const name = `${path}_list`
  source.functions.push(`function ${name}(w, a) {
  if (!Array.isArray(a)) w.expectedArray(a);
  const n = a.length;
  w.${count(source)}(n);
  for (let i = 0; i < n; i++) { ${one} }
}`)
  return name
}

const encodeStruct = (source: Source, fields: Fields, path: string): string => {
  const { layout } = source
  const { here, tagged, absent } = split(fields, layout)
  const lines = ["  if (typeof o !== 'object' || o === null) w.expectedStruct(o);"]
  for (const [name, field] of absent) {
    if (field.spec.ignorable) continue
    lines.push(
      `  if (${isSet(source, field, `o.${identifier(name)}`)}) w.notInVersion('${name}', ${layout.version});`,
    )
  }
  here.forEach(([name, field], i) => {
    if (field.spec.optional) {
      lines.push(`  let f${i} = o.${identifier(name)};`)
      lines.push(`  if (f${i} === undefined) f${i} = ${literal(source, defaultOf(field))};`)
    } else lines.push(`  const f${i} = o.${identifier(name)};`)
    lines.push(`  ${encodeField(source, field, `f${i}`, `${path}_${name}`)}`)
  })
  if (layout.flexible) lines.push(...encodeTags(source, tagged, path))
  source.functions.push(`function ${path}(w, o) {\n${lines.join('\n')}\n}`)
  return path
}

const encodeTags = (source: Source, tagged: ReturnType<typeof split>['tagged'], path: string): string[] => {
  if (tagged.length === 0) return ['  w.noTags(o);']
  const lines = ['  let tags = w.unknownTagCount(o);']
  for (const [name, field, tag] of tagged) {
    lines.push(
      `  const t${tag} = ${isSet(source, field, `o.${identifier(name)}`)};`,
      `  if (t${tag}) tags++;`,
    )
  }
  lines.push('  w.uvarint(tags);', '  if (tags === 0) return;')
  let below = -1
  for (const [name, field, tag] of tagged) {
    const payload = encodeField(source, field, `o.${name}`, `${path}_${name}`)
    lines.push(`  w.unknownTagsBetween(o, ${below}, ${tag});`)
    lines.push(`  if (t${tag}) { const mark = w.openTag(${tag}); ${payload} w.closeTag(mark); }`)
    below = tag
  }
  lines.push(`  w.unknownTagsBetween(o, ${below}, Infinity);`)
  return lines
}

/** An expression: the writer's value differs from the field's absence. */
const isSet = (source: Source, field: Field, value: string): string => {
  const absent = defaultOf(field)
  switch (field.spec.kind) {
    case 'struct':
    case 'array':
    case 'bytes':
      return `(${value} !== undefined && !isDefault(${constant(source, field)}, ${value}, w.unknownTags))`
    default:
      return `(${value} !== undefined && ${value} !== ${literal(source, absent)})`
  }
}
