import { type ItemResult, refused } from '../commands.ts'
import type { ConfigRules } from '../config-rules.ts'
import type { ConfigResourceType } from '../image.ts'
import { topicNameProblem } from '../topics.ts'
import { brokerProblem } from './broker-rules.ts'
import { configDefinition } from './catalog.ts'
import { clientMetricsProblem } from './client-metrics-rules.ts'
import { type BrokerLayers, effectiveBrokerText, effectiveTopicText } from './effective.ts'
import { groupProblem } from './group-rules.ts'
import { topicProblem } from './topic-rules.ts'

type Settings = ReadonlyMap<string, string>
const NOTHING_SET: Settings = new Map()

/** What the controller checks before it stores settings. Source: KRaft's ControllerConfigurationValidator. */
export class CatalogRules implements ConfigRules {
  readonly #static: Settings
  /** What holds where nothing is set dynamically. */
  readonly #layers: BrokerLayers

  /**
   * @param staticBroker what the controller's broker was started with: bounds of group settings come from
   * it.
   */
  constructor(staticBroker: Settings = new Map()) {
    this.#static = staticBroker
    this.#layers = { dynamicBroker: NOTHING_SET, dynamicDefault: NOTHING_SET, staticBroker }
  }

  isList(type: ConfigResourceType, key: string): boolean {
    // KRaft's controller has no types for groups and client metrics: their lists are only ever set as a
    // whole.
    if (type !== 'topic' && type !== 'broker') return false
    return configDefinition(type, key)?.type === 'list'
  }

  defaultOf(type: ConfigResourceType, key: string): string | null {
    if (type === 'broker') return effectiveBrokerText(key, this.#layers)
    if (type === 'topic') return effectiveTopicText(key, NOTHING_SET, this.#layers)
    return configDefinition(type, key)?.default ?? null
  }

  check(
    resource: { readonly type: ConfigResourceType; readonly name: string },
    settings: Settings,
    changed: ReadonlySet<string>,
  ): ItemResult | null {
    switch (resource.type) {
      case 'topic':
        return topicNameRefusal(resource.name) ?? invalidConfig(topicProblem(settings, this.#static))
      case 'group':
        if (resource.name === '') return refused('INVALID_REQUEST', 'A group has a name.')
        return invalidConfig(groupProblem(settings, this.#static))
      case 'client-metrics':
        return clientMetricsProblem(resource.name, settings)
      case 'broker':
        return brokerProblem(resource.name, settings, changed)
      case 'broker-logger':
        return refused('INVALID_REQUEST', 'Logger levels are not kept by the controller.')
    }
  }
}

function topicNameRefusal(name: string): ItemResult | null {
  if (name === '') return refused('INVALID_REQUEST', 'A topic has a name.')
  const problem = topicNameProblem(name)
  return problem === null ? null : refused('INVALID_TOPIC_EXCEPTION', `Topic name is invalid: ${problem}`)
}

const invalidConfig = (problem: string | null): ItemResult | null =>
  problem === null ? null : refused('INVALID_CONFIG', problem)
