import { checkValid } from './valid.ts'
import { ConfigInvalid, parseValue } from './value.ts'

/** Types of a value, by the names of Kafka's `ConfigDef.Type`. */
export type ConfigValueType =
  | 'boolean'
  | 'string'
  | 'int'
  | 'short'
  | 'long'
  | 'double'
  | 'list'
  | 'class'
  | 'password'

/**
 * A parsed value. A long keeps the bits that a number can hold: beyond 2^53 it is `Number.MAX_SAFE_INTEGER`
 * or its negative.
 */
export type ConfigValue = boolean | number | string | readonly string[]

/**
 * One line of a table: name, type, default (null: none), importance, what is valid (in Kafka's own
 * notation; empty: all that the type allows), flags. Importance: h(igh), m(edium), l(ow). Flags: i(nternal:
 * not described), r(equired: has no default), d(ynamic: may change while the broker runs), b (dynamic, but
 * for each broker by itself only), s (told when set).
 */
export type ConfigRow = readonly [
  name: string,
  type: ConfigValueType,
  fallback: string | null,
  importance: 'h' | 'm' | 'l',
  valid?: string,
  flags?: string,
]

/** One setting of the catalog. */
export class ConfigDefinition {
  readonly name: string
  readonly type: ConfigValueType
  /** As text; null: none. */
  readonly default: string | null
  readonly importance: 'high' | 'medium' | 'low'
  /** In Kafka's notation, e.g. `[0,...]`; empty: all that the type allows. */
  readonly valid: string
  /** Not described to clients, though it may be set. */
  readonly isInternal: boolean
  /** Described only where it is set. */
  readonly isToldWhenSet: boolean
  /** Broker settings: may be changed while the broker runs. */
  readonly isDynamic: boolean
  /** Broker settings: cannot be changed for the whole cluster at once. */
  readonly isPerBroker: boolean

  constructor([name, type, fallback, importance, valid = '', flags = '']: ConfigRow) {
    this.name = name
    this.type = type
    this.default = fallback
    this.importance = importance === 'h' ? 'high' : importance === 'm' ? 'medium' : 'low'
    this.valid = valid
    this.isInternal = flags.includes('i')
    this.isToldWhenSet = flags.includes('s')
    this.isPerBroker = flags.includes('b')
    this.isDynamic = this.isPerBroker || flags.includes('d')
  }

  /** Described without its value. */
  get isSensitive(): boolean {
    return this.type === 'password'
  }

  /** The value of `text`, checked. @throws ConfigInvalid */
  parse(text: string): ConfigValue {
    const value = parseValue(this.name, this.type, text)
    checkValid(this.name, this.type, this.valid, text, value)
    return value
  }

  /** Why `text` cannot be a value of this setting; null: it can. */
  problem(text: string): string | null {
    try {
      this.parse(text)
      return null
    } catch (error) {
      if (error instanceof ConfigInvalid) return error.message
      throw error
    }
  }
}
