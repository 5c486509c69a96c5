import { describe, expect, test } from 'vitest'
import { describeConfigs } from '../../../src/broker/handlers/32-describe-configs.ts'
import { alterConfigs } from '../../../src/broker/handlers/33-alter-configs.ts'
import { incrementalAlterConfigs } from '../../../src/broker/handlers/44-incremental-alter-configs.ts'
import { listConfigResources } from '../../../src/broker/handlers/74-list-config-resources.ts'
import { ErrorCode } from '../../../src/protocol/errors.ts'
import { AdminHarness } from './admin-harness.ts'

/** Every expectation is what a 4.3.1 broker answered in the same state. */

const TOPIC = 2
const BROKER = 4
const LOGGER = 8
const METRICS = 16
const GROUP = 32

const describeResource = (
  harness: AdminHarness,
  resourceType: number,
  resourceName: string,
  configurationKeys: string[] | null = null,
  version = 4,
) =>
  harness.ask(
    describeConfigs,
    {
      resources: [{ resourceType, resourceName, configurationKeys }],
      includeSynonyms: true,
      includeDocumentation: false,
    },
    version,
  ).results[0]

const set = (settings: Readonly<Record<string, string | null>>, configOperation = 0) =>
  Object.entries(settings).map(([name, value]) => ({ name, configOperation, value }))

const change = (
  harness: AdminHarness,
  resourceType: number,
  resourceName: string,
  configs: ReturnType<typeof set>,
  validateOnly = false,
) =>
  harness.ask(incrementalAlterConfigs, { resources: [{ resourceType, resourceName, configs }], validateOnly })
    .responses[0]

describe('describing', () => {
  test('a topic tells its value, and what lies behind it', () => {
    const harness = new AdminHarness()
    harness.createTopic('t1', { 'cleanup.policy': '', preallocate: 'TRUE', 'retention.ms': ' 77 ' })
    const keys = ['cleanup.policy', 'preallocate', 'retention.ms', 'flush.ms']
    const result = describeResource(harness, TOPIC, 't1', keys)
    expect(result).toMatchObject({ errorCode: 0, errorMessage: '' })
    expect(result?.configs).toMatchObject([
      {
        name: 'cleanup.policy',
        value: '',
        configSource: 1,
        configType: 7,
        synonyms: [
          { name: 'cleanup.policy', value: '', source: 1 },
          { name: 'log.cleanup.policy', value: 'delete', source: 5 },
        ],
      },
      { name: 'flush.ms', value: '9223372036854775807', configSource: 5, synonyms: [] },
      {
        name: 'retention.ms',
        value: '77',
        configSource: 1,
        synonyms: [{ name: 'retention.ms', value: '77', source: 1 }],
      },
      { name: 'preallocate', value: 'true', configSource: 1, configType: 1 },
    ])
  })

  test('a broker tells what is set for it, for all, at its start and by default', () => {
    const harness = new AdminHarness({ config: { 'background.threads': '9' } })
    change(harness, BROKER, '', set({ 'background.threads': '11', 'log.retention.ms': '86400000' }))
    change(harness, BROKER, '1', set({ 'background.threads': '12', 'my.plugin': 'secret' }))
    const keys = ['background.threads', 'log.retention.ms', 'min.insync.replicas', 'my.plugin']
    const configs = describeResource(harness, BROKER, '1', keys)?.configs ?? []
    const named = new Map(configs.map((config) => [config.name, config]))
    expect(named.get('background.threads')?.synonyms?.map(({ value, source }) => [value, source])).toEqual([
      ['12', 2],
      ['11', 3],
      ['9', 4],
      ['10', 5],
    ])
    expect(named.get('log.retention.ms')).toMatchObject({
      value: '86400000',
      configSource: 3,
      synonyms: [
        { name: 'log.retention.ms', value: '86400000', source: 3 },
        { name: 'log.retention.hours', value: '168', source: 5 },
      ],
    })
    expect(named.get('min.insync.replicas')).toMatchObject({ configSource: 3, value: '1' })
    expect(named.get('my.plugin')).toMatchObject({
      value: null,
      isSensitive: true,
      readOnly: true,
      configType: 0,
    })
  })

  test('the empty broker name tells what is set for all', () => {
    const configs = describeResource(new AdminHarness(), BROKER, '')?.configs
    expect(configs).toMatchObject([
      { name: 'min.insync.replicas', synonyms: [{ name: 'min.insync.replicas', value: '1', source: 3 }] },
    ])
  })

  test('a group and a metrics subscription tell theirs, and need not exist', () => {
    const harness = new AdminHarness()
    change(harness, GROUP, 'g1', set({ 'consumer.session.timeout.ms': '50000' }))
    const keys = ['consumer.session.timeout.ms', 'share.auto.offset.reset']
    expect(describeResource(harness, GROUP, 'g1', keys)?.configs).toMatchObject([
      {
        name: 'consumer.session.timeout.ms',
        value: '50000',
        configSource: 8,
        synonyms: [
          { name: 'consumer.session.timeout.ms', value: '50000', source: 8 },
          { name: 'group.consumer.session.timeout.ms', value: '45000', source: 5 },
        ],
      },
      {
        name: 'share.auto.offset.reset',
        configSource: 5,
        synonyms: [{ name: 'share.auto.offset.reset', value: 'latest', source: 5 }],
      },
    ])
    expect(describeResource(harness, METRICS, 'm1')?.configs.map(({ name }) => name)).toEqual([
      'interval.ms',
      'match',
      'metrics',
    ])
  })

  test.each([
    [TOPIC, 'none', 'UNKNOWN_TOPIC_OR_PARTITION'],
    [TOPIC, 'a/b', 'INVALID_TOPIC_EXCEPTION'],
    [BROKER, 'abc', 'INVALID_REQUEST'],
    [BROKER, '2', 'INVALID_REQUEST'],
    [LOGGER, '', 'INVALID_REQUEST'],
    [METRICS, '', 'INVALID_REQUEST'],
    [GROUP, '', 'INVALID_REQUEST'],
  ] as const)('type %i, name "%s" is %s', (type, name, error) => {
    expect(describeResource(new AdminHarness(), type, name)).toMatchObject({
      errorCode: ErrorCode[error],
      configs: [],
    })
  })

  test('one unknown type fails the whole request', () => {
    const harness = new AdminHarness()
    harness.createTopic('aa')
    const asked = (resourceType: number) => ({ resourceType, resourceName: 'aa', configurationKeys: null })
    const { results } = harness.ask(describeConfigs, {
      resources: [asked(TOPIC), asked(77)],
      includeSynonyms: false,
      includeDocumentation: false,
    })
    expect(results.map(({ errorCode }) => errorCode)).toEqual([42, 42])
  })

  test('no keys at all are all keys, and version 0 tells whether a value is the default', () => {
    const harness = new AdminHarness()
    harness.createTopic('aa', { 'retention.ms': '1' })
    const configs = describeResource(harness, TOPIC, 'aa', [], 0)?.configs ?? []
    expect(configs).toHaveLength(37)
    expect(configs.find(({ name }) => name === 'retention.ms')?.isDefault).toBe(false)
    expect(configs.find(({ name }) => name === 'segment.ms')?.isDefault).toBe(true)
  })
})

describe('changing', () => {
  test.each([
    [BROKER, '2', set({ 'background.threads': '11' }), 'INVALID_REQUEST'],
    [BROKER, 'abc', set({ 'background.threads': '11' }), 'INVALID_REQUEST'],
    [BROKER, '1', set({ 'num.io.threads': '1' }, 2), 'INVALID_CONFIG'],
    [BROKER, '1', set({ 'no.such': '1' }, 2), 'INVALID_CONFIG'],
    [BROKER, '1', set({ 'num.io.threads': '1' }, 9), 'INVALID_REQUEST'],
    [BROKER, '1', set({ 'num.io.threads': null }), 'INVALID_REQUEST'],
    [BROKER, '1', set({ 'node.id': '9' }), 'INVALID_REQUEST'],
    [BROKER, '1', set({ 'min.insync.replicas': '2' }), 'INVALID_CONFIG'],
    [BROKER, '', set({ 'min.insync.replicas': null }, 1), 'INVALID_CONFIG'],
    [TOPIC, 'aa', set({ 'retention.ms': null }), 'INVALID_REQUEST'],
    [TOPIC, 'aa', set({ 'retention.ms': '1' }, 2), 'INVALID_CONFIG'],
    [TOPIC, 'aa', set({ 'retention.ms': '1' }, 9), 'UNKNOWN_SERVER_ERROR'],
    [TOPIC, 'none', set({ 'bad.name': '1' }), 'INVALID_CONFIG'],
    [TOPIC, 'none', set({ 'retention.ms': '1' }), 'UNKNOWN_TOPIC_OR_PARTITION'],
    [TOPIC, '', set({ 'retention.ms': '1' }), 'INVALID_REQUEST'],
    [TOPIC, 'a/b', set({ 'retention.ms': '1' }), 'INVALID_TOPIC_EXCEPTION'],
    [LOGGER, 'x', set({ a: '1' }), 'INVALID_REQUEST'],
    [64, 'x', set({ a: '1' }), 'INVALID_REQUEST'],
  ] as const)('type %i, name "%s", %j is %s', (type, name, configs, error) => {
    const harness = new AdminHarness()
    harness.createTopic('aa')
    expect(change(harness, type, name, [...configs])?.errorCode).toBe(ErrorCode[error])
  })

  test('APPEND and SUBTRACT change a list, starting from its default', () => {
    const harness = new AdminHarness()
    harness.createTopic('aa')
    const policy = () => describeResource(harness, TOPIC, 'aa', ['cleanup.policy'])?.configs[0]?.value
    change(harness, TOPIC, 'aa', set({ 'cleanup.policy': 'compact' }, 2))
    expect(policy()).toBe('delete,compact')
    change(harness, TOPIC, 'aa', set({ 'cleanup.policy': 'delete' }, 3))
    expect(policy()).toBe('compact')
    change(harness, TOPIC, 'aa', set({ 'cleanup.policy': null }, 1))
    expect(policy()).toBe('delete')
  })

  test('validating only changes nothing', () => {
    const harness = new AdminHarness()
    harness.createTopic('aa')
    expect(change(harness, TOPIC, 'aa', set({ 'retention.ms': '5' }), true)?.errorCode).toBe(0)
    expect(harness.controller.image.configs('topic', 'aa').size).toBe(0)
  })

  test('a resource that comes twice is refused, the others are not', () => {
    const harness = new AdminHarness()
    harness.createTopic('aa')
    harness.createTopic('bb')
    const resource = (resourceName: string) => ({
      resourceType: TOPIC,
      resourceName,
      configs: set({ 'retention.ms': '5' }),
    })
    const { responses } = harness.ask(incrementalAlterConfigs, {
      resources: [resource('aa'), resource('bb'), resource('aa')],
      validateOnly: false,
    })
    expect(responses.map(({ errorCode }) => errorCode)).toEqual([42, 0, 42])
  })

  test('the older form returns to the default what it does not name', () => {
    const harness = new AdminHarness()
    harness.createTopic('aa', { 'retention.ms': '777', 'segment.bytes': '2000000' })
    const alter = (resourceType: number, configs: { name: string; value: string | null }[]) =>
      harness.ask(alterConfigs, {
        resources: [{ resourceType, resourceName: resourceType === TOPIC ? 'aa' : '1', configs }],
        validateOnly: false,
      }).responses[0]?.errorCode
    expect(alter(TOPIC, [{ name: 'segment.ms', value: '60000' }])).toBe(0)
    expect([...harness.controller.image.configs('topic', 'aa')]).toEqual([['segment.ms', '60000']])
    expect(alter(TOPIC, [{ name: 'retention.ms', value: null }])).toBe(ErrorCode.INVALID_REQUEST)
    expect(alter(BROKER, [{ name: 'node.id', value: '5' }])).toBe(ErrorCode.INVALID_REQUEST)
    expect(alter(LOGGER, [{ name: 'root', value: 'DEBUG' }])).toBe(ErrorCode.INVALID_REQUEST)
  })
})

test('resources are listed by type; version 0 knows metrics subscriptions alone', () => {
  const harness = new AdminHarness()
  harness.createTopic('aa')
  change(harness, GROUP, 'g1', set({ 'consumer.session.timeout.ms': '50000' }))
  change(harness, METRICS, 'm1', set({ 'interval.ms': '1000' }))
  const list = (resourceTypes: number[], version = 1) => {
    const answer = harness.ask(listConfigResources, { resourceTypes }, version)
    return [answer.errorCode, ...answer.configResources.map((it) => `${it.resourceType} ${it.resourceName}`)]
  }
  expect(list([])).toEqual([0, '32 g1', '16 m1', '8 1', '4 1', '2 aa'])
  expect(list([METRICS, GROUP])).toEqual([0, '32 g1', '16 m1'])
  expect(list([64])).toEqual([ErrorCode.UNSUPPORTED_VERSION])
  expect(list([], 0)).toEqual([0, '16 m1'])
})
