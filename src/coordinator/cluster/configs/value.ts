import type { ConfigValue, ConfigValueType } from './definition.ts'

/**
 * A value that a setting cannot have. The message goes to the client with INVALID_CONFIG or
 * INVALID_REQUEST.
 */
export class ConfigInvalid extends Error {
  override readonly name = 'ConfigInvalid'
}

export const invalidValue = (name: string, text: string, why: string): ConfigInvalid =>
  new ConfigInvalid(`${name} cannot be ${text}: ${why}`)

const INTEGER = /^[+-]?\d+$/
/** What Java's Double.parseDouble takes, apart from hexadecimal. */
const DOUBLE = /^[+-]?(NaN|Infinity|(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[dDfF]?)$/

const BITS = { short: 16, int: 32, long: 64 } as const

/** Exact bounds of the integer types. */
const limitOf = (type: 'short' | 'int' | 'long'): bigint => 1n << BigInt(BITS[type] - 1)

/** Parses as Kafka's `ConfigDef.parseType`: surrounding blanks do not count. @throws ConfigInvalid */
export function parseValue(name: string, type: ConfigValueType, text: string): ConfigValue {
  const trimmed = text.trim()
  switch (type) {
    case 'boolean': {
      const lower = trimmed.toLowerCase()
      if (lower !== 'true' && lower !== 'false') throw invalidValue(name, text, 'it must be true or false')
      return lower === 'true'
    }
    case 'short':
    case 'int':
    case 'long':
      return parseInteger(name, type, trimmed, text)
    case 'double':
      if (!DOUBLE.test(trimmed)) throw invalidValue(name, text, 'it is not a number of type DOUBLE')
      return Number(trimmed.replace(/[dDfF]$/, ''))
    case 'list':
      return parseList(trimmed)
    case 'string':
    case 'class':
    case 'password':
      return trimmed
  }
}

function parseInteger(name: string, type: 'short' | 'int' | 'long', trimmed: string, text: string): number {
  // 20 characters hold every int64 with a sign; longer input with leading zeros is rare enough to go the
  // same way.
  if (!INTEGER.test(trimmed) || trimmed.length > 64) {
    throw invalidValue(name, text, `it is not a number of type ${type.toUpperCase()}`)
  }
  const limit = limitOf(type)
  const exact = BigInt(trimmed.startsWith('+') ? trimmed.slice(1) : trimmed)
  if (exact >= limit || exact < -limit) {
    throw invalidValue(name, text, `it is not a number of type ${type.toUpperCase()}`)
  }
  const value = Number(exact)
  return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, value))
}

/** Elements of a comma-separated list, each once; blanks around commas do not count, empty elements do. */
export function parseList(trimmed: string): readonly string[] {
  if (trimmed === '') return []
  return trimmed.includes(',') ? [...new Set(trimmed.split(/\s*,\s*/))] : [trimmed]
}

/** A stored text in the form in which a broker describes it: parsed and printed again. */
export function canonicalText(type: ConfigValueType, text: string): string {
  const trimmed = text.trim()
  switch (type) {
    case 'boolean':
      return trimmed.toLowerCase()
    case 'short':
    case 'int':
    case 'long':
      return INTEGER.test(trimmed) ? BigInt(trimmed.replace(/^\+/, '')).toString() : trimmed
    case 'double':
      return DOUBLE.test(trimmed) ? javaDouble(Number(trimmed.replace(/[dDfF]$/, ''))) : trimmed
    case 'list':
      return parseList(trimmed).join(',')
    case 'string':
    case 'class':
    case 'password':
      return trimmed
  }
}

/**
 * A double as Java prints it: always with a fraction, in scientific notation below 10^-3 and from 10^7 on.
 */
export function javaDouble(value: number): string {
  const size = Math.abs(value)
  if (!Number.isFinite(value)) return String(value)
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) {
    const [mantissa = '0', exponent = '0'] = value.toExponential().split('e')
    return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${Number(exponent)}`
  }
  return Number.isInteger(value) ? `${value}.0` : String(value)
}
