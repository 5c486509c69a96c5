/**
 * Which broker settings stand behind a topic's and a group's. Source: Kafka's ServerTopicConfigSynonyms and
 * DynamicBrokerConfig.brokerConfigSynonyms.
 */

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

/**
 * A broker setting that gives a topic setting its default; `factor` turns its unit into the topic
 * setting's.
 */
export interface ConfigSynonym {
  readonly name: string
  readonly factor: number
}

const RETENTION: readonly ConfigSynonym[] = [
  { name: 'log.retention.ms', factor: 1 },
  { name: 'log.retention.minutes', factor: MINUTE_MS },
  { name: 'log.retention.hours', factor: HOUR_MS },
]
const ROLL: readonly ConfigSynonym[] = [
  { name: 'log.roll.ms', factor: 1 },
  { name: 'log.roll.hours', factor: HOUR_MS },
]
const ROLL_JITTER: readonly ConfigSynonym[] = [
  { name: 'log.roll.jitter.ms', factor: 1 },
  { name: 'log.roll.jitter.hours', factor: HOUR_MS },
]
const FLUSH: readonly ConfigSynonym[] = [
  { name: 'log.flush.interval.ms', factor: 1 },
  { name: 'log.flush.scheduler.interval.ms', factor: 1 },
]

/** Broker settings that mean the same in other units; the first that is set counts. */
const FAMILIES: readonly (readonly ConfigSynonym[])[] = [RETENTION, ROLL, ROLL_JITTER, FLUSH]

const SAME_NAME = [
  'compression.gzip.level',
  'compression.lz4.level',
  'compression.type',
  'compression.zstd.level',
  'max.decompressed.message.bytes',
  'min.insync.replicas',
  'unclean.leader.election.enable',
] as const

const WITH_LOG_PREFIX = [
  'cleanup.policy',
  'index.interval.bytes',
  'local.retention.bytes',
  'local.retention.ms',
  'message.timestamp.after.max.ms',
  'message.timestamp.before.max.ms',
  'message.timestamp.type',
  'preallocate',
  'remote.copy.lag.bytes',
  'remote.copy.lag.ms',
  'retention.bytes',
  'segment.bytes',
] as const

const one = (name: string): readonly ConfigSynonym[] => [{ name, factor: 1 }]

const TOPIC_SYNONYMS: ReadonlyMap<string, readonly ConfigSynonym[]> = new Map<
  string,
  readonly ConfigSynonym[]
>([
  ...SAME_NAME.map((name) => [name, one(name)] as const),
  ...WITH_LOG_PREFIX.map((name) => [name, one(`log.${name}`)] as const),
  ['delete.retention.ms', one('log.cleaner.delete.retention.ms')],
  ['file.delete.delay.ms', one('log.segment.delete.delay.ms')],
  ['flush.messages', one('log.flush.interval.messages')],
  ['flush.ms', FLUSH],
  ['max.compaction.lag.ms', one('log.cleaner.max.compaction.lag.ms')],
  ['max.message.bytes', one('message.max.bytes')],
  ['min.cleanable.dirty.ratio', one('log.cleaner.min.cleanable.ratio')],
  ['min.compaction.lag.ms', one('log.cleaner.min.compaction.lag.ms')],
  ['retention.ms', RETENTION],
  ['segment.index.bytes', one('log.index.size.max.bytes')],
  ['segment.jitter.ms', ROLL_JITTER],
  ['segment.ms', ROLL],
])

/** Group settings without a broker setting of the same meaning. */
const GROUP_ALONE: ReadonlySet<string> = new Set([
  'errors.deadletterqueue.copy.record.enable',
  'errors.deadletterqueue.topic.name',
  'share.auto.offset.reset',
  'share.isolation.level',
  'share.renew.acknowledge.enable',
])

/** Broker settings behind a topic setting, the strongest first; none for some. */
export const topicSynonyms = (name: string): readonly ConfigSynonym[] => TOPIC_SYNONYMS.get(name) ?? []

/** The broker setting behind a group setting; null: there is none. */
export function groupSynonym(name: string): string | null {
  if (GROUP_ALONE.has(name)) return null
  return name === 'streams.assignor.name' ? 'group.streams.assignors' : `group.${name}`
}

/** `listener.name.<listener>.<setting>`, with a mechanism before the setting for some of SASL's. */
const LISTENER_PREFIX = /^listener\.name\.[^.]*\.(.*)$/

/** Names that give a broker setting its value, the strongest first. */
export function brokerSynonyms(name: string): readonly string[] {
  const family = FAMILIES.find((synonyms) => synonyms.some((synonym) => synonym.name === name))
  if (family !== undefined) return family.map((synonym) => synonym.name)
  const base = LISTENER_PREFIX.exec(name)?.[1]
  return base === undefined ? [name] : [name, base]
}
