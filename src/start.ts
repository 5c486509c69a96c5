/**
 * The composition root: the one place where time, disk, network and all layers are put together into a
 * cluster.
 */

import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Broker } from './broker/broker.ts'
import { HANDLERS } from './broker/handlers/index.ts'
import { BrokerListener } from './broker/net/listener.ts'
import { Pipeline } from './broker/pipeline.ts'
import { replicaLogs } from './broker/replica-logs.ts'
import { BrokerSettings } from './coordinator/cluster/configs/effective.ts'
import { ownSettings } from './coordinator/cluster/configs/own-settings.ts'
import { CatalogRules } from './coordinator/cluster/configs/rules.ts'
import { Controller } from './coordinator/cluster/controller.ts'
import type { Endpoint } from './coordinator/cluster/image.ts'
import { MetadataLog } from './coordinator/cluster/metadata-log.ts'
import { LogDirectory } from './log/log-directory.ts'
import { TailCache } from './log/tail-cache.ts'
import {
  type BrokerPlan,
  type ClusterOptions,
  type ClusterSettings,
  OptionsError,
  resolveOptions,
} from './options.ts'
import { ReplicationLinks } from './replication/link.ts'
import { ReplicaManager } from './replication/replica-manager.ts'
import { topicSettings } from './replication/topic-settings.ts'
import { SystemClock } from './runtime/clock.ts'
import type { Disk } from './runtime/disk.ts'
import type { Env } from './runtime/env.ts'
import { silentLogger } from './runtime/logger.ts'
import { MemoryDisk } from './runtime/memory-disk.ts'
import { SystemRandom } from './runtime/random.ts'
import { SlabPool } from './runtime/slab-pool.ts'
import { SystemDisk } from './runtime/system-disk.ts'
import { SystemNetwork } from './runtime/system-network.ts'

/** Where a memory disk has its files. */
const MEMORY_ROOT = join('/', 'odradek')

/** One broker that runs. `host` and `port` are what a client on this machine connects to. */
export interface RunningBroker {
  readonly id: number
  readonly host: string
  readonly port: number
}

/** One listening address of one broker. */
export interface RunningListener {
  readonly brokerId: number
  readonly name: string
  readonly host: string
  readonly port: number
}

/** A cluster that runs. */
export interface Cluster extends AsyncDisposable {
  /** `host:port` of every broker, separated by commas. */
  readonly bootstrap: string
  /** In order of the ids that were given. */
  readonly brokers: readonly RunningBroker[]
  /** Every listener of every broker; `brokers` has the first of each. */
  readonly listeners: readonly RunningListener[]
  readonly clusterId: string
  /** Null with memory storage. */
  readonly dataDirectory: string | null
  /**
   * Closes every connection, stops every broker and, unless `data` was given, removes the data directory.
   * Nothing keeps the process alive afterwards. May be called more than once.
   */
  stop(): Promise<void>
}

/** See `startCluster` of the package. */
export const startCluster = async (options: ClusterOptions = {}): Promise<Cluster> => {
  const settings = resolveOptions(options)
  return startClusterIn(systemEnv(options, settings), settings)
}

/** Starts a cluster in a world that is given: for tests that need to hold more of it than `startCluster` offers. */
export const startClusterIn = async (env: Env, settings: ClusterSettings): Promise<Cluster> => {
  const run = new ClusterRun(env, settings)
  try {
    await run.start()
  } catch (error) {
    await run.stop()
    throw error
  }
  return run
}

/** The machine's own time, disk and network, as far as the options say nothing else. */
export const systemEnv = (options: ClusterOptions, settings: ClusterSettings): Env => {
  // A memory disk keeps what it is given.
  const slabs = settings.storage === 'memory' ? {} : { slabs: new SlabPool() }
  return {
    clock: options.clock ?? new SystemClock(),
    random: new SystemRandom(),
    disk: diskFor(settings),
    network: new SystemNetwork(slabs),
    log: options.logger ?? silentLogger,
    ...slabs,
  }
}

/** What is thrown away at stop need not survive the death of the machine. */
const diskFor = ({ storage, memoryBytes, data }: ClusterSettings): Disk =>
  storage === 'memory'
    ? new MemoryDisk({ capacityBytes: memoryBytes })
    : new SystemDisk({ forceToDevice: data !== null })

/** What belongs to one broker. */
interface BrokerParts {
  readonly plan: BrokerPlan
  readonly listeners: readonly BrokerListener[]
  readonly settings: BrokerSettings
  readonly directoryId: string
  readonly replicas: ReplicaManager
  readonly broker: Broker
}

class ClusterRun implements Cluster {
  readonly #env: Env
  readonly #settings: ClusterSettings
  readonly #directory: string
  readonly #listeners: BrokerListener[][] = []
  readonly #brokers: BrokerParts[] = []
  #controller: Controller | undefined
  #stopped: Promise<void> | undefined

  constructor(env: Env, settings: ClusterSettings) {
    this.#env = env
    this.#settings = settings
    const temporary = join(tmpdir(), `odradek-${env.random.uuid()}`)
    this.#directory = settings.storage === 'memory' ? MEMORY_ROOT : (settings.data ?? temporary)
  }

  get brokers(): readonly RunningBroker[] {
    return this.#listeners.map(([first], index) => ({
      id: this.#settings.brokers[index]?.id ?? -1,
      host: reachableHost(first?.address.host ?? ''),
      port: first?.port ?? 0,
    }))
  }

  get listeners(): readonly RunningListener[] {
    return this.#listeners.flatMap((listeners, index) =>
      listeners.map(({ name, address, port }) => ({
        brokerId: this.#settings.brokers[index]?.id ?? -1,
        name,
        host: reachableHost(address.host),
        port,
      })),
    )
  }

  get bootstrap(): string {
    return this.brokers
      .map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`)
      .join(',')
  }

  get clusterId(): string {
    return this.#controller?.image.clusterId ?? ''
  }

  get dataDirectory(): string | null {
    return this.#settings.storage === 'memory' ? null : this.#directory
  }

  /** Addresses first: they may be taken, and the cluster must know its ports. All the rest is one turn. */
  async start(): Promise<void> {
    const { brokers, config, clusterId } = this.#settings
    for (const plan of brokers) this.#listeners.push(await this.#listen(plan))
    this.#env.disk.makeDirectory(this.#directory)
    const controller = Controller.open(this.#env, {
      store: new MetadataLog(this.#env, { directory: this.#directory }),
      configRules: new CatalogRules(config),
      ...(clusterId !== null && { clusterId }),
    })
    this.#controller = controller
    const cache = new TailCache({ capacityBytes: this.#settings.cacheBytes })
    const links = new ReplicationLinks(this.#env.clock)
    for (const [index, plan] of brokers.entries()) {
      this.#brokers.push(this.#assemble(plan, index, controller, cache, links))
    }
    for (const parts of this.#brokers) this.#join(parts, controller)
    controller.fenceAbsentBrokers()
    this.#createTopics(controller)
    for (const parts of this.#brokers) this.#serve(parts)
  }

  async #listen(plan: BrokerPlan): Promise<BrokerListener[]> {
    const opened: BrokerListener[] = []
    for (const { name, host, port } of plan.listeners) {
      try {
        opened.push(await BrokerListener.open(this.#env, name, { host, port }))
      } catch (error) {
        await Promise.all(opened.map((listener) => listener.close()))
        throw error
      }
    }
    return opened
  }

  #assemble(
    plan: BrokerPlan,
    index: number,
    controller: Controller,
    cache: TailCache,
    links: ReplicationLinks,
  ): BrokerParts {
    const listeners = this.#listeners[index] ?? []
    const directory = LogDirectory.open(this.#env, {
      path: join(this.#directory, `broker-${plan.id}`),
      clusterId: controller.image.clusterId,
      nodeId: plan.id,
      cache,
    })
    const addresses = plan.listeners.map((listener, at) => {
      const port = listeners[at]?.port ?? listener.port
      return { ...listener, port, advertisedPort: listener.advertisedPort ?? port }
    })
    const settings = new BrokerSettings(
      plan.id,
      ownSettings(plan.id, addresses, directory.path, this.#settings.config),
    )
    const replicas = new ReplicaManager(this.#env, {
      brokerId: plan.id,
      controller,
      links,
      logs: replicaLogs(this.#env, directory),
      topicSettings: (image, topic) => topicSettings(settings, image, topic),
      replicaLagTimeMaxMs: settings.broker(controller.image).number('replica.lag.time.max.ms'),
    })
    const broker = new Broker(this.#env, {
      id: plan.id,
      controller,
      replicas,
      settings,
      handlers: HANDLERS,
      peer: (id) => this.#brokers.find((parts) => parts.plan.id === id)?.broker,
    })
    return { plan, listeners, settings, directoryId: directory.directoryId, replicas, broker }
  }

  /** The broker registers under its addresses and may lead from now on. */
  #join({ plan, listeners, settings, directoryId, replicas }: BrokerParts, controller: Controller): void {
    const endpoints = plan.listeners.map(
      (listener, at): Endpoint => ({
        listener: listener.name,
        securityProtocol: 'PLAINTEXT',
        host: listener.advertisedHost,
        port: listener.advertisedPort ?? listeners[at]?.port ?? listener.port,
      }),
    )
    const rack = settings.broker(controller.image).string('broker.rack')
    const { error, message, epoch } = controller.registerBroker({
      id: plan.id,
      rack,
      endpoints,
      directories: [directoryId],
    })
    if (error !== null) throw new OptionsError(`broker ${plan.id} cannot join: ${message ?? error}`)
    replicas.start()
    controller.unfenceBroker(plan.id, epoch)
  }

  #createTopics(controller: Controller): void {
    const missing = this.#settings.topics.filter(({ name }) => controller.image.topic(name) === undefined)
    const created = controller.createTopics(
      missing.map(({ name, partitions, replicationFactor, config }) => ({
        name,
        numPartitions: partitions,
        replicationFactor,
        assignments: [],
        configs: [...config].map(([key, value]) => ({ name: key, value })),
      })),
    )
    for (const { name, error, message } of created) {
      if (error !== null) throw new OptionsError(`topics: ${name}: ${message ?? error}`)
    }
  }

  #serve({ listeners, broker }: BrokerParts): void {
    const pipeline = new Pipeline(this.#env, broker, HANDLERS)
    for (const listener of listeners) {
      listener.serve(pipeline, {
        maxFrameBytes: broker.config.number('socket.request.max.bytes'),
        maxConnections: broker.config.number('max.connections'),
        maxIdleMs: broker.config.number('connections.max.idle.ms'),
      })
    }
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    await Promise.all(this.#listeners.flat().map((listener) => listener.close()))
    for (const { broker } of this.#brokers) broker.close()
    await Promise.all(this.#brokers.map((parts) => this.#closeReplicas(parts)))
    await this.#controller?.close()
    if (this.#settings.data === null) this.#env.disk.remove(this.#directory)
  }

  /** A disk that is full or gone must not keep the rest from stopping: the next start recovers what is there. */
  async #closeReplicas({ plan, replicas }: BrokerParts): Promise<void> {
    try {
      await replicas.close()
    } catch (error) {
      this.#env.log.error('a broker could not write its checkpoints at stop', { broker: plan.id, error })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}

/** An address that means "all of this machine's" is none that can be connected to everywhere. */
const reachableHost = (host: string): string => {
  if (host === '0.0.0.0') return '127.0.0.1'
  return host === '::' ? '::1' : host
}
