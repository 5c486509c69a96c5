import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { configsOf } from '../../../../src/coordinator/cluster/configs/catalog.ts'
import { groupSynonym, topicSynonyms } from '../../../../src/coordinator/cluster/configs/synonyms.ts'
import type { ConfigResourceType } from '../../../../src/coordinator/cluster/image.ts'

interface RecordedConfig {
  readonly name: string
  readonly type: string
  readonly defaultAsString?: string | null
  readonly valid?: string
  readonly importance: string
  readonly internal?: boolean
}

/** What Kafka 4.4's own jars say of its settings. */
const recorded = JSON.parse(
  gunzipSync(readFileSync(new URL('../../../data/configs.json.gz', import.meta.url))).toString('utf8'),
)

const expected: readonly (readonly [ConfigResourceType, readonly RecordedConfig[]])[] = [
  ['topic', recorded.topic],
  ['broker', [...recorded.broker, ...recorded['quota.brokerQuotaConfigs']]],
  ['group', recorded.group],
  ['client-metrics', recorded.clientMetrics],
]

describe.each(expected)('the settings of a %s', (type, configs) => {
  test('have the names that Kafka has, and no others', () => {
    expect([...configsOf(type).keys()].sort()).toEqual(configs.map(({ name }) => name).sort())
  })

  test.each(configs)('$name has its type, default, bounds and importance', (config) => {
    const definition = configsOf(type).get(config.name)
    expect(definition).toMatchObject({
      type: config.type,
      default: config.defaultAsString ?? null,
      importance: config.importance,
      isInternal: config.internal ?? false,
    })
    if (config.valid?.startsWith('[') && !config.valid.startsWith('[partitionId]')) {
      expect(definition?.valid).toBe(config.valid)
    }
  })

  test('may have their defaults', () => {
    for (const definition of configsOf(type).values()) {
      if (definition.default !== null) expect(definition.problem(definition.default)).toBeNull()
    }
  })
})

test('the same broker settings may change while a broker runs as in Kafka, and the same for one broker alone', () => {
  const definitions = [...configsOf('broker').values()]
  const dynamic = definitions.filter(({ isDynamic }) => isDynamic).map(({ name }) => name)
  expect(dynamic.sort()).toEqual([...recorded['dynamicBroker.ALL_DYNAMIC_CONFIGS']].sort())
  const perBroker = definitions.filter(({ isPerBroker }) => isPerBroker).map(({ name }) => name)
  expect(perBroker.sort()).toEqual([...recorded['dynamicBroker.PER_BROKER_CONFIGS']].sort())
})

test('topic settings take their defaults from the broker settings that Kafka names', () => {
  const synonyms = recorded.topicSynonyms as { readonly [name: string]: readonly string[] }
  for (const name of configsOf('topic').keys()) {
    expect(topicSynonyms(name).map((synonym) => synonym.name)).toEqual(synonyms[name] ?? [])
  }
})

test('group settings take their defaults from the broker settings that Kafka names', () => {
  const synonyms = recorded.groupSynonyms as { readonly [name: string]: string | null }
  for (const name of configsOf('group').keys()) expect(groupSynonym(name)).toBe(synonyms[name])
})
