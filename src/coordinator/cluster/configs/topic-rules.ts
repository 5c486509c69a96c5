import { configsOf } from './catalog.ts'
import { topicSynonyms } from './synonyms.ts'
import { parseValue } from './value.ts'

type Settings = ReadonlyMap<string, string>

/**
 * Why `settings`, all that a topic would have set, cannot be; null: they can. What is not set counts as
 * `staticBroker` or the default says. Source: Kafka's LogConfig.validate.
 */
export function topicProblem(settings: Settings, staticBroker: Settings): string | null {
  const definitions = configsOf('topic')
  for (const name of settings.keys()) {
    if (!definitions.has(name)) return `Topics have no setting ${name}`
  }
  for (const [name, text] of settings) {
    const problem = definitions.get(name)?.problem(text)
    if (problem) return problem
  }
  const value = (name: string): number =>
    Number(parseValue(name, 'long', topicText(name, settings, staticBroker)))
  const minLag = value('min.compaction.lag.ms')
  const maxLag = value('max.compaction.lag.ms')
  if (minLag > maxLag) {
    return `min.compaction.lag.ms (${minLag}) is above max.compaction.lag.ms (${maxLag})`
  }
  return remoteStorageProblem(settings, staticBroker)
}

function topicText(name: string, settings: Settings, staticBroker: Settings): string {
  const set = settings.get(name) ?? topicSynonyms(name).map((synonym) => staticBroker.get(synonym.name))[0]
  return set ?? configsOf('topic').get(name)?.default ?? ''
}

const isTrue = (settings: Settings, name: string): boolean =>
  settings.get(name)?.trim().toLowerCase() === 'true'

/** Tiered storage (KIP-405) needs a storage plugin, which this broker does not have. */
function remoteStorageProblem(settings: Settings, staticBroker: Settings): string | null {
  if (!isTrue(settings, 'remote.storage.enable')) return null
  if (!isTrue(staticBroker, 'remote.log.storage.system.enable')) {
    return 'remote.storage.enable: this broker has no tiered storage'
  }
  if ((settings.get('cleanup.policy') ?? 'delete').includes('compact')) {
    return 'remote.storage.enable: a compacted topic cannot be kept in tiered storage'
  }
  return null
}
