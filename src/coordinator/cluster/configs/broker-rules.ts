import { type ItemResult, refused } from '../commands.ts'
import { configDefinition, configsOf } from './catalog.ts'
import { type BrokerLayers, effectiveBrokerText } from './effective.ts'
import { parseList } from './value.ts'

type Settings = ReadonlyMap<string, string>

const LISTENER_CONFIG = /^listener\.name\.[^.]*\.(.*)$/
const CLUSTER_LEVEL_LISTENER_CONFIGS: ReadonlySet<string> = new Set([
  'max.connections',
  'max.connection.creation.rate',
  'num.network.threads',
])
/** TLS stores and keys: changed for one listener at a time, under its prefix. */
const TLS_STORE =
  /^ssl\.(key\.password|(key|trust)store\.(location|password|type|certificate\.chain|key|certificates))$/

const THREAD_POOLS: readonly string[] = [
  'num.io.threads',
  'num.replica.fetchers',
  'num.recovery.threads.per.data.dir',
  'background.threads',
  'log.cleaner.threads',
]
const MIN_DEDUPE_BYTES_PER_THREAD = 1024 * 1024

/**
 * Why the controller refuses the settings of a broker, or of all (''); null: it takes them. It looks at
 * little, for the broker that was asked has looked at all (`brokerChangeProblem`). Source: KRaft's
 * ConfigurationControlManager (KIP-966).
 */
export function brokerProblem(
  broker: string,
  settings: Settings,
  changed: ReadonlySet<string>,
): ItemResult | null {
  if (!changed.has('min.insync.replicas')) return null
  if (broker !== '') {
    return refused('INVALID_CONFIG', 'min.insync.replicas is kept for the whole cluster, not for one broker.')
  }
  if (!settings.has('min.insync.replicas')) {
    return refused('INVALID_CONFIG', 'min.insync.replicas of the whole cluster can be changed, not removed.')
  }
  return null
}

/**
 * Why a running broker cannot take `settings`, all that would be set for it (`perBroker`) or for every
 * broker; null: it can. Names that Kafka does not know are taken: they are for plugins. Source: Kafka's
 * DynamicBrokerConfig.validate.
 */
export function brokerChangeProblem(
  settings: Settings,
  perBroker: boolean,
  layers: BrokerLayers,
): string | null {
  const names = [...settings.keys()]
  const fixed = names.filter((name) => {
    const definition = configDefinition('broker', name)
    return definition !== undefined && !definition.isDynamic
  })
  if (fixed.length > 0) return `Not to be changed while the broker runs: [${fixed.join(', ')}]`
  const stores = names.filter((name) => TLS_STORE.test(name))
  if (stores.length > 0) {
    return `Only to be changed for one listener, under its prefix: [${stores.join(', ')}]`
  }
  const invalid = valueProblem(settings)
  if (invalid !== null) return invalid
  const own = names.filter(isPerBroker)
  if (!perBroker && own.length > 0) {
    return `Only to be changed for one broker, by its id: [${own.join(', ')}]`
  }
  return combinationProblem(
    perBroker ? { ...layers, dynamicBroker: settings } : { ...layers, dynamicDefault: settings },
    layers,
  )
}

function isPerBroker(name: string): boolean {
  const base = LISTENER_CONFIG.exec(name)?.[1]
  if (base !== undefined) return !CLUSTER_LEVEL_LISTENER_CONFIGS.has(base)
  return configDefinition('broker', name)?.isPerBroker ?? false
}

function valueProblem(settings: Settings): string | null {
  const definitions = configsOf('broker')
  for (const [name, text] of settings) {
    const base = LISTENER_CONFIG.exec(name)?.[1] ?? name
    const problem = definitions.get(base)?.problem(text)
    if (problem) return problem
  }
  return null
}

/** What settings together must fulfil. */
function combinationProblem(after: BrokerLayers, before: BrokerLayers): string | null {
  for (const name of THREAD_POOLS) {
    const now = Number(effectiveBrokerText(name, before))
    const wanted = Number(effectiveBrokerText(name, after))
    if (wanted === now) continue
    const prefix = `${name} cannot become ${wanted}`
    if (wanted <= 0) return `${prefix}: one thread is the least`
    if (wanted < Math.floor(now / 2)) return `${prefix}: half of ${now}, what it is now, is the least`
    if (wanted > now * 2) return `${prefix}: twice ${now}, what it is now, is the most`
  }
  const number = (name: string): number => Number(effectiveBrokerText(name, after))
  if (
    number('log.cleaner.dedupe.buffer.size') / number('log.cleaner.threads') <
    MIN_DEDUPE_BYTES_PER_THREAD
  ) {
    return 'log.cleaner.dedupe.buffer.size: each cleaner thread needs 1 MiB'
  }
  return connectionOverridesProblem(effectiveBrokerText('max.connections.per.ip.overrides', after) ?? '')
}

/** `host:count` pairs. */
function connectionOverridesProblem(text: string): string | null {
  for (const pair of parseList(text.trim())) {
    if (!/^.+:\s*-?\d+$/.test(pair)) {
      return `max.connections.per.ip.overrides: '${pair}' is not host:count`
    }
  }
  return null
}
