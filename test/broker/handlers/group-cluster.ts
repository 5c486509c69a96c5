import { Broker } from '../../../src/broker/broker.ts'
import type { ConnectionInfo } from '../../../src/broker/context.ts'
import type { Handler } from '../../../src/broker/handler.ts'
import { replicaLogs } from '../../../src/broker/replica-logs.ts'
import { BrokerSettings } from '../../../src/coordinator/cluster/configs/effective.ts'
import { CatalogRules } from '../../../src/coordinator/cluster/configs/rules.ts'
import { Controller } from '../../../src/coordinator/cluster/controller.ts'
import { MetadataLog } from '../../../src/coordinator/cluster/metadata-log.ts'
import { LogDirectory } from '../../../src/log/log-directory.ts'
import { TailCache } from '../../../src/log/tail-cache.ts'
import { Refusal } from '../../../src/protocol/errors.ts'
import { Reader } from '../../../src/protocol/reader.ts'
import type { Api, RequestInput, ResponseOutput } from '../../../src/protocol/schema/api.ts'
import { requestCodec, responseCodec } from '../../../src/protocol/schema/codec.ts'
import { Writer } from '../../../src/protocol/writer.ts'
import { ReplicationLinks } from '../../../src/replication/link.ts'
import { ReplicaManager } from '../../../src/replication/replica-manager.ts'
import { topicSettings } from '../../../src/replication/topic-settings.ts'
import type { Env } from '../../../src/runtime/env.ts'
import { silentLogger } from '../../../src/runtime/logger.ts'
import { ManualClock } from '../../../src/runtime/manual-clock.ts'
import { MemoryDisk } from '../../../src/runtime/memory-disk.ts'
import { SeededRandom } from '../../../src/runtime/random.ts'

const CONFIG = new Map([
  ['group.initial.rebalance.delay.ms', '0'],
  ['offsets.topic.num.partitions', '5'],
])

interface Parts {
  readonly broker: Broker
  readonly replicas: ReplicaManager
  epoch: number
}

/**
 * Brokers with real logs, replication and a controller, under a test's clock and on a disk in memory; without
 * sockets.
 */
export class GroupCluster {
  readonly clock = new ManualClock()
  readonly #disk: MemoryDisk
  readonly #env: Env
  readonly #parts = new Map<number, Parts>()
  readonly controller: Controller

  constructor(brokers = 1, disk = new MemoryDisk({ capacityBytes: 64 * 1024 * 1024 })) {
    this.#disk = disk
    const env = { clock: this.clock, random: new SeededRandom(7), disk, log: silentLogger } as unknown as Env
    this.#env = env
    disk.makeDirectory('/data')
    this.controller = Controller.open(env, {
      store: new MetadataLog(env, { directory: '/data' }),
      configRules: new CatalogRules(CONFIG),
    })
    const links = new ReplicationLinks(env.clock)
    const ids = Array.from({ length: brokers }, (_, i) => i + 1)
    for (const id of ids) this.#parts.set(id, this.#assemble(id, links))
    for (const id of ids) this.#join(id)
  }

  broker(id = 1): Broker {
    return this.#parts.get(id)!.broker
  }

  /** Makes a topic with one replica for each broker. */
  createTopic(name: string, numPartitions = 1): void {
    this.controller.createTopics([
      { name, numPartitions, replicationFactor: this.#parts.size, assignments: [], configs: [] },
    ])
  }

  /** Stops the brokers in good order and starts as many on the same disk. */
  async restart(): Promise<GroupCluster> {
    for (const { broker } of this.#parts.values()) broker.close()
    for (const { replicas } of this.#parts.values()) await replicas.close()
    await this.controller.close()
    return new GroupCluster(this.#parts.size, this.#disk)
  }

  /** One request, over its bytes in this version, answered by a broker as bytes. */
  async ask<A extends Api>(
    { api, handle, refuse }: Handler<A>,
    version: number,
    input: RequestInput<A>,
    brokerId = 1,
  ): Promise<ResponseOutput<A>> {
    const writer = new Writer()
    requestCodec(api, version).encode(writer, input)
    const request = requestCodec(api, version).decode(new Reader(writer.toBuffer()))
    const address = { host: '127.0.0.1', port: 1 }
    const connection = { id: 1, listener: 'PLAINTEXT', remote: address, local: address } as ConnectionInfo
    const context = {
      env: this.#env,
      broker: this.broker(brokerId),
      apiVersion: version,
      clientId: 'client',
      connection,
      arrivedAtMs: this.clock.now(),
    }
    const answer = async () => {
      try {
        return await handle(request, context)
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        return refuse(request, error, context)
      }
    }
    const response = await answer()
    if (typeof response === 'symbol') throw new Error('no response')
    const out = new Writer()
    responseCodec(api, version).encode(out, response)
    return responseCodec(api, version).decode(new Reader(out.toBuffer()))
  }

  #assemble(id: number, links: ReplicationLinks): Parts {
    const settings = new BrokerSettings(id, CONFIG)
    const directory = LogDirectory.open(this.#env, {
      path: `/data/broker-${id}`,
      clusterId: this.controller.image.clusterId,
      nodeId: id,
      cache: new TailCache({ capacityBytes: 1024 * 1024 }),
    })
    const replicas = new ReplicaManager(this.#env, {
      brokerId: id,
      controller: this.controller,
      links,
      logs: replicaLogs(this.#env, directory),
      topicSettings: (image, topic) => topicSettings(settings, image, topic),
    })
    const { controller } = this
    const peer = (brokerId: number) => this.#parts.get(brokerId)?.broker
    const broker = new Broker(this.#env, { id, controller, replicas, settings, handlers: [], peer })
    return { broker, replicas, epoch: -1 }
  }

  #join(id: number): void {
    const parts = this.#parts.get(id)!
    const { epoch } = this.controller.registerBroker({
      id,
      rack: null,
      endpoints: [
        { listener: 'PLAINTEXT', securityProtocol: 'PLAINTEXT', host: `host${id}`, port: 9091 + id },
      ],
      directories: [],
    })
    parts.epoch = epoch
    parts.replicas.start()
    this.controller.unfenceBroker(id, epoch)
  }
}
