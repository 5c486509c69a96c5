import { configsOf } from '../coordinator/cluster/configs/catalog.ts'
import type { ConfigDefinition, ConfigValueType } from '../coordinator/cluster/configs/definition.ts'
import {
  type BrokerLayers,
  effectiveBrokerText,
  effectiveTopicText,
} from '../coordinator/cluster/configs/effective.ts'
import { brokerSynonyms, groupSynonym, topicSynonyms } from '../coordinator/cluster/configs/synonyms.ts'
import { canonicalText } from '../coordinator/cluster/configs/value.ts'
import type { ConfigResourceType } from '../coordinator/cluster/image.ts'
import { javaHashOrder } from '../coordinator/group/java-hash-order.ts'
import { javaHashCode } from '../coordinator/runtime.ts'

/**
 * Settings as DescribeConfigs and CreateTopics tell them. Source: Kafka's ConfigHelper and
 * KafkaConfigSchema.
 */

type Settings = ReadonlyMap<string, string>

/** Codes of DescribeConfigsResponse.ConfigSource. */
const SOURCE = {
  topic: 1,
  dynamicBroker: 2,
  dynamicDefault: 3,
  staticBroker: 4,
  default: 5,
  clientMetrics: 7,
  group: 8,
} as const

/** Codes of DescribeConfigsResponse.ConfigType; 0: unknown. */
const TYPE: { readonly [type in ConfigValueType]: number } = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
  password: 9,
}

export interface ConfigSynonymEntry {
  readonly name: string
  readonly value: string | null
  readonly source: number
}

export interface DescribedConfig {
  readonly name: string
  /** Null where it is sensitive, or nothing is set and there is no default. */
  readonly value: string | null
  readonly readOnly: boolean
  readonly configSource: number
  readonly isSensitive: boolean
  readonly synonyms: readonly ConfigSynonymEntry[]
  readonly configType: number
}

/** All settings of a topic, whose own are `own`. */
export const describeTopic = (own: Settings, layers: BrokerLayers): DescribedConfig[] =>
  described('topic').map((definition) => {
    const { name } = definition
    const value = printed(definition, effectiveTopicText(name, own, layers))
    const behind = topicSynonyms(name)[0]?.name
    const synonyms = behind === undefined ? [] : brokerSynonymEntries(behind, false, layers)
    if (own.has(name)) synonyms.unshift({ name, value, source: SOURCE.topic })
    return entry(definition, value, synonyms, false)
  })

/** All settings of a running broker, plugins' own included. */
export function describeBroker(layers: BrokerLayers): DescribedConfig[] {
  const catalog = configsOf('broker')
  const set = new Set(
    [layers.dynamicBroker, layers.dynamicDefault, layers.staticBroker].flatMap((layer) => [...layer.keys()]),
  )
  const known = described('broker')
    .filter(({ name, isToldWhenSet }) => !isToldWhenSet || set.has(name))
    .map((definition) => {
      const { name, isSensitive } = definition
      const value = isSensitive ? null : printed(definition, effectiveBrokerText(name, layers))
      return entry(definition, value, brokerSynonymEntries(name, isSensitive, layers), !definition.isDynamic)
    })
  const unknown = [...set].filter((name) => !catalog.has(name))
  return inTableOrder(
    [...known, ...unknown.map((name) => unknownBrokerConfig(name, layers))],
    ({ name }) => name,
  )
}

/** Nothing of a client's and nothing of a person's sets it. */
export const isDefault = ({ configSource }: DescribedConfig): boolean => configSource === SOURCE.default

/** What is set for all brokers together. */
export const describeBrokerDefaults = (layers: BrokerLayers): DescribedConfig[] =>
  inTableOrder([...layers.dynamicDefault], ([name]) => name).map(([name, text]) => {
    const definition = configsOf('broker').get(name)
    const isSensitive = definition?.isSensitive ?? true
    const value = isSensitive ? null : text
    return {
      name,
      value,
      readOnly: !(definition?.isDynamic ?? false),
      configSource: SOURCE.dynamicDefault,
      isSensitive,
      synonyms: [{ name, value, source: SOURCE.dynamicDefault }],
      configType: definition === undefined ? 0 : TYPE[definition.type],
    }
  })

/** All settings of a group, whose own are `own`. */
export const describeGroup = (own: Settings, layers: BrokerLayers): DescribedConfig[] =>
  described('group').map((definition) => {
    const { name } = definition
    const behind = groupSynonym(name)
    const inherited = behind === null ? definition.default : effectiveBrokerText(behind, layers)
    const value = printed(definition, own.get(name) ?? inherited)
    const synonyms =
      behind === null
        ? [{ name, value: definition.default, source: SOURCE.default as number }]
        : brokerSynonymEntries(behind, false, layers)
    if (own.has(name)) synonyms.unshift({ name, value, source: SOURCE.group })
    return entry(definition, value, synonyms, false)
  })

/** All settings of a client metrics subscription. */
export const describeClientMetrics = (own: Settings): DescribedConfig[] =>
  described('client-metrics').map((definition) => {
    const { name } = definition
    const value = printed(definition, own.get(name) ?? definition.default)
    const synonyms = own.has(name) ? [{ name, value, source: SOURCE.clientMetrics }] : []
    return entry(definition, value, synonyms, false)
  })

/**
 * The settings of a new topic as CreateTopics v5+ answers them (KIP-525): by name, every source looked at
 * in full.
 */
export const createdTopicConfigs = (own: Settings, layers: BrokerLayers): DescribedConfig[] =>
  described('topic')
    .map((definition) => {
      const { name } = definition
      return entry(
        definition,
        effectiveTopicText(name, own, layers),
        [{ name, value: null, source: own.has(name) ? SOURCE.topic : sourceBehind(name, layers) }],
        false,
      )
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))

function sourceBehind(name: string, layers: BrokerLayers): number {
  const isSet = (layer: Settings): boolean => topicSynonyms(name).some((synonym) => layer.has(synonym.name))
  if (isSet(layers.dynamicBroker)) return SOURCE.dynamicBroker
  if (isSet(layers.dynamicDefault)) return SOURCE.dynamicDefault
  return isSet(layers.staticBroker) ? SOURCE.staticBroker : SOURCE.default
}

const entry = (
  definition: ConfigDefinition,
  value: string | null,
  synonyms: readonly ConfigSynonymEntry[],
  readOnly: boolean,
): DescribedConfig => ({
  name: definition.name,
  value,
  readOnly,
  configSource: synonyms[0]?.source ?? SOURCE.default,
  isSensitive: definition.isSensitive,
  synonyms,
  configType: TYPE[definition.type],
})

/** A value as a broker tells it: parsed and printed again. */
const printed = (definition: ConfigDefinition, text: string | null): string | null =>
  text === null ? null : canonicalText(definition.type, text)

function unknownBrokerConfig(name: string, layers: BrokerLayers): DescribedConfig {
  const synonyms = brokerSynonymEntries(name, true, layers)
  const configSource = synonyms[0]?.source ?? SOURCE.default
  return { name, value: null, readOnly: true, configSource, isSensitive: true, synonyms, configType: 0 }
}

/**
 * Where a broker setting and its synonyms are set, the strongest first. What comes before the setting's own
 * name is left out, so a setting that only a synonym in another unit sets has none (as in Kafka).
 */
function brokerSynonymEntries(
  name: string,
  isSensitive: boolean,
  layers: BrokerLayers,
): ConfigSynonymEntry[] {
  const entries: ConfigSynonymEntry[] = []
  const names = brokerSynonyms(name)
  const add = (layer: Settings, source: number): void => {
    for (const synonym of names) {
      const text = layer.get(synonym)
      if (text !== undefined) entries.push({ name: synonym, value: isSensitive ? null : text, source })
    }
  }
  add(layers.dynamicBroker, SOURCE.dynamicBroker)
  add(layers.dynamicDefault, SOURCE.dynamicDefault)
  add(layers.staticBroker, SOURCE.staticBroker)
  for (const synonym of names) {
    const value = configsOf('broker').get(synonym)?.default ?? null
    if (value !== null)
      entries.push({ name: synonym, value: isSensitive ? null : value, source: SOURCE.default })
  }
  const first = entries.findIndex((synonym) => synonym.name === name)
  return first === -1 ? [] : entries.slice(first)
}

const orders = new Map<ConfigResourceType, readonly ConfigDefinition[]>()

/** The settings that are told to clients, in the order in which a real broker tells them. */
function described(type: ConfigResourceType): readonly ConfigDefinition[] {
  let order = orders.get(type)
  if (order === undefined) {
    order = inTableOrder(
      [...configsOf(type).values()].filter(({ isInternal }) => !isInternal),
      ({ name }) => name,
    )
    orders.set(type, order)
  }
  return order
}

/**
 * As a Java HashMap of these keys gives them: some tools show settings in the order in which they come, and
 * so they come as from a real broker.
 */
const inTableOrder = <T>(items: readonly T[], keyOf: (item: T) => string): T[] =>
  javaHashOrder(items, (item) => javaHashCode(keyOf(item)))
