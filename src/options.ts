/**
 * Every setting of a cluster: what it is, its unit, its default, and the check of what is given. Read lazily
 * by `startCluster`, so that importing the package does not load the validator.
 */

import * as z from 'zod/mini'
import { configDefinition, configsOf } from './coordinator/cluster/configs/catalog.ts'
import type { Clock } from './runtime/clock.ts'
import type { Logger } from './runtime/logger.ts'

/** What a cluster may be told; everything has a default. */
export interface ClusterOptions {
  /** How many brokers. 1 to 100; default 1, or as many as `ids` or `ports` has. */
  readonly brokers?: number | undefined
  /** Broker ids, one a broker. Default 1, 2, … */
  readonly ids?: readonly number[] | undefined
  /** Address to listen on. Default `127.0.0.1`; `0.0.0.0` or `::` for all of the machine's. */
  readonly host?: string | undefined
  /** Port of the first broker; the others take the next ones. Default 0: any free ports. */
  readonly port?: number | undefined
  /** Port of each broker, instead of `port`. 0: any free one. */
  readonly ports?: readonly number[] | undefined
  /**
   * Host that Metadata tells clients. Default: the name given as `host`, or else the address that each client
   * itself connected to, which is right for loopback, containers and port forwarding alike.
   */
  readonly advertisedHost?: string | undefined
  /** Several named listeners for each broker, instead of `host`, `port`, `ports` and `advertisedHost`. */
  readonly listeners?: readonly ListenerOptions[] | undefined
  /**
   * Topics to make unless they exist. In a list: a name, `name:partitions`, `name:partitions:replicas`, or an
   * object; or an object with the names as keys.
   */
  readonly topics?:
    | readonly (string | TopicOptions)[]
    | Readonly<Record<string, Omit<TopicOptions, 'name'>>>
    | undefined
  /**
   * Kafka's broker settings (`num.partitions`, `log.retention.ms`, …), the same for every broker, but the
   * ports in `advertised.listeners` are those of the first one.
   */
  readonly config?: Readonly<Record<string, string | number | boolean>> | undefined
  /** Where records are kept. Default `disk`. */
  readonly storage?: 'disk' | 'memory' | undefined
  /** Data directory, kept when the cluster stops. Default: a fresh temporary one, removed at stop. */
  readonly data?: string | undefined
  /** `memory`: how many bytes records and indexes may take; beyond it appends are refused. Default 1 GiB. */
  readonly memoryBytes?: number | undefined
  /** Bytes of the newest records kept in memory, over all partitions of the process. Default 64 MiB. */
  readonly cacheBytes?: number | undefined
  /** 22 characters of base64url, for a new data directory. Default: a random one. */
  readonly clusterId?: string | undefined
  /** Hears what the brokers have to say. Default: nobody. */
  readonly logger?: Logger | undefined
  /** The time that the brokers live by. Default: the machine's. */
  readonly clock?: Clock | undefined
}

export interface ListenerOptions {
  /** E.g. `PLAINTEXT` or `EXTERNAL`; a client is told the addresses of the listener that it uses. */
  readonly name: string
  readonly host?: string | undefined
  /** Of the first broker; the others take the next ones. 0: any free ports. */
  readonly port?: number | undefined
  readonly advertisedHost?: string | undefined
  /** Of the first broker. Default: the port that is listened on. */
  readonly advertisedPort?: number | undefined
}

export interface TopicOptions {
  readonly name: string
  /** Default: the setting `num.partitions`. */
  readonly partitions?: number | undefined
  /** Default: the setting `default.replication.factor`. */
  readonly replicationFactor?: number | undefined
  readonly config?: Readonly<Record<string, string | number | boolean>> | undefined
}

/** The options with every default filled in. */
export interface ClusterSettings {
  readonly brokers: readonly BrokerPlan[]
  readonly topics: readonly TopicPlan[]
  /** Kafka's broker settings, by name. */
  readonly config: ReadonlyMap<string, string>
  readonly storage: 'disk' | 'memory'
  /** Null: a temporary directory. */
  readonly data: string | null
  readonly memoryBytes: number
  readonly cacheBytes: number
  readonly clusterId: string | null
}

export interface BrokerPlan {
  readonly id: number
  readonly listeners: readonly ListenerPlan[]
}

export interface ListenerPlan {
  readonly name: string
  readonly host: string
  readonly port: number
  /** Null: the host that the client connected to. */
  readonly advertisedHost: string | null
  /** Null: the port that is listened on. */
  readonly advertisedPort: number | null
}

export interface TopicPlan {
  readonly name: string
  /** -1: the broker's default. */
  readonly partitions: number
  readonly replicationFactor: number
  readonly config: ReadonlyMap<string, string>
}

/** Options that cannot be used; the message says which and why. */
export class OptionsError extends Error {
  override readonly name = 'OptionsError'
}

const BROKERS_MAX = 100
const PORT_MAX = 65_535
/** IPv4 is digits and dots, and only IPv6 has colons. */
const ADDRESS = /^[\d.]+$|:/
/** `NAME://host:port`, as Kafka's settings write it; an IPv6 address in brackets. */
const ENDPOINT = /^([\w-]+):\/\/(?:\[([^\]]+)\]|([^[\]:/]+)):(\d+)$/
const MIB = 1024 * 1024

/**
 * What differs from the defaults of a bare Kafka: as in the server.properties that Kafka ships, groups form
 * without the initial delay of three seconds.
 */
const DEFAULT_CONFIG: ReadonlyMap<string, string> = new Map([['group.initial.rebalance.delay.ms', '0']])

/** Settings of Kafka that are said by an option here, where they may differ from broker to broker. */
const SAID_BY_OPTIONS: ReadonlyMap<string, string> = new Map([
  ['broker.id', 'ids'],
  ['node.id', 'ids'],
  ['listeners', 'host and port, or listeners'],
  ['log.dir', 'data'],
  ['log.dirs', 'data'],
])
const ADVERTISED_LISTENERS = 'advertised.listeners'

const port = z.int().check(z.gte(0), z.lte(PORT_MAX))
const brokerId = z.int().check(z.gte(0), z.lte(2 ** 31 - 1))
const count = (max: number) => z.int().check(z.gte(1), z.lte(max))
const text = z.string().check(z.minLength(1))
const configMap = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
const topicShape = {
  partitions: z.optional(count(100_000)),
  replicationFactor: z.optional(count(BROKERS_MAX)),
  config: z.optional(configMap),
}
const topicOptions = z.strictObject({ name: text, ...topicShape })
const listenerOptions = z.strictObject({
  name: z.string().check(z.regex(/^[A-Z0-9_-]+$/i)),
  host: z.optional(text),
  port: z.optional(port),
  advertisedHost: z.optional(text),
  advertisedPort: z.optional(port),
})
const schema = z.strictObject({
  brokers: z.optional(count(BROKERS_MAX)),
  ids: z.optional(z.array(brokerId).check(z.minLength(1), z.maxLength(BROKERS_MAX))),
  host: z.optional(text),
  port: z.optional(port),
  ports: z.optional(z.array(port).check(z.minLength(1), z.maxLength(BROKERS_MAX))),
  advertisedHost: z.optional(text),
  listeners: z.optional(z.array(listenerOptions).check(z.minLength(1), z.maxLength(16))),
  topics: z.optional(
    z.union([z.array(z.union([z.string(), topicOptions])), z.record(text, z.strictObject(topicShape))]),
  ),
  config: z.optional(configMap),
  storage: z.optional(z.enum(['disk', 'memory'])),
  data: z.optional(text),
  memoryBytes: z.optional(z.int().check(z.gte(MIB))),
  cacheBytes: z.optional(z.int().check(z.gte(0))),
  clusterId: z.optional(z.string().check(z.regex(/^[\w-]{22}$/))),
  logger: z.optional(z.any()),
  clock: z.optional(z.any()),
})

/** Checks options and fills in the defaults. Throws OptionsError, naming each option that is wrong. */
export const resolveOptions = (given: ClusterOptions): ClusterSettings => {
  const checked = schema.safeParse(given)
  if (!checked.success) {
    const problems = checked.error.issues.map(explain)
    throw new OptionsError(problems.join('; '))
  }
  const { data, storage } = given
  if (data !== undefined && storage === 'memory') {
    throw new OptionsError('data: memory storage has no data directory; leave one of the two out')
  }
  return {
    brokers: planBrokers(given),
    topics: listOfTopics(given.topics ?? []).map(planTopic),
    config: planConfig(given.config ?? {}),
    storage: storage ?? 'disk',
    data: data ?? null,
    memoryBytes: given.memoryBytes ?? 1024 * MIB,
    cacheBytes: given.cacheBytes ?? 64 * MIB,
    clusterId: given.clusterId ?? null,
  }
}

/** An issue of the validator in words (its own come in a locale, which would be another 100 KB to load). */
const explain = (issue: z.core.$ZodIssue): string => {
  const where = issue.path.join('.') || 'options'
  switch (issue.code) {
    case 'unrecognized_keys':
      return `${where}: there is no ${issue.keys.join(', ')}`
    case 'invalid_type':
      return `${where}: not ${issue.expected}`
    case 'too_small':
      return `${where}: ${issue.minimum} is the least`
    case 'too_big':
      return `${where}: ${issue.maximum} is the most`
    case 'invalid_value':
      return `${where}: not one of ${issue.values.join(', ')}`
    default:
      return `${where}: not as it should be`
  }
}

const planBrokers = (given: ClusterOptions): BrokerPlan[] => {
  const size = given.brokers ?? given.ids?.length ?? given.ports?.length ?? 1
  for (const [name, list] of [
    ['ids', given.ids],
    ['ports', given.ports],
  ] as const) {
    if (list !== undefined && list.length !== size) {
      throw new OptionsError(`${name}: ${list.length} given for ${size} broker(s); give one for each`)
    }
  }
  const ids = given.ids ?? Array.from({ length: size }, (_, index) => index + 1)
  if (new Set(ids).size !== size) throw new OptionsError('ids: the same id is given twice')
  const listeners = listenersOf(given)
  return ids.map((id, index) => ({
    id,
    listeners: listeners.map((listener) => planListener(listener, given, index)),
  }))
}

const listenersOf = (given: ClusterOptions): readonly ListenerOptions[] => {
  const listeners = namedListeners(given)
  const advertised = given.config?.[ADVERTISED_LISTENERS]
  return advertised === undefined ? listeners : advertise(listeners, String(advertised))
}

const namedListeners = (given: ClusterOptions): readonly ListenerOptions[] => {
  const { listeners } = given
  if (listeners === undefined) {
    return [{ name: 'PLAINTEXT', host: given.host, port: given.port, advertisedHost: given.advertisedHost }]
  }
  for (const name of ['host', 'port', 'ports', 'advertisedHost'] as const) {
    if (given[name] !== undefined)
      throw new OptionsError(`${name}: say it in listeners, or leave listeners out`)
  }
  const names = new Set(listeners.map(({ name }) => name))
  if (names.size !== listeners.length) throw new OptionsError('listeners: the same name is given twice')
  return listeners
}

/**
 * Puts the addresses of Kafka's `advertised.listeners` on the listeners of the same names. Its ports are
 * those of the first broker, like all ports; 0: those that are listened on.
 */
const advertise = (listeners: readonly ListenerOptions[], value: string): readonly ListenerOptions[] => {
  const addresses = new Map<string, Pick<ListenerOptions, 'advertisedHost' | 'advertisedPort'>>()
  for (const entry of value.split(',')) {
    const [, name = '', bracketed, plain = '', digits] = ENDPOINT.exec(entry.trim()) ?? []
    const number = Number(digits)
    if (digits === undefined || number > PORT_MAX)
      throw new OptionsError(`config: ${ADVERTISED_LISTENERS}: '${entry}' is not NAME://host:port`)
    if (!listeners.some((listener) => listener.name === name))
      throw new OptionsError(`config: ${ADVERTISED_LISTENERS}: there is no listener ${name}`)
    addresses.set(name, {
      advertisedHost: bracketed ?? plain,
      advertisedPort: number === 0 ? undefined : number,
    })
  }
  return listeners.map((listener) => ({ ...listener, ...addresses.get(listener.name) }))
}

const planListener = (listener: ListenerOptions, given: ClusterOptions, index: number): ListenerPlan => ({
  name: listener.name,
  host: listener.host ?? '127.0.0.1',
  port: given.ports?.[index] ?? nthPort('port', listener.port ?? 0, index),
  advertisedHost: listener.advertisedHost ?? hostName(listener.host),
  advertisedPort:
    listener.advertisedPort === undefined ? null : nthPort('advertisedPort', listener.advertisedPort, index),
})

/** A name that is given is meant, as in Kafka: certificates and clients may know the broker by it alone. */
const hostName = (host: string | undefined): string | null =>
  host === undefined || ADDRESS.test(host) ? null : host

const nthPort = (name: string, first: number, index: number): number => {
  if (first === 0) return 0
  if (first + index > PORT_MAX)
    throw new OptionsError(`${name}: broker ${index + 1} would get ${first + index}`)
  return first + index
}

const listOfTopics = (topics: NonNullable<ClusterOptions['topics']>): readonly (string | TopicOptions)[] =>
  isList(topics) ? topics : Object.entries(topics).map(([name, topic]) => ({ ...topic, name }))

const isList = (topics: object): topics is readonly (string | TopicOptions)[] => Array.isArray(topics)

const planTopic = (topic: string | TopicOptions): TopicPlan => {
  const { name, partitions, replicationFactor, config } =
    typeof topic === 'string' ? parseTopic(topic) : topic
  return {
    name,
    partitions: partitions ?? -1,
    replicationFactor: replicationFactor ?? -1,
    config: new Map(Object.entries(config ?? {}).map(([key, value]) => [key, String(value)])),
  }
}

const parseTopic = (given: string): TopicOptions => {
  const match = /^([^:]+)(?::(\d+))?(?::(\d+))?$/.exec(given)
  if (match === null)
    throw new OptionsError(`topics: '${given}' is not name, name:partitions or name:partitions:replicas`)
  const [, name = '', partitions, replicas] = match
  const numbers = {
    ...(partitions !== undefined && { partitions: Number(partitions) }),
    ...(replicas !== undefined && { replicationFactor: Number(replicas) }),
  }
  if (numbers.partitions === 0 || numbers.replicationFactor === 0) {
    throw new OptionsError(`topics: '${given}' needs one partition and one replica at least`)
  }
  return { name, ...numbers }
}

const planConfig = (
  given: Readonly<Record<string, string | number | boolean>>,
): ReadonlyMap<string, string> => {
  const config = new Map(DEFAULT_CONFIG)
  for (const [name, value] of Object.entries(given)) {
    const definition = configDefinition('broker', name)
    if (definition === undefined)
      throw new OptionsError(`config: Kafka has no broker setting '${name}'${hint(name)}`)
    const problem = definition.problem(String(value))
    if (problem !== null) throw new OptionsError(`config: ${problem}`)
    const option = SAID_BY_OPTIONS.get(name)
    if (option !== undefined) throw new OptionsError(`config: ${name}: say it with ${option}`)
    // It is the listeners' now, who show it with the ports that they really have.
    if (name === ADVERTISED_LISTENERS) continue
    config.set(name, String(value))
  }
  return config
}

/** The usual slip: a topic's name for a setting where the broker's is wanted. */
const hint = (name: string): string =>
  configsOf('broker').has(`log.${name}`) ? `; is log.${name} meant?` : ''
