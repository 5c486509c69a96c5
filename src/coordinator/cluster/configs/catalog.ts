import type { ConfigResourceType } from '../image.ts'
import { BROKER_CONFIGS } from './broker-configs.ts'
import { BROKER_COORDINATOR_CONFIGS } from './broker-coordinator-configs.ts'
import { BROKER_SECURITY_CONFIGS } from './broker-security-configs.ts'
import { CLIENT_METRICS_CONFIGS } from './client-metrics-configs.ts'
import { ConfigDefinition, type ConfigRow } from './definition.ts'
import { GROUP_CONFIGS } from './group-configs.ts'
import { TOPIC_CONFIGS } from './topic-configs.ts'

/** Every setting that Kafka 4.4 knows, by kind of resource. The tables are read on first use only. */
type Catalog = ReadonlyMap<string, ConfigDefinition>

const TABLES: { readonly [type in ConfigResourceType]: readonly (readonly ConfigRow[])[] } = {
  topic: [TOPIC_CONFIGS],
  broker: [BROKER_CONFIGS, BROKER_COORDINATOR_CONFIGS, BROKER_SECURITY_CONFIGS],
  group: [GROUP_CONFIGS],
  'client-metrics': [CLIENT_METRICS_CONFIGS],
  'broker-logger': [],
}

const catalogs = new Map<ConfigResourceType, Catalog>()

/** The settings that resources of `type` have, by name. */
export function configsOf(type: ConfigResourceType): Catalog {
  let catalog = catalogs.get(type)
  if (catalog === undefined) {
    catalog = new Map(TABLES[type].flat().map((row) => [row[0], new ConfigDefinition(row)]))
    catalogs.set(type, catalog)
  }
  return catalog
}

/** One setting; undefined for a name that Kafka does not have. */
export const configDefinition = (type: ConfigResourceType, name: string): ConfigDefinition | undefined =>
  configsOf(type).get(name)
