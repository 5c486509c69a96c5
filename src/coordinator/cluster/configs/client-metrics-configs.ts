import type { ConfigRow } from './definition.ts'

/** Settings of a client metrics subscription (KIP-714). Source: Kafka 4.4, ClientMetricsConfigs. */
export const CLIENT_METRICS_CONFIGS: readonly ConfigRow[] = [
  ['interval.ms', 'int', '300000', 'm'],
  ['match', 'list', '', 'm', 'unique'],
  ['metrics', 'list', '', 'm', 'unique'],
]
