import { configDefinition, configsOf } from './catalog.ts'
import { groupSynonym } from './synonyms.ts'

type Settings = ReadonlyMap<string, string>

/**
 * Group settings that must lie between two settings of the broker: bound below, bound above (empty: none).
 * Source: Kafka's GroupConfig.validateValues.
 */
const BOUNDS: readonly (readonly [name: string, min: string, max: string])[] = [
  [
    'consumer.heartbeat.interval.ms',
    'group.consumer.min.heartbeat.interval.ms',
    'group.consumer.max.heartbeat.interval.ms',
  ],
  [
    'consumer.session.timeout.ms',
    'group.consumer.min.session.timeout.ms',
    'group.consumer.max.session.timeout.ms',
  ],
  [
    'consumer.assignment.interval.ms',
    'group.consumer.min.assignment.interval.ms',
    'group.consumer.max.assignment.interval.ms',
  ],
  [
    'share.heartbeat.interval.ms',
    'group.share.min.heartbeat.interval.ms',
    'group.share.max.heartbeat.interval.ms',
  ],
  ['share.session.timeout.ms', 'group.share.min.session.timeout.ms', 'group.share.max.session.timeout.ms'],
  [
    'share.record.lock.duration.ms',
    'group.share.min.record.lock.duration.ms',
    'group.share.max.record.lock.duration.ms',
  ],
  [
    'share.delivery.count.limit',
    'group.share.min.delivery.count.limit',
    'group.share.max.delivery.count.limit',
  ],
  [
    'share.partition.max.record.locks',
    'group.share.min.partition.max.record.locks',
    'group.share.max.partition.max.record.locks',
  ],
  [
    'share.assignment.interval.ms',
    'group.share.min.assignment.interval.ms',
    'group.share.max.assignment.interval.ms',
  ],
  [
    'streams.heartbeat.interval.ms',
    'group.streams.min.heartbeat.interval.ms',
    'group.streams.max.heartbeat.interval.ms',
  ],
  [
    'streams.session.timeout.ms',
    'group.streams.min.session.timeout.ms',
    'group.streams.max.session.timeout.ms',
  ],
  [
    'streams.assignment.interval.ms',
    'group.streams.min.assignment.interval.ms',
    'group.streams.max.assignment.interval.ms',
  ],
  ['streams.num.standby.replicas', '', 'group.streams.max.standby.replicas'],
  ['streams.num.warmup.replicas', '', 'group.streams.max.warmup.replicas'],
  ['streams.task.offset.interval.ms', 'group.streams.min.task.offset.interval.ms', ''],
]

/** A session must outlast a heartbeat. */
const SESSIONS = ['consumer', 'share', 'streams'] as const

/** Why `settings`, all that a group would have set, cannot be; null: they can. */
export function groupProblem(settings: Settings, staticBroker: Settings): string | null {
  const definitions = configsOf('group')
  for (const name of settings.keys()) {
    if (!definitions.has(name)) return `Groups have no setting ${name}`
  }
  for (const [name, text] of settings) {
    const problem = definitions.get(name)?.problem(text)
    if (problem) return problem
  }
  const broker = (name: string): string | null =>
    staticBroker.get(name) ?? configDefinition('broker', name)?.default ?? null
  for (const [name, min, max] of BOUNDS) {
    const text = settings.get(name)
    if (text === undefined) continue
    const problem = boundProblem(name, Number(text), min && broker(min), max && broker(max))
    if (problem !== null) return problem
  }
  const value = (name: string): number => {
    const synonym = groupSynonym(name)
    return Number(settings.get(name) ?? (synonym && broker(synonym)) ?? definitions.get(name)?.default)
  }
  for (const kind of SESSIONS) {
    const session = `${kind}.session.timeout.ms`
    const heartbeat = `${kind}.heartbeat.interval.ms`
    if (value(session) <= value(heartbeat)) return `${session} must be above ${heartbeat}`
  }
  return null
}

function boundProblem(name: string, value: number, min: string | null, max: string | null): string | null {
  if (min && max) {
    const inside = value >= Number(min) && value <= Number(max)
    return inside ? null : `${name} must lie between ${min} and ${max}`
  }
  if (min && value < Number(min)) return `${name} must be at least ${min}`
  if (max && value > Number(max)) return `${name} must be at most ${max}`
  return null
}
