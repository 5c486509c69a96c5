import { assert } from '../../../runtime/assert.ts'
import type { ClusterImage, ConfigResourceType } from '../image.ts'
import { configDefinition } from './catalog.ts'
import type { ConfigValue } from './definition.ts'
import { brokerSynonyms, topicSynonyms } from './synonyms.ts'

type Settings = ReadonlyMap<string, string>

/** What is set for one broker, by strength: for it alone, for all brokers, by its own start. */
export interface BrokerLayers {
  readonly dynamicBroker: Settings
  readonly dynamicDefault: Settings
  readonly staticBroker: Settings
}

/** Reads effective settings by name, parsed. Asking for a name that the catalog lacks is a bug. */
export interface ConfigView {
  /** As text, in the unit of the setting; null: none. */
  text(name: string): string | null
  /** Whether it has a value, set or by default. */
  has(name: string): boolean
  /** short, int, long, double. Null where nothing is set and there is no default is a bug of the caller. */
  number(name: string): number
  boolean(name: string): boolean
  string(name: string): string | null
  list(name: string): readonly string[]
}

/** Bound of remembered topics; past it all are forgotten, to be computed again. */
const MAX_REMEMBERED_TOPICS = 10_000

/**
 * The effective settings of one broker and, from its point of view, of every topic and group. Parsed values
 * are remembered for as long as what they come from stays the same, so a lookup costs one or two map reads.
 */
export class BrokerSettings {
  readonly brokerId: number
  readonly #name: string
  readonly #static: Settings
  #layers: BrokerLayers
  #broker: CachedView
  readonly #topics = new Map<string, { readonly own: Settings; readonly view: CachedView }>()

  /** @param staticBroker what the broker was started with; stands until it stops. */
  constructor(brokerId: number, staticBroker: Settings = new Map()) {
    this.brokerId = brokerId
    this.#name = String(brokerId)
    this.#static = staticBroker
    this.#layers = { dynamicBroker: new Map(), dynamicDefault: new Map(), staticBroker }
    this.#broker = brokerView(this.#layers)
  }

  /** What is set for this broker in `image`. */
  layers(image: ClusterImage): BrokerLayers {
    const dynamicBroker = image.configs('broker', this.#name)
    const dynamicDefault = image.configs('broker', '')
    if (dynamicBroker !== this.#layers.dynamicBroker || dynamicDefault !== this.#layers.dynamicDefault) {
      this.#layers = { dynamicBroker, dynamicDefault, staticBroker: this.#static }
      this.#broker = brokerView(this.#layers)
      this.#topics.clear()
    }
    return this.#layers
  }

  /** Settings of the broker itself. Hold the view for no longer than the image. */
  broker(image: ClusterImage): ConfigView {
    this.layers(image)
    return this.#broker
  }

  /**
   * Settings of a topic, also of one that does not exist (its defaults). Hold the view for no longer than
   * the image.
   */
  topic(image: ClusterImage, topic: string): ConfigView {
    const layers = this.layers(image)
    const own = image.configs('topic', topic)
    const known = this.#topics.get(topic)
    if (known !== undefined && known.own === own) return known.view
    if (this.#topics.size >= MAX_REMEMBERED_TOPICS) this.#topics.clear()
    const view = new CachedView('topic', (name) => effectiveTopicText(name, own, layers))
    this.#topics.set(topic, { own, view })
    return view
  }
}

const brokerView = (layers: BrokerLayers): CachedView =>
  new CachedView('broker', (name) => effectiveBrokerText(name, layers))

/** A broker setting as text: the strongest layer that sets it or a synonym of it. Null: none. */
export function effectiveBrokerText(name: string, layers: BrokerLayers): string | null {
  for (const layer of layersOf(layers)) {
    for (const synonym of brokerSynonyms(name)) {
      const text = layer.get(synonym)
      // A family's other members are other units: they displace a weaker layer's value, but are no value of
      // this name.
      if (text !== undefined) return synonym === name ? text : defaultText('broker', name)
    }
  }
  return defaultText('broker', name)
}

/**
 * A topic setting as text, in its own unit: the topic's own, else what stands behind it on the broker.
 * Null: none.
 */
export function effectiveTopicText(name: string, own: Settings, layers: BrokerLayers): string | null {
  const text = own.get(name)
  if (text !== undefined) return text
  const synonyms = topicSynonyms(name)
  for (const layer of layersOf(layers)) {
    for (const synonym of synonyms) {
      const set = layer.get(synonym.name)
      if (set !== undefined)
        return synonym.factor === 1 ? set : String(BigInt(set.trim()) * BigInt(synonym.factor))
    }
  }
  return defaultText('topic', name)
}

const layersOf = (layers: BrokerLayers): readonly Settings[] => [
  layers.dynamicBroker,
  layers.dynamicDefault,
  layers.staticBroker,
]

const defaultText = (type: ConfigResourceType, name: string): string | null =>
  configDefinition(type, name)?.default ?? null

class CachedView implements ConfigView {
  readonly #type: ConfigResourceType
  readonly #text: (name: string) => string | null
  readonly #values = new Map<string, ConfigValue | null>()

  constructor(type: ConfigResourceType, text: (name: string) => string | null) {
    this.#type = type
    this.#text = text
  }

  text(name: string): string | null {
    return this.#text(name)
  }

  has(name: string): boolean {
    return this.#value(name) !== null
  }

  number(name: string): number {
    const value = this.#value(name)
    assert(typeof value === 'number', `${name} is a number`)
    return value
  }

  boolean(name: string): boolean {
    const value = this.#value(name)
    assert(typeof value === 'boolean', `${name} is true or false`)
    return value
  }

  string(name: string): string | null {
    const value = this.#value(name)
    assert(value === null || typeof value === 'string', `${name} is a string`)
    return value
  }

  list(name: string): readonly string[] {
    const value = this.#value(name)
    assert(value === null || typeof value === 'object', `${name} is a list`)
    return value ?? []
  }

  #value(name: string): ConfigValue | null {
    const known = this.#values.get(name)
    if (known !== undefined) return known
    const definition = configDefinition(this.#type, name)
    assert(definition !== undefined, `there is no ${this.#type} config ${name}`)
    const text = this.#text(name)
    const value = text === null ? null : definition.parse(text)
    this.#values.set(name, value)
    return value
  }
}
