import { ErrorCode } from '../protocol/errors.ts'
import { Metadata } from '../protocol/messages/03-metadata.ts'
import { FindCoordinator } from '../protocol/messages/10-find-coordinator.ts'
import type { Api, RequestInput, ResponseOutput } from '../protocol/schema/api.ts'
import type { Address } from '../runtime/network.ts'
import { formatAddress, parseBootstrap } from './address.ts'
import { backoffMs, sleep } from './backoff.ts'
import { ClientError, refusalOf, throwIfRefused } from './client-error.ts'
import {
  type CallOptions,
  type ClientEnv,
  Connection,
  type ConnectionOptions,
  DEFAULT_CONNECTION_OPTIONS,
} from './connection.ts'

export interface ClusterOptions extends Partial<ConnectionOptions> {
  /** `host:port,host:port`, or the addresses themselves. */
  readonly bootstrap: string | readonly Address[]
  /** For how long a failed call is tried again while its error may pass. */
  readonly retryMs?: number
}

export interface BrokerNode {
  readonly id: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

export interface PartitionMetadata {
  readonly index: number
  /** -1: no leader now. */
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly offlineReplicas: readonly number[]
}

export interface TopicMetadata {
  readonly name: string
  /** Null from a broker older than 2.8. */
  readonly id: string | null
  readonly isInternal: boolean
  /** By index, ascending. */
  readonly partitions: readonly PartitionMetadata[]
}

export interface ClusterMetadata {
  readonly clusterId: string | null
  /** -1: not known. */
  readonly controllerId: number
  readonly brokers: readonly BrokerNode[]
}

/** A topic id that stands for none. */
export const NO_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAA'
const RETRY_MS = 30_000

/** A connection that is open or being opened. */
class Slot {
  readonly pending: Promise<Connection>
  connection: Connection | null = null

  constructor(pending: Promise<Connection>) {
    this.pending = pending
    pending.then(
      (connection) => {
        this.connection = connection
      },
      () => {},
    )
  }
}

/** A Kafka cluster as a client sees it: who its brokers are, who leads what, and one connection to each that is needed. */
export class ClusterClient {
  readonly env: ClientEnv
  readonly options: ConnectionOptions
  readonly retryMs: number
  readonly #bootstrap: readonly Address[]
  /** By broker id; -1: the bootstrap connection. */
  readonly #connections = new Map<number, Slot>()
  readonly #topics = new Map<string, TopicMetadata>()
  /** Questions for a topic that are under way. */
  readonly #lookups = new Map<string, Promise<TopicMetadata>>()
  #cluster: ClusterMetadata | null = null
  #closed = false

  constructor(env: ClientEnv, { bootstrap, retryMs = RETRY_MS, ...options }: ClusterOptions) {
    this.env = env
    this.options = { ...DEFAULT_CONNECTION_OPTIONS, ...options }
    this.retryMs = retryMs
    this.#bootstrap = typeof bootstrap === 'string' ? parseBootstrap(bootstrap) : bootstrap
  }

  /** Closes every connection; calls that wait fail. */
  close(): void {
    this.#closed = true
    for (const slot of this.#connections.values())
      slot.pending.then(
        (connection) => connection.close(),
        () => {},
      )
    this.#connections.clear()
  }

  /** Who the brokers are; asked once, then remembered until something fails. */
  async cluster(): Promise<ClusterMetadata> {
    if (this.#cluster === null) await this.refresh([])
    return this.#cluster as ClusterMetadata
  }

  /**
   * A topic's partitions and leaders, from memory when they are known; callers at the same time share one question. Throws the
   * broker's refusal. `autoCreate`: the broker may make the topic, and is asked until it has.
   */
  topic(
    name: string,
    { autoCreate = false }: { readonly autoCreate?: boolean } = {},
  ): Promise<TopicMetadata> {
    const known = this.#topics.get(name)
    if (known !== undefined) return Promise.resolve(known)
    const key = `${autoCreate ? 'make' : 'find'} ${name}`
    let lookup = this.#lookups.get(key)
    if (lookup === undefined) {
      lookup = this.#lookUp(name, autoCreate).finally(() => this.#lookups.delete(key))
      this.#lookups.set(key, lookup)
    }
    return lookup
  }

  #lookUp(name: string, autoCreate: boolean): Promise<TopicMetadata> {
    return this.retrying(async () => {
      const response = await this.refresh([name], { autoCreate })
      const answer = response.topics.find((topic) => topic.name === name)
      throwIfRefused(answer?.errorCode ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `topic "${name}"`)
      return this.#topics.get(name) as TopicMetadata
    }, autoCreate)
  }

  /** Every topic of the cluster, by name. */
  async allTopics(): Promise<TopicMetadata[]> {
    const response = await this.refresh(null)
    return response.topics
      .map((topic) => this.#topics.get(topic.name ?? ''))
      .filter((topic) => topic !== undefined)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Asks for metadata and remembers it. `names` null: of all topics; empty: of none, only the brokers. */
  async refresh(
    names: readonly string[] | null,
    { autoCreate = false }: { readonly autoCreate?: boolean } = {},
  ): Promise<ResponseOutput<typeof Metadata>> {
    const connection = await this.any()
    const version = connection.versionOf(Metadata) ?? 0
    // Version 0 has no null: there the empty list asks for all topics, and nothing asks for none.
    const topics = version === 0 && names === null ? [] : names
    const response = await connection.request(Metadata, {
      topics: topics?.map((name) => ({ name, topicId: NO_TOPIC_ID })) ?? null,
      allowAutoTopicCreation: version < 4 || autoCreate,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    })
    throwIfRefused(response.errorCode, 'asking for metadata')
    this.#remember(response)
    return response
  }

  #remember(response: ResponseOutput<typeof Metadata>): void {
    this.#cluster = {
      clusterId: response.clusterId,
      controllerId: response.controllerId,
      brokers: response.brokers
        .map(({ nodeId, host, port, rack }) => ({ id: nodeId, host, port, rack }))
        .sort((a, b) => a.id - b.id),
    }
    for (const topic of response.topics) {
      if (topic.name === null) continue
      if (topic.errorCode !== 0) this.#topics.delete(topic.name)
      else this.#topics.set(topic.name, topicMetadata(topic.name, topic))
    }
  }

  /** Forgets what is known of a topic, or of all: the next call asks again. */
  forget(topic?: string): void {
    if (topic === undefined) this.#topics.clear()
    else this.#topics.delete(topic)
    this.#cluster = null
  }

  /** A connection to any broker that can be reached. */
  async any(): Promise<Connection> {
    for (const { connection } of this.#connections.values()) if (connection?.isOpen) return connection
    const known = this.#cluster?.brokers ?? []
    return this.#remembered(-1, () => this.#firstOf([...this.#bootstrap, ...known]))
  }

  /** A connection to the broker with this id, at the address that it advertises. */
  async node(id: number): Promise<Connection> {
    const broker = (await this.cluster()).brokers.find((each) => each.id === id)
    if (broker === undefined) {
      this.#cluster = null
      throw new ClientError('refused', `broker ${id} is not in the cluster`, { code: 'BROKER_NOT_AVAILABLE' })
    }
    return this.#remembered(id, () => this.#openAdvertised(broker))
  }

  async #openAdvertised(broker: BrokerNode): Promise<Connection> {
    try {
      return await Connection.open(this.env, broker, this.options)
    } catch (cause) {
      if (!(cause instanceof ClientError) || cause.kind !== 'connect') throw cause
      const message = `broker ${broker.id} says that its address is ${formatAddress(broker)}, but ${cause.message}`
      throw new ClientError('connect', message, { cause })
    }
  }

  /** The connection under `id`, opened when there is none or it has closed. Callers at the same time share one attempt. */
  async #remembered(id: number, open: () => Promise<Connection>): Promise<Connection> {
    for (;;) {
      if (this.#closed) throw new ClientError('usage', 'the client is closed')
      let slot = this.#connections.get(id)
      if (slot === undefined) {
        slot = new Slot(open())
        this.#connections.set(id, slot)
      }
      const forget = (): void => {
        if (this.#connections.get(id) === slot) this.#connections.delete(id)
      }
      const connection = await slot.pending.catch((error) => {
        forget()
        throw error
      })
      if (connection.isOpen) return connection
      forget()
    }
  }

  async #firstOf(addresses: readonly Address[]): Promise<Connection> {
    const failures: ClientError[] = []
    for (const address of addresses) {
      try {
        return await Connection.open(this.env, address, this.options)
      } catch (error) {
        if (!(error instanceof ClientError)) throw error
        failures.push(error)
      }
    }
    if (failures.length === 1) throw failures[0]
    const said = [...new Set(failures.map((error) => error.message))].join('; ')
    throw new ClientError('connect', said, { cause: failures[0] })
  }

  /** Sends to any broker. */
  async send<A extends Api>(
    api: A,
    request: RequestInput<A>,
    options?: CallOptions,
  ): Promise<ResponseOutput<A>> {
    return (await this.any()).request(api, request, options)
  }

  /** Sends to the controller as the brokers name it; any broker forwards where none is known (KRaft). */
  async sendToController<A extends Api>(
    api: A,
    request: RequestInput<A>,
    options?: CallOptions,
  ): Promise<ResponseOutput<A>> {
    const { controllerId } = await this.cluster()
    const connection = controllerId < 0 ? await this.any() : await this.node(controllerId)
    return connection.request(api, request, options)
  }

  /** The broker that coordinates a group (`keyType` 0) or a transactional id (1). */
  async coordinator(key: string, keyType: 0 | 1 = 0): Promise<Connection> {
    return this.retrying(async () => {
      const connection = await this.any()
      const version = connection.versionOf(FindCoordinator) ?? 0
      const response = await connection.request(FindCoordinator, {
        key: version >= 4 ? '' : key,
        keyType,
        coordinatorKeys: version >= 4 ? [key] : [],
      })
      const found = version >= 4 ? response.coordinators[0] : response
      throwIfRefused(found?.errorCode ?? -1, `the coordinator of "${key}"`, found?.errorMessage)
      return this.node(found?.nodeId ?? -1)
    })
  }

  /** The leader of a partition. Throws LEADER_NOT_AVAILABLE (retriable) while there is none. */
  async leader(topic: string, partition: number): Promise<number> {
    const found = (await this.topic(topic)).partitions.find((each) => each.index === partition)
    if (found === undefined)
      throw new ClientError('refused', `topic "${topic}" has no partition ${partition}`, {
        code: 'INVALID_PARTITIONS',
      })
    if (found.leaderId >= 0) return found.leaderId
    this.forget(topic)
    throw refusalOf(ErrorCode.LEADER_NOT_AVAILABLE, `partition ${topic}-${partition}`) as ClientError
  }

  /**
   * Runs `call` again while it fails with an error that may pass, for at most `retryMs` in all. What is known of the
   * cluster is forgotten in between. `evenMissing`: a topic that is being created is missing for a moment.
   */
  async retrying<T>(call: () => Promise<T>, evenMissing = false): Promise<T> {
    const deadline = this.env.clock.now() + this.retryMs
    for (let attempt = 1; ; attempt++) {
      try {
        return await call()
      } catch (error) {
        if (this.#closed || !(error instanceof ClientError) || !worthRetrying(error, evenMissing)) throw error
        const wait = backoffMs(this.env, attempt)
        if (this.env.clock.now() + wait > deadline) throw error
        this.env.log.debug('trying again', { attempt, error: error.message })
        await sleep(this.env, wait)
        this.forget()
      }
    }
  }
}

/** A topic that does not exist, and a broker that nobody can reach at first, will not be better in a second. */
const worthRetrying = (error: ClientError, evenMissing: boolean): boolean => {
  if (error.code === 'UNKNOWN_TOPIC_OR_PARTITION' || error.code === 'UNKNOWN_TOPIC_ID') return evenMissing
  return error.retriable && error.kind !== 'connect'
}

type TopicAnswer = ResponseOutput<typeof Metadata>['topics'][number]

const topicMetadata = (name: string, answer: TopicAnswer): TopicMetadata => ({
  name,
  id: answer.topicId === NO_TOPIC_ID ? null : answer.topicId,
  isInternal: answer.isInternal,
  partitions: answer.partitions
    .map((partition) => ({
      index: partition.partitionIndex,
      leaderId: partition.leaderId,
      leaderEpoch: partition.leaderEpoch,
      replicas: partition.replicaNodes,
      isr: partition.isrNodes,
      offlineReplicas: partition.offlineReplicas,
    }))
    .sort((a, b) => a.index - b.index),
})
