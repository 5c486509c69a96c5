import type { Broker } from '../../../src/broker/broker.ts'
import type { RequestContext } from '../../../src/broker/context.ts'
import type { Handler, Outcome } from '../../../src/broker/handler.ts'
import { BrokerSettings } from '../../../src/coordinator/cluster/configs/effective.ts'
import { CatalogRules } from '../../../src/coordinator/cluster/configs/rules.ts'
import { Controller } from '../../../src/coordinator/cluster/controller.ts'
import type { MetadataStore } from '../../../src/coordinator/cluster/metadata-store.ts'
import { Refusal } from '../../../src/protocol/errors.ts'
import type { Api, ResponseOf } from '../../../src/protocol/schema/api.ts'
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

/** What admin handlers need of a cluster: a real controller with `brokers` live brokers; requests go to broker 1. */
export class AdminHarness {
  readonly controller: Controller
  readonly settings: BrokerSettings
  readonly #env: Env

  constructor(
    options: { readonly brokers?: number; readonly config?: Readonly<Record<string, string>> } = {},
  ) {
    const config = new Map(Object.entries(options.config ?? {}))
    this.#env = {
      clock: new ManualClock(),
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

  #context(apiVersion: number): RequestContext {
    const { controller, settings } = this
    const broker = {
      id: 1,
      controller,
      settings,
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
