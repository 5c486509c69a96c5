import { describe, expect, it } from 'vitest'
import { type ClusterOptions, OptionsError, resolveOptions } from '../src/options.ts'

describe('resolveOptions', () => {
  it('starts one broker with id 1 on a free port of the loopback, on a temporary disk', () => {
    expect(resolveOptions({})).toMatchObject({
      brokers: [
        {
          id: 1,
          listeners: [
            { name: 'PLAINTEXT', host: '127.0.0.1', port: 0, advertisedHost: null, advertisedPort: null },
          ],
        },
      ],
      topics: [],
      storage: 'disk',
      data: null,
    })
  })

  it('gives ids from 1 and ports one after the other', () => {
    const { brokers } = resolveOptions({ brokers: 3, port: 9092 })
    expect(brokers.map(({ id, listeners }) => [id, listeners[0]?.port])).toEqual([
      [1, 9092],
      [2, 9093],
      [3, 9094],
    ])
  })

  it('takes ids and ports for each broker', () => {
    const { brokers } = resolveOptions({ ids: [0, 1, 2], ports: [9092, 9095, 9098] })
    expect(brokers.map(({ id, listeners }) => [id, listeners[0]?.port])).toEqual([
      [0, 9092],
      [1, 9095],
      [2, 9098],
    ])
  })

  it('counts up the ports of named listeners', () => {
    const listeners = [
      { name: 'PLAINTEXT', port: 9092 },
      { name: 'EXTERNAL', host: '0.0.0.0', port: 19092, advertisedHost: 'kafka.test', advertisedPort: 29092 },
    ]
    expect(resolveOptions({ brokers: 2, listeners }).brokers[1]?.listeners).toEqual([
      { name: 'PLAINTEXT', host: '127.0.0.1', port: 9093, advertisedHost: null, advertisedPort: null },
      { name: 'EXTERNAL', host: '0.0.0.0', port: 19093, advertisedHost: 'kafka.test', advertisedPort: 29093 },
    ])
  })

  it('advertises a host name that is given, and leaves addresses to the connection', () => {
    const advertised = (host: string): string | null | undefined =>
      resolveOptions({ host }).brokers[0]?.listeners[0]?.advertisedHost
    expect(advertised('localhost')).toBe('localhost')
    expect(advertised('kafka-1.test')).toBe('kafka-1.test')
    for (const address of ['127.0.0.1', '0.0.0.0', '::', '::1', 'fe80::1%eth0']) {
      expect(advertised(address)).toBeNull()
    }
  })

  it("advertises what Kafka's advertised.listeners says", () => {
    const config = { 'advertised.listeners': 'EXTERNAL://kafka.test:29092, PLAINTEXT://[::1]:0' }
    const listeners = [{ name: 'PLAINTEXT' }, { name: 'EXTERNAL', host: '0.0.0.0', port: 19092 }]
    const settings = resolveOptions({ brokers: 2, listeners, config })
    expect(settings.brokers[1]?.listeners).toEqual([
      { name: 'PLAINTEXT', host: '127.0.0.1', port: 0, advertisedHost: '::1', advertisedPort: null },
      { name: 'EXTERNAL', host: '0.0.0.0', port: 19093, advertisedHost: 'kafka.test', advertisedPort: 29093 },
    ])
    expect(settings.config.has('advertised.listeners')).toBe(false)
  })

  it('reads topics in their short form', () => {
    const { topics } = resolveOptions({
      topics: ['a', 'b:4', 'c:4:2', { name: 'd', config: { 'retention.ms': 1 } }],
    })
    expect(topics).toEqual([
      { name: 'a', partitions: -1, replicationFactor: -1, config: new Map() },
      { name: 'b', partitions: 4, replicationFactor: -1, config: new Map() },
      { name: 'c', partitions: 4, replicationFactor: 2, config: new Map() },
      { name: 'd', partitions: -1, replicationFactor: -1, config: new Map([['retention.ms', '1']]) },
    ])
  })

  it('reads topics from an object with their names as keys', () => {
    const { topics } = resolveOptions({
      topics: { orders: { partitions: 4, replicationFactor: 1 }, ['__proto__']: {} },
    })
    expect(
      topics.map(({ name, partitions, replicationFactor }) => [name, partitions, replicationFactor]),
    ).toEqual([
      ['orders', 4, 1],
      ['__proto__', -1, -1],
    ])
  })

  it.each<[string, ClusterOptions, RegExp]>([
    ['no brokers', { brokers: 0 }, /brokers/],
    ['a port that is none', { port: 65_536 }, /port/],
    ['ports beyond the last', { brokers: 2, port: 65_535 }, /65536/],
    ['fewer ids than brokers', { brokers: 2, ids: [1] }, /ids: 1 given for 2/],
    ['an id twice', { ids: [1, 1] }, /twice/],
    ['an option that does not exist', { broker: 3 } as ClusterOptions, /broker/],
    ['a topic that cannot be read', { topics: ['a:b'] }, /'a:b'/],
    ['no partitions', { topics: ['a:0'] }, /one partition/],
    ['a setting that Kafka lacks', { config: { 'num.partition': 3 } }, /no broker setting 'num.partition'/],
    ['ids as a setting', { config: { 'node.id': 3 } }, /node.id: say it with ids/],
    ['listeners as a setting', { config: { listeners: 'PLAINTEXT://:9092' } }, /say it with host and port/],
    [
      'an address without a port',
      { config: { 'advertised.listeners': 'PLAINTEXT://a' } },
      /'PLAINTEXT:..a' is not/,
    ],
    ['an address of no listener', { config: { 'advertised.listeners': 'SSL://a:1' } }, /no listener SSL/],
    ["a topic's setting", { config: { 'retention.bytes': 3 } }, /is log.retention.bytes meant/],
    ['a value that the setting cannot have', { config: { 'num.partitions': 0 } }, /num.partitions/],
    ['a data directory in memory', { storage: 'memory', data: '/x' }, /memory/],
    ['a port beside listeners', { port: 1, listeners: [{ name: 'A' }] }, /listeners/],
  ])('refuses %s', (_what, options, why) => {
    expect(() => resolveOptions(options)).toThrow(OptionsError)
    expect(() => resolveOptions(options)).toThrow(why)
  })
})
