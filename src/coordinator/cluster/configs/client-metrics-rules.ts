import { type ItemResult, refused } from '../commands.ts'
import { configsOf } from './catalog.ts'
import { parseList } from './value.ts'

const MIN_INTERVAL_MS = 100
const MAX_INTERVAL_MS = 3_600_000

/** What a subscription may match clients by (KIP-714). */
const SELECTORS: ReadonlySet<string> = new Set([
  'client_instance_id',
  'client_id',
  'client_software_name',
  'client_software_version',
  'client_source_address',
  'client_source_port',
])

/**
 * Why a client metrics subscription cannot be so; null: it can. Source: Kafka's
 * ClientMetricsConfigs.validate.
 */
export function clientMetricsProblem(
  subscription: string,
  settings: ReadonlyMap<string, string>,
): ItemResult | null {
  if (subscription === '') return refused('INVALID_REQUEST', 'A client metrics subscription has a name.')
  const definitions = configsOf('client-metrics')
  for (const name of settings.keys()) {
    if (!definitions.has(name))
      return refused('INVALID_REQUEST', `Client metrics subscriptions have no setting ${name}`)
  }
  for (const [name, text] of settings) {
    const problem = definitions.get(name)?.problem(text)
    if (problem) return refused('INVALID_CONFIG', problem)
  }
  const interval = settings.get('interval.ms')
  if (interval !== undefined && (Number(interval) < MIN_INTERVAL_MS || Number(interval) > MAX_INTERVAL_MS)) {
    return refused(
      'INVALID_REQUEST',
      `interval.ms must be from ${MIN_INTERVAL_MS} to ${MAX_INTERVAL_MS}, not ${interval}`,
    )
  }
  return matchProblem(parseList((settings.get('match') ?? '').trim()))
}

function matchProblem(patterns: readonly string[]): ItemResult | null {
  for (const pattern of patterns) {
    const [selector = '', expression, ...more] = pattern.split('=').map((part) => part.trim())
    if (expression === undefined || more.length > 0) {
      return refused('INVALID_CONFIG', `match: '${pattern}' is not a selector, = and a regular expression`)
    }
    if (!SELECTORS.has(selector)) {
      return refused('INVALID_CONFIG', `match: '${pattern}' is not a selector, = and a regular expression`)
    }
    if (!isRegularExpression(expression)) {
      return refused('INVALID_CONFIG', `match: '${pattern}' is not a selector, = and a regular expression`)
    }
  }
  return null
}

function isRegularExpression(expression: string): boolean {
  try {
    new RegExp(expression)
    return true
  } catch {
    return false
  }
}
