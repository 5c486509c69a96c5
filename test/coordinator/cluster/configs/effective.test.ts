import { expect, test } from 'vitest'
import {
  BrokerSettings,
  effectiveBrokerText,
  effectiveTopicText,
} from '../../../../src/coordinator/cluster/configs/effective.ts'
import { canonicalText, javaDouble } from '../../../../src/coordinator/cluster/configs/value.ts'
import type { ClusterImage, ConfigResourceType } from '../../../../src/coordinator/cluster/image.ts'

type Settings = ReadonlyMap<string, string>
const NOTHING: Settings = new Map()

const layersOf = (layers: {
  readonly own?: Settings
  readonly all?: Settings
  readonly start?: Settings
}) => ({
  dynamicBroker: layers.own ?? NOTHING,
  dynamicDefault: layers.all ?? NOTHING,
  staticBroker: layers.start ?? NOTHING,
})

/** An image that holds settings and nothing else. */
const imageWith = (settings: Readonly<Record<string, Settings>>): ClusterImage =>
  ({
    configs: (type: ConfigResourceType, name: string) => settings[`${type}/${name}`] ?? NOTHING,
  }) as ClusterImage

test('a topic has its own value, else the broker’s: for it alone, for all, from its start, the default', () => {
  const own = new Map([['max.message.bytes', '1']])
  const name = 'max.message.bytes'
  const broker = (value: string): Settings => new Map([['message.max.bytes', value]])
  const all = { own: broker('2'), all: broker('3'), start: broker('4') }
  expect(effectiveTopicText(name, own, layersOf(all))).toBe('1')
  expect(effectiveTopicText(name, NOTHING, layersOf(all))).toBe('2')
  expect(effectiveTopicText(name, NOTHING, layersOf({ all: all.all, start: all.start }))).toBe('3')
  expect(effectiveTopicText(name, NOTHING, layersOf({ start: all.start }))).toBe('4')
  expect(effectiveTopicText(name, NOTHING, layersOf({}))).toBe('1048588')
})

test('a setting in milliseconds comes before the one in minutes and that before the one in hours', () => {
  const start = new Map([
    ['log.retention.hours', '2'],
    ['log.retention.minutes', '3'],
  ])
  expect(effectiveTopicText('retention.ms', NOTHING, layersOf({ start }))).toBe('180000')
  start.set('log.retention.ms', '4')
  expect(effectiveTopicText('retention.ms', NOTHING, layersOf({ start }))).toBe('4')
})

test('what is set dynamically in one unit displaces what the broker was started with in another', () => {
  const start = new Map([['log.roll.ms', '5']])
  const all = new Map([['log.roll.hours', '1']])
  expect(effectiveTopicText('segment.ms', NOTHING, layersOf({ start, all }))).toBe('3600000')
  expect(effectiveBrokerText('log.roll.ms', layersOf({ start, all }))).toBeNull()
})

test('settings are parsed once, and anew when one of their layers changes', () => {
  const settings = new BrokerSettings(1, new Map([['num.partitions', '7']]))
  const before = imageWith({})
  const view = settings.topic(before, 'orders')
  expect(view.number('retention.ms')).toBe(604_800_000)
  expect(settings.topic(before, 'orders')).toBe(view)
  expect(settings.broker(before).number('num.partitions')).toBe(7)

  const after = imageWith({
    'topic/orders': new Map([['retention.ms', '5']]),
    'broker/': new Map([['log.retention.ms', '6']]),
  })
  expect(settings.topic(after, 'orders').number('retention.ms')).toBe(5)
  expect(settings.topic(after, 'payments').number('retention.ms')).toBe(6)
})

test('a long beyond 2^53 reads as the largest safe integer', () => {
  const view = new BrokerSettings(1).topic(imageWith({}), 'orders')
  expect(view.number('flush.messages')).toBe(Number.MAX_SAFE_INTEGER)
})

test('lists, booleans and strings read as what they are', () => {
  const own = new Map([['cleanup.policy', ' compact , delete ']])
  const view = new BrokerSettings(1).topic(imageWith({ 'topic/a': own }), 'a')
  expect(view.list('cleanup.policy')).toEqual(['compact', 'delete'])
  expect(view.boolean('preallocate')).toBe(false)
  expect(view.string('compression.type')).toBe('producer')
  expect(view.has('internal.segment.bytes')).toBe(false)
})

test('asking for a setting that does not exist is a bug', () => {
  expect(() => new BrokerSettings(1).broker(imageWith({})).number('no.such')).toThrow('no broker config')
})

test('values are told as Java prints them', () => {
  // Double.toString
  expect([0.5, 1, 0.0001, 1.7976931348623157e308, 12345678].map(javaDouble)).toEqual([
    '0.5',
    '1.0',
    '1.0E-4',
    '1.7976931348623157E308',
    '1.2345678E7',
  ])
  expect(canonicalText('long', ' +77 ')).toBe('77')
  expect(canonicalText('boolean', 'TRUE')).toBe('true')
  expect(canonicalText('list', 'a , b,a')).toBe('a,b')
})
