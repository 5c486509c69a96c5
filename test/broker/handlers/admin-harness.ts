import type { Broker } from '../../../src/broker/broker.ts'
import type { RequestContext } from '../../../src/broker/context.ts'
import type { Handler, Outcome } from '../../../src/broker/handler.ts'
import { Purgatory } from '../../../src/broker/purgatory.ts'
import { BrokerSettings } from '../../../src/coordinator/cluster/configs/effective.ts'
import { CatalogRules } from '../../../src/coordinator/cluster/configs/rules.ts'
import { Controller } from '../../../src/coordinator/cluster/controller.ts'
import type { MetadataStore } from '../../../src/coordinator/cluster/metadata-store.ts'
import { Refusal } from '../../../src/protocol/errors.ts'
import type { Api, ResponseOf } from '../../../src/protocol/schema/api.ts'
import type { Partition } from '../../../src/replication/partition.ts'
import type { Env } from '../../../src/runtime/env.ts'
import { silentLogger } from '../../../src/runtime/logger.ts'
import { ManualClock } from '../../../src/runtime/manual-clock.ts'
import { MemoryDisk } from '../../../src/runtime/memory-disk.ts'
import { SeededRandom } from '../../../src/runtime/random.ts'
import { SystemNetwork } from '../../../src/runtime/system-network.ts'

/** Keeps nothing: the controller lives as long as the test. */
class ForgetfulStore implements MetadataStore {
  readonly wantsSnapshot = false
  load() {
    return { snapshotOffset: -1, snapshot: [], batches: [] }
  }
  append(): void {}
  replaceBySnapshot(): void {}
  async close(): Promise<void> {}
}

/** A replica as DeleteRecords and DescribeLogDirs see it; a test moves it by hand. */
export interface ReplicaDouble {
  isLeader: boolean
  lowWatermark: number
  /** What an accepted deletion is to reach. */
  readonly deleteRecordsBefore: (offset: number) => number
  readonly topic: string
  readonly index: number
  readonly log: { readonly sizeBytes: number; readonly highWatermark: number; readonly logEndOffset: number }
}

/**
 * What admin handlers need of a cluster: a real controller with `brokers` live brokers; requests go to
 * broker 1.
 */
export class AdminHarness {
  readonly controller: Controller
  readonly settings: BrokerSettings
  readonly clock = new ManualClock()
  /** Replicas of broker 1, by topic id and index. */
  readonly replicas = new Map<string, ReplicaDouble>()
  readonly #delayed = new Purgatory<Partition>(this.clock)
  readonly #env: Env

  constructor(
    options: { readonly brokers?: number; readonly config?: Readonly<Record<string, string>> } = {},
  ) {
    const config = new Map(Object.entries(options.config ?? {}))
    this.#env = {
      clock: this.clock,
      random: new SeededRandom('admin'),
      disk: new MemoryDisk({ capacityBytes: 1024 * 1024 }),
      network: new SystemNetwork(),
      log: silentLogger,
    }
    this.controller = Controller.open(this.#env, {
      store: new ForgetfulStore(),
      configRules: new CatalogRules(config),
      clusterId: 'AAAAAAAAAAAAAAAAAAAAAQ',
    })
    this.settings = new BrokerSettings(1, config)
    for (let id = 1; id <= (options.brokers ?? 1); id++) this.addBroker(id)
  }

  addBroker(id: number): void {
    const endpoints = [
      { listener: 'PLAINTEXT', securityProtocol: 'PLAINTEXT' as const, host: null, port: 9091 + id },
    ]
    const { epoch } = this.controller.registerBroker({ id, rack: null, endpoints, directories: [] })
    this.controller.unfenceBroker(id, epoch)
  }

  createTopic(name: string, configs: Readonly<Record<string, string>> = {}, numPartitions = 1): void {
    this.controller.createTopics([
      {
        name,
        numPartitions,
        replicationFactor: 1,
        assignments: [],
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      },
    ])
  }

  /** What a handler answers to a request that fails as a whole as well. */
  ask<A extends Api>(
    handler: Handler<A>,
    request: Parameters<Handler<A>['handle']>[0],
    apiVersion?: number,
  ): ResponseOf<A> {
    const context = this.#context(apiVersion ?? handler.versions[1])
    let outcome: Outcome<A> | Promise<Outcome<A>>
    try {
      outcome = handler.handle(request, context)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      outcome = handler.refuse(request, error, context)
    }
    if (outcome instanceof Promise || typeof outcome === 'symbol') throw new Error('no answer at once')
    return outcome
  }

  /** What a handler that waits answers in the end. */
  async wait<A extends Api>(
    handler: Handler<A>,
    request: Parameters<Handler<A>['handle']>[0],
  ): Promise<ResponseOf<A>> {
    const outcome = handler.handle(request, this.#context(handler.versions[1]))
    if (!(outcome instanceof Promise)) throw new Error('it did not wait')
    const answer = await outcome
    if (typeof answer === 'symbol') throw new Error('no answer')
    return answer
  }

  /** Something happened to a replica. */
  touch(replica: ReplicaDouble): void {
    this.#delayed.touch(replica as unknown as Partition)
  }

  /** Makes broker 1 hold a partition of a topic that exists. */
  hold(topic: string, index: number, replica: Partial<ReplicaDouble> = {}): ReplicaDouble {
    const id = this.controller.image.topic(topic)?.id ?? ''
    const held: ReplicaDouble = {
      isLeader: true,
      lowWatermark: 0,
      deleteRecordsBefore: (offset) => offset,
      topic,
      index,
      log: { sizeBytes: 0, highWatermark: 0, logEndOffset: 0 },
      ...replica,
    }
    this.replicas.set(`${id} ${index}`, held)
    return held
  }

  #context(apiVersion: number): RequestContext {
    const { controller, settings, replicas } = this
    const broker = {
      id: 1,
      controller,
      settings,
      delayed: this.#delayed,
      replicas: {
        partitionById: (id: string, index: number) => replicas.get(`${id} ${index}`),
        partitions: () => replicas.values(),
      },
      get image() {
        return controller.image
      },
      get config() {
        return settings.broker(controller.image)
      },
    } as unknown as Broker
    const local = { host: '127.0.0.1', port: 9092 }
    return {
      env: this.#env,
      broker,
      apiVersion,
      clientId: 'test',
      arrivedAtMs: 0,
      connection: {
        id: 1,
        listener: 'PLAINTEXT',
        remote: { host: '127.0.0.1', port: 50_000 },
        local,
        principal: 'User:ANONYMOUS',
        clientSoftware: null,
        waiting: new Set(),
      },
    }
  }
}
