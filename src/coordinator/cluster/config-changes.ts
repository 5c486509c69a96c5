/** AlterConfigs and IncrementalAlterConfigs, decided. Source: KRaft's ConfigurationControlManager. */

import type { ClusterState } from './cluster-state.ts'
import {
  type AlteredConfigs,
  type ConfigAlteration,
  type ConfigReplacement,
  type ConfigResource,
  DONE,
  type ItemResult,
  refused,
} from './commands.ts'
import type { ConfigRules } from './config-rules.ts'
import type { Decision } from './decision.ts'
import type { ConfigRecord } from './records.ts'

export const decideIncrementalAlterConfigs = (
  image: ClusterState,
  resources: readonly ConfigAlteration[],
  rules: ConfigRules,
  validateOnly: boolean,
): Decision<AlteredConfigs[]> =>
  decideEach(image, resources, rules, validateOnly, (resource, before) => {
    const wanted = new Map<string, string | null>()
    for (const { name, operation, value } of resource.changes) {
      if (operation === 'delete') {
        wanted.set(name, null)
        continue
      }
      if (value === null) return refused('INVALID_CONFIG', `Null value not supported for ${name}`)
      if (operation === 'set') {
        wanted.set(name, value)
        continue
      }
      if (!rules.isList(resource.type, name)) {
        const verb = operation.toUpperCase()
        return refused('INVALID_CONFIG', `Can't ${verb} to key ${name} because its type is not LIST.`)
      }
      const now = before.get(name) ?? rules.defaultOf(resource.type, name) ?? ''
      wanted.set(name, operation === 'append' ? appended(now, value) : subtracted(now, value))
    }
    return wanted
  })

/** What is set and not listed returns to its default. */
export const decideAlterConfigs = (
  image: ClusterState,
  resources: readonly ConfigReplacement[],
  rules: ConfigRules,
  validateOnly: boolean,
): Decision<AlteredConfigs[]> =>
  decideEach(image, resources, rules, validateOnly, (resource, before) => {
    const wanted = new Map<string, string | null>()
    for (const name of before.keys()) wanted.set(name, null)
    for (const { name, value } of resource.settings) {
      if (value === null) return refused('INVALID_CONFIG', `Null value not supported for ${name}`)
      wanted.set(name, value)
    }
    return wanted
  })

const decideEach = <R extends ConfigResource>(
  image: ClusterState,
  resources: readonly R[],
  rules: ConfigRules,
  validateOnly: boolean,
  wantedOf: (resource: R, before: ReadonlyMap<string, string>) => Map<string, string | null> | ItemResult,
): Decision<AlteredConfigs[]> => {
  const records: ConfigRecord[] = []
  const result = resources.map((resource): AlteredConfigs => {
    const { type, name } = resource
    const before = image.configs(type, name)
    const wanted = wantedOf(resource, before)
    if (!(wanted instanceof Map)) return { ...wanted, type, name }
    const problem = check(resource, before, wanted, rules) ?? absence(image, resource)
    if (problem) return { ...problem, type, name }
    if (!validateOnly) {
      for (const [key, value] of wanted) {
        if ((before.get(key) ?? null) === value) continue
        records.push({ type: 'config', resourceType: type, resourceName: name, name: key, value })
      }
    }
    return { ...DONE, type, name }
  })
  return { records, result }
}

const check = (
  resource: ConfigResource,
  before: ReadonlyMap<string, string>,
  wanted: ReadonlyMap<string, string | null>,
  rules: ConfigRules,
): ItemResult | null => {
  const settings = new Map(before)
  for (const [key, value] of wanted) {
    if (value === null) settings.delete(key)
    else settings.set(key, value)
  }
  return rules.check(resource, settings, new Set(wanted.keys()))
}

/** Topics and brokers must exist to have settings; groups and client metrics need not. */
const absence = (image: ClusterState, { type, name }: ConfigResource): ItemResult | null => {
  if (type === 'topic' && !image.topic(name)) {
    return refused('UNKNOWN_TOPIC_OR_PARTITION', `The topic '${name}' does not exist.`)
  }
  if (type === 'broker' && name !== '') {
    if (!/^\d+$/.test(name)) return refused('INVALID_REQUEST', `Broker id '${name}' is not a number.`)
    if (!image.brokers.has(Number(name))) {
      return refused('BROKER_ID_NOT_REGISTERED', `No broker with id ${name} found.`)
    }
  }
  return null
}

const itemsOf = (list: string): string[] =>
  list
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')

const appended = (now: string, more: string): string =>
  [...new Set([...itemsOf(now), ...itemsOf(more)])].join(',')

const subtracted = (now: string, less: string): string => {
  const gone = new Set(itemsOf(less))
  return itemsOf(now)
    .filter((item) => !gone.has(item))
    .join(',')
}
