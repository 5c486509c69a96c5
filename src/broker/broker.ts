import type { NamedResult } from '../coordinator/cluster/commands.ts'
import type { BrokerSettings, ConfigView } from '../coordinator/cluster/configs/effective.ts'
import type { Controller } from '../coordinator/cluster/controller.ts'
import type { BrokerImage, ClusterImage } from '../coordinator/cluster/image.ts'
import { GroupCoordinator, OFFSETS_TOPIC } from '../coordinator/group/group-coordinator.ts'
import type { Versions } from '../protocol/schema/field.ts'
import type { Partition } from '../replication/partition.ts'
import type { ReplicaManager } from '../replication/replica-manager.ts'
import type { Env } from '../runtime/env.ts'
import type { ConnectionInfo } from './context.ts'
import { ensureOffsetsTopic, GroupLoader } from './coordinator-log.ts'
import { FetchSessions } from './fetch-sessions.ts'
import { groupSettings } from './group-settings.ts'
import type { Handler } from './handler.ts'
import { ProducerIds } from './producer-ids.ts'
import { Purgatory } from './purgatory.ts'

/** An API as ApiVersions lists it. */
export interface ServedApi {
  readonly key: number
  readonly versions: Versions
}

export interface BrokerOptions {
  readonly id: number
  readonly controller: Controller
  readonly replicas: ReplicaManager
  readonly settings: BrokerSettings
  /** Sorted by API key. What is here is served and advertised, nothing else. */
  readonly handlers: readonly Handler[]
  /** A broker of the same cluster by its id, itself included; undefined when it does not run. */
  readonly peer: (brokerId: number) => Broker | undefined
}

/**
 * One broker of the cluster, as its handlers see it: who it is, what it knows, and the layers that do the
 * work. It holds no sockets: those are the listeners'.
 */
export class Broker {
  readonly id: number
  readonly env: Env
  readonly controller: Controller
  readonly replicas: ReplicaManager
  /** Effective settings of this broker and of topics; `config` is the short way to the broker's own. */
  readonly settings: BrokerSettings
  readonly servedApis: readonly ServedApi[]
  /** Fetches and produces that wait for a partition. */
  readonly delayed: Purgatory<Partition>
  readonly fetchSessions: FetchSessions
  readonly producerIds: ProducerIds
  readonly groups: GroupCoordinator
  readonly #groupLoader: GroupLoader
  readonly #peer: BrokerOptions['peer']

  constructor(env: Env, options: BrokerOptions) {
    this.env = env
    this.id = options.id
    this.controller = options.controller
    this.replicas = options.replicas
    this.settings = options.settings
    this.#peer = options.peer
    this.servedApis = options.handlers.map(({ api, versions }) => ({ key: api.key, versions }))
    this.delayed = new Purgatory(env.clock)
    this.fetchSessions = new FetchSessions(env, {
      maxSessions: this.config.number('max.incremental.fetch.session.cache.slots'),
    })
    this.producerIds = new ProducerIds(() => this.controller.allocateProducerIds())
    this.groups = new GroupCoordinator(env, {
      partitionCount: () => this.image.topic(OFFSETS_TOPIC)?.partitions.length ?? 0,
      settings: () => groupSettings(this.config),
    })
    this.#groupLoader = new GroupLoader(env, this)
    this.replicas.setChangeListener((partition, change) => {
      // What only makes the log longer is nothing to consumers and producers: they wait for the high
      // watermark.
      if (change !== 'appended') this.delayed.touch(partition)
      this.#groupLoader.partitionChanged(partition, change)
    })
  }

  /** The cluster as it is now. Immutable: read it once in a request. */
  get image(): ClusterImage {
    return this.controller.image
  }

  /** This broker's effective settings now. */
  get config(): ConfigView {
    return this.settings.broker(this.controller.image)
  }

  /** Whether an API is served, e.g. to decide what may be advertised beside it. */
  serves(apiKey: number): boolean {
    return this.servedApis.some(({ key }) => key === apiKey)
  }

  /** Makes topics that a client asked about, with the cluster's defaults. One result a name, in order. */
  autoCreateTopics(names: readonly string[]): readonly NamedResult[] {
    if (names.includes(OFFSETS_TOPIC)) ensureOffsetsTopic(this)
    return this.controller.createTopics(
      names
        .filter((name) => this.image.topic(name) === undefined)
        .map((name) => ({ name, numPartitions: -1, replicationFactor: -1, assignments: [], configs: [] })),
    )
  }

  /**
   * The coordinator of a group on whichever broker it is, for the requests that every broker once answered from
   * ZooKeeper. Makes `__consumer_offsets` when it is missing. Without a leader it is this broker's own, which
   * refuses.
   */
  coordinatorOf(groupId: string): GroupCoordinator {
    if (!ensureOffsetsTopic(this)) return this.groups
    const partition = this.groups.partitionOf(groupId)
    const leader =
      partition === undefined ? undefined : this.image.topic(OFFSETS_TOPIC)?.partitions[partition]?.leader
    return (leader === undefined ? undefined : this.#peer(leader)?.groups) ?? this.groups
  }

  /** Lets go of everything that waits. */
  close(): void {
    this.#groupLoader.close()
    this.groups.close()
    this.delayed.close()
  }
}

/** Where a client reaches a broker. */
export interface AdvertisedNode {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

/**
 * The address of `broker` for the client of `connection`: the endpoint of the listener that the client uses.
 * Without a configured host it is the host that the client itself connected to. Null: it has no such
 * listener.
 */
export const advertisedNode = (broker: BrokerImage, connection: ConnectionInfo): AdvertisedNode | null => {
  const endpoint = broker.endpoints.find(({ listener }) => listener === connection.listener)
  if (endpoint === undefined) return null
  const host = endpoint.host ?? connection.local.host
  return { nodeId: broker.id, host, port: endpoint.port, rack: broker.rack }
}
