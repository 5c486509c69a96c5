import { describe, expect, test } from 'vitest'
import { brokerChangeProblem } from '../../../../src/coordinator/cluster/configs/broker-rules.ts'
import { CatalogRules } from '../../../../src/coordinator/cluster/configs/rules.ts'
import type { ConfigResourceType } from '../../../../src/coordinator/cluster/image.ts'

/** Every expectation below is what a 4.3.1 broker answered to the same change. */

const rules = new CatalogRules()
const settingsOf = (settings: Readonly<Record<string, string>>): ReadonlyMap<string, string> =>
  new Map(Object.entries(settings))

function refusalOf(
  type: ConfigResourceType,
  settings: Readonly<Record<string, string>>,
  name = 'some-name',
): string | null {
  return rules.check({ type, name }, settingsOf(settings), new Set(Object.keys(settings)))?.error ?? null
}

describe('a topic', () => {
  test.each([
    ['cleanup.policy', ''],
    ['cleanup.policy', 'delete,delete'],
    ['retention.ms', ' 77 '],
    ['retention.bytes', '-2'],
    ['flush.ms', '+5'],
    ['preallocate', 'TRUE'],
    ['min.compaction.lag.ms', '9223372036854775807'],
    ['leader.replication.throttled.replicas', '*'],
    ['local.retention.ms', '99999999999'],
    ['remote.log.copy.disable', 'true'],
    ['internal.segment.bytes', '100'],
  ])('may have %s=%s', (name, value) => {
    expect(refusalOf('topic', { [name]: value })).toBeNull()
  })

  test.each([
    ['cleanup.policy', 'foo'],
    ['cleanup.policy', 'delete,'],
    ['retention.ms', 'abc'],
    ['compression.type', 'GZIP'],
    ['message.timestamp.type', 'x'],
    ['min.cleanable.dirty.ratio', '1.5'],
    ['compression.gzip.level', '0'],
    ['compression.gzip.level', '10'],
    ['compression.zstd.level', '23'],
    ['follower.replication.throttled.replicas', 'a'],
    ['unclean.leader.election.enable', 'maybe'],
    ['segment.bytes', '1'],
    ['remote.storage.enable', 'true'],
    ['max.compaction.lag.ms', '0'],
    ['max.message.bytes', '2147483648'],
    ['message.format.version', '2.0'],
    ['segment.jitter.ms', '-1'],
  ])('may not have %s=%s', (name, value) => {
    expect(refusalOf('topic', { [name]: value })).toBe('INVALID_CONFIG')
  })

  test('may not wait longer for compaction than it may at most', () => {
    const settings = { 'min.compaction.lag.ms': '10', 'max.compaction.lag.ms': '5' }
    expect(refusalOf('topic', settings)).toBe('INVALID_CONFIG')
  })

  test('has a name, and a valid one', () => {
    expect(refusalOf('topic', {}, '')).toBe('INVALID_REQUEST')
    expect(refusalOf('topic', {}, 'a/b')).toBe('INVALID_TOPIC_EXCEPTION')
  })
})

describe('a group', () => {
  test.each([
    ['consumer.session.timeout.ms', '5'],
    ['consumer.session.timeout.ms', 'abc'],
    ['consumer.heartbeat.interval.ms', '5'],
    ['consumer.heartbeat.interval.ms', '50000'],
    ['consumer.assignment.interval.ms', '99999'],
    ['share.delivery.count.limit', '1'],
    ['share.delivery.count.limit', '20'],
    ['share.auto.offset.reset', 'foo'],
    ['share.auto.offset.reset', 'by_duration:-PT1H'],
    ['share.isolation.level', 'READ_COMMITTED'],
    ['share.record.lock.duration.ms', '5000'],
    ['share.partition.max.record.locks', '50'],
    ['streams.num.standby.replicas', '5'],
    ['streams.session.timeout.ms', '1'],
    ['streams.initial.rebalance.delay.ms', '-1'],
    ['no.such', '1'],
  ])('may not have %s=%s', (name, value) => {
    expect(refusalOf('group', { [name]: value })).toBe('INVALID_CONFIG')
  })

  test('may have what lies within the bounds of the broker', () => {
    expect(refusalOf('group', { 'consumer.session.timeout.ms': '50000' })).toBeNull()
    expect(refusalOf('group', { 'share.auto.offset.reset': 'by_duration:PT1H' })).toBeNull()
  })

  test('has a name', () => {
    expect(refusalOf('group', {}, '')).toBe('INVALID_REQUEST')
  })
})

describe('a client metrics subscription', () => {
  test.each([
    ['interval.ms', '5', 'INVALID_REQUEST'],
    ['interval.ms', '50000000', 'INVALID_REQUEST'],
    ['interval.ms', 'x', 'INVALID_CONFIG'],
    ['match', 'foo', 'INVALID_CONFIG'],
    ['match', 'client_id=(', 'INVALID_CONFIG'],
    ['match', 'bar=x', 'INVALID_CONFIG'],
    ['no.such', 'x', 'INVALID_REQUEST'],
  ])('with %s=%s is %s', (name, value, error) => {
    expect(refusalOf('client-metrics', { [name]: value })).toBe(error)
  })

  test('may take everything, but has a name', () => {
    expect(refusalOf('client-metrics', { metrics: '*' })).toBeNull()
    expect(refusalOf('client-metrics', { metrics: 'a' }, '')).toBe('INVALID_REQUEST')
  })
})

describe('a broker', () => {
  const nothing: ReadonlyMap<string, string> = new Map()
  const layers = { dynamicBroker: nothing, dynamicDefault: nothing, staticBroker: nothing }

  test.each([
    ['no.such', '1'],
    ['num.io.threads', '16'],
    ['max.connections', '5'],
    ['listener.name.plaintext.ssl.keystore.location', '/x'],
    ['log.retention.ms', '1000'],
  ])('takes %s=%s while it runs', (name, value) => {
    expect(brokerChangeProblem(new Map([[name, value]]), true, layers)).toBeNull()
  })

  test.each([
    ['num.io.threads', '17'],
    ['num.io.threads', '3'],
    ['num.io.threads', '0'],
    ['num.io.threads', 'abc'],
    ['ssl.keystore.location', '/x'],
    ['node.id', '9'],
    ['log.retention.hours', '1'],
    ['max.connections.per.ip.overrides', 'abc'],
    ['log.cleaner.threads', '3'],
    ['log.cleaner.dedupe.buffer.size', '1'],
    ['leader.replication.throttled.rate', '-1'],
    ['message.max.bytes', '-1'],
  ])('does not take %s=%s while it runs', (name, value) => {
    expect(brokerChangeProblem(new Map([[name, value]]), true, layers)).not.toBeNull()
  })

  test.each(['ssl.cipher.suites', 'listeners'])('takes %s for itself alone', (name) => {
    const settings = new Map([[name, name === 'listeners' ? 'PLAINTEXT://:1' : 'x']])
    expect(brokerChangeProblem(settings, true, layers)).toBeNull()
    expect(brokerChangeProblem(settings, false, layers)).not.toBeNull()
  })

  test('keeps min.insync.replicas for the whole cluster', () => {
    const changed = new Set(['min.insync.replicas'])
    const set = new Map([['min.insync.replicas', '2']])
    expect(rules.check({ type: 'broker', name: '1' }, set, changed)?.error).toBe('INVALID_CONFIG')
    expect(rules.check({ type: 'broker', name: '' }, new Map(), changed)?.error).toBe('INVALID_CONFIG')
    expect(rules.check({ type: 'broker', name: '' }, set, changed)).toBeNull()
  })
})
