import type { Json } from './transcript.ts'

export interface Mismatch {
  /** Of the field, e.g. `topics.0.errorCode`. */
  readonly path: string
  readonly expected: string
  readonly actual: string
}

/** The broker's own words: only whether there are any is compared. */
const WORDS: ReadonlySet<string> = new Set(['errorMessage', 'batchIndexErrorMessage', 'documentation'])

/** Lists whose elements are known by a field; others are known by their place. */
const KEYS: ReadonlyMap<string, string> = new Map([
  ['apiKeys', 'apiKey'],
  ['supportedFeatures', 'name'],
  ['finalizedFeatures', 'name'],
  ['configs', 'name'],
])

/** A decoded message in the encoding of the transcripts. */
export function toJson(value: unknown): Json {
  if (typeof value === 'bigint') return value.toString()
  if (Buffer.isBuffer(value)) return value.toString('base64')
  if (Array.isArray(value)) return value.map(toJson)
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, toJson(field)]))
  }
  return value as Json
}

/**
 * Every field of `expected` that `actual` has otherwise. Fields that only `actual` has are of other
 * versions.
 */
export function compare(expected: Json, actual: Json, volatile: readonly string[]): Mismatch[] {
  const mismatches: Mismatch[] = []
  const free = new Set(volatile)
  walk(expected, actual, [], free, mismatches)
  return mismatches
}

function walk(
  expected: Json,
  actual: Json | undefined,
  path: readonly string[],
  free: ReadonlySet<string>,
  mismatches: Mismatch[],
): void {
  const at = path.join('.')
  if (free.has(at)) return
  if (Array.isArray(expected) && Array.isArray(actual)) {
    const key = KEYS.get(path.at(-1) ?? '')
    if (key !== undefined) {
      walkKeyed(expected as readonly Element[], actual as readonly Element[], key, path, free, mismatches)
      return
    }
    const lengthIsFree = free.has([...path, '*'].join('.'))
    if (expected.length !== actual.length && !lengthIsFree) {
      mismatches.push({ path: `${at}.length`, expected: brief(expected), actual: brief(actual) })
      return
    }
    const common = Math.min(expected.length, actual.length)
    for (let i = 0; i < common; i++) {
      walk(expected[i] as Json, actual[i] as Json, [...path, String(i)], free, mismatches)
    }
    return
  }
  if (isObject(expected) && isObject(actual)) {
    for (const [key, value] of Object.entries(expected)) {
      walk(value, actual[key], [...path, key], free, mismatches)
    }
    return
  }
  const same = WORDS.has(path.at(-1) ?? '') ? sameWords(expected, actual) : expected === actual
  if (!same) mismatches.push({ path: at, expected: brief(expected), actual: brief(actual) })
}

type Element = { readonly [key: string]: Json }

/**
 * Elements that are missing or more than they should be have their own path, and so has the order of the
 * others.
 */
function walkKeyed(
  expected: readonly Element[],
  actual: readonly Element[],
  key: string,
  path: readonly string[],
  free: ReadonlySet<string>,
  mismatches: Mismatch[],
): void {
  const at = path.join('.')
  const keysOf = (elements: readonly Element[]): string[] => elements.map((element) => String(element[key]))
  const byKey = new Map(actual.map((element) => [String(element[key]), element]))
  const wanted = new Set(keysOf(expected))
  for (const [index, element] of expected.entries()) {
    const name = String(element[key])
    const found = byKey.get(name)
    if (found === undefined) {
      mismatches.push({ path: `${at}.${name}`, expected: brief(element), actual: 'absent' })
      continue
    }
    // Free fields are named by place.
    const place = `${at}.${index}.`
    const here = [...free].filter((field) => field.startsWith(place))
    const freeHere = new Set(here.map((field) => `${at}.${name}.${field.slice(place.length)}`))
    walk(element, found, [...path, name], freeHere, mismatches)
  }
  for (const name of byKey.keys()) {
    if (!wanted.has(name))
      mismatches.push({ path: `${at}.${name}`, expected: 'absent', actual: brief(byKey.get(name)) })
  }
  const order = (names: readonly string[], among: (name: string) => boolean): string =>
    names.filter(among).join(' ')
  const expectedOrder = order(keysOf(expected), (name) => byKey.has(name))
  const actualOrder = order(keysOf(actual), (name) => wanted.has(name))
  if (expectedOrder !== actualOrder) {
    mismatches.push({ path: `${at}.order`, expected: expectedOrder, actual: actualOrder })
  }
}

const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Null, empty, or some words. */
const sameWords = (expected: Json, actual: Json | undefined): boolean =>
  expected === actual || (Boolean(expected) && Boolean(actual))

const brief = (value: Json | undefined): string => {
  const text = JSON.stringify(value) ?? 'absent'
  return text.length > 300 ? `${text.slice(0, 300)}… (${text.length} characters)` : text
}
