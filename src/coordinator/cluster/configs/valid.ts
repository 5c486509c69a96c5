import type { ConfigValue, ConfigValueType } from './definition.ts'
import { ConfigInvalid, invalidValue } from './value.ts'

/** Checks a value against what is valid for its setting, in Kafka's notation. */
type Check = (name: string, text: string, value: ConfigValue) => void

const RANGE = /^\[(-?[\d.]+),\.\.\.(?:,(-?[\d.]+))?\]( or -1)?$/
const CHOICE = /^(\(case insensitive\) )?\[([^\]]*)\]$/
const THROTTLED_REPLICA = /^\s*\d+:\s*\d+\s*$/
/** ISO 8601 as Java's Duration takes it: days, hours, minutes, seconds; not negative. */
const DURATION = /^P(?=.)(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+([.,]\d{0,9})?S)?)?$/i

const checks = new Map<string, Check>()

/** @throws ConfigInvalid when `value` (which `text` said) is not among what `valid` describes. */
export function checkValid(
  name: string,
  type: ConfigValueType,
  valid: string,
  text: string,
  value: ConfigValue,
): void {
  if (valid === '') return
  // `[a,...]` of a list and of a number differ in nothing but the type: the key keeps them apart.
  const key = `${type} ${valid}`
  let check = checks.get(key)
  if (check === undefined) {
    check = compileCheck(type, valid)
    checks.set(key, check)
  }
  check(name, text, value)
}

function compileCheck(type: ConfigValueType, valid: string): Check {
  const range = RANGE.exec(valid)
  if (range !== null) return rangeCheck(Number(range[1]), range[2], range[3] !== undefined)
  if (valid === 'throttled replicas') return checkThrottledReplicas
  if (valid.includes('by_duration:')) return checkOffsetReset
  const choice = CHOICE.exec(valid)
  if (choice !== null) return choiceCheck(type, (choice[2] ?? '').split(', '), choice[1] !== undefined)
  if (valid === 'unique' || valid === 'non-empty list') return checkElements
  if (valid === 'non-empty string') return checkNonEmpty
  return () => undefined
}

function rangeCheck(min: number, maxText: string | undefined, orMinusOne: boolean): Check {
  const max = maxText === undefined ? Number.POSITIVE_INFINITY : Number(maxText)
  return (name, text, value) => {
    const number = value as number
    if (orMinusOne && number === -1) return
    if (orMinusOne && (number < min || number > max)) {
      throw invalidValue(name, text, `it must be ${min} to ${max}, or -1`)
    }
    if (number < min || Number.isNaN(number)) throw invalidValue(name, text, `it must be at least ${min}`)
    if (number > max) throw invalidValue(name, text, `it must be at most ${max}`)
  }
}

function choiceCheck(type: ConfigValueType, choices: readonly string[], ignoreCase: boolean): Check {
  const allowed = new Set(ignoreCase ? choices.map((choice) => choice.toUpperCase()) : choices)
  const why = `it must be one of ${choices.join(', ')}`
  if (type !== 'list') {
    return (name, text, value) => {
      const given = value as string
      if (!allowed.has(ignoreCase ? given.toUpperCase() : given)) throw invalidValue(name, text, why)
    }
  }
  return (name, text, value) => {
    checkElements(name, text, value)
    for (const element of value as readonly string[]) {
      if (!allowed.has(element)) throw invalidValue(name, element, why)
    }
  }
}

/** KIP-1161: lists have no empty element. One that comes twice counts once. */
function checkElements(name: string, text: string, value: ConfigValue): void {
  if ((value as readonly string[]).includes('')) {
    throw new ConfigInvalid(`Configuration '${name}' has an empty element: ${text}`)
  }
}

function checkNonEmpty(name: string, text: string, value: ConfigValue): void {
  if (value === '') throw invalidValue(name, text, 'it must not be empty')
}

/** Either `*`, or pairs of partition and broker (KIP-73). */
function checkThrottledReplicas(name: string, text: string, value: ConfigValue): void {
  const elements = value as readonly string[]
  if (elements.length === 1 && elements[0] === '*') return
  if (!elements.every((element) => THROTTLED_REPLICA.test(element))) {
    throw invalidValue(name, text, 'it must be * or pairs [partition]:[broker],[partition]:[broker],…')
  }
}

/** Where a share group begins: latest, earliest, or `by_duration:` and an ISO 8601 duration. */
function checkOffsetReset(name: string, text: string, value: ConfigValue): void {
  const given = value as string
  const lower = given.toLowerCase()
  if (lower === 'latest' || lower === 'earliest') return
  if (lower.startsWith('by_duration:') && DURATION.test(given.slice('by_duration:'.length))) return
  throw invalidValue(name, text, 'it must be latest, earliest, or by_duration: and a duration such as P3D')
}
