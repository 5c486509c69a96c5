import { replicaLogs } from '../../src/broker/replica-logs.ts'
import type { Controller } from '../../src/coordinator/cluster/controller.ts'
import { DEFAULT_LOG_CONFIG } from '../../src/log/log-config.ts'
import { LogDirectory } from '../../src/log/log-directory.ts'
import { TailCache } from '../../src/log/tail-cache.ts'
import { encodeBatch } from '../../src/protocol/records/batch-builder.ts'
import { recordsOf } from '../../src/protocol/records/convert.ts'
import { ReplicationLinks } from '../../src/replication/link.ts'
import type { Partition } from '../../src/replication/partition.ts'
import { ReplicaManager } from '../../src/replication/replica-manager.ts'
import {
  newTopic,
  openController,
  registration,
  type TestEnv,
  testEnv,
} from '../coordinator/cluster/fixture.ts'

/** Brokers without sockets: a controller, links, and for each broker its replicas on one memory disk under a manual clock. */
export class ReplicationCluster {
  readonly env: TestEnv
  readonly controller: Controller
  readonly links: ReplicationLinks
  readonly brokers = new Map<number, ReplicaManager>()
  /** `<broker>: <topic>-<partition> <change>` as it happened. */
  readonly changes: string[] = []
  onChange: (partition: Partition) => void = () => {}

  constructor(ids: readonly number[], env: TestEnv = testEnv()) {
    this.env = env
    this.controller = openController(env)
    this.links = new ReplicationLinks(env.clock)
    for (const id of ids) this.startBroker(id)
    this.controller.fenceAbsentBrokers()
  }

  startBroker(id: number): void {
    const directory = LogDirectory.open(this.env, {
      path: `/data/broker-${id}`,
      clusterId: this.controller.image.clusterId,
      nodeId: id,
      cache: new TailCache(),
    })
    const manager = new ReplicaManager(this.env, {
      brokerId: id,
      controller: this.controller,
      links: this.links,
      logs: replicaLogs(this.env, directory),
      topicSettings: (image, topic) => ({
        minInsyncReplicas: Number(image.configs('topic', topic).get('min.insync.replicas') ?? 1),
        log: DEFAULT_LOG_CONFIG,
      }),
    })
    manager.setChangeListener((partition, change) => {
      this.changes.push(`${id}: ${partition.topic}-${partition.index} ${change}`)
      this.onChange(partition)
    })
    const { epoch } = this.controller.registerBroker(registration(id))
    manager.start()
    this.brokers.set(id, manager)
    this.controller.unfenceBroker(id, epoch)
  }

  /** The process dies: links break at once, the controller notices. What was written stays. */
  async killBroker(id: number): Promise<void> {
    const manager = this.brokers.get(id) as ReplicaManager
    this.brokers.delete(id)
    await manager.close()
    this.controller.fenceBroker(id)
  }

  async close(): Promise<void> {
    for (const manager of this.brokers.values()) await manager.close()
    await this.controller.close()
  }

  async createTopic(
    name: string,
    partitions: number,
    replicas: number,
    configs: Record<string, string> = {},
  ): Promise<void> {
    const [result] = this.controller.createTopics([newTopic(name, partitions, replicas, configs)])
    if (result?.error) throw new Error(`${result.error}: ${result.message}`)
    await this.settle()
  }

  /** Lets all that is under way arrive; the time stays. */
  settle(): Promise<void> {
    return this.env.clock.advance(0)
  }

  replica(brokerId: number, topic = 't', index = 0): Partition {
    const partition = this.brokers.get(brokerId)?.partition(topic, index)
    if (!partition) throw new Error(`broker ${brokerId} has no ${topic}-${index}`)
    return partition
  }

  leader(topic = 't', index = 0): Partition {
    return this.replica(this.controller.image.topic(topic)?.partitions[index]?.leader as number, topic, index)
  }

  isr(topic = 't', index = 0): readonly number[] {
    return this.controller.image.topic(topic)?.partitions[index]?.isr.toSorted() ?? []
  }
}

export const batch = (...values: string[]): Buffer =>
  encodeBatch({ timestamp: 1_700_000_000_000, records: values.map((value) => ({ key: null, value })) })

/** The record values in a replica's log, whatever its high watermark. */
export const valuesOf = (partition: Partition): string[] => {
  const values: string[] = []
  const { log } = partition
  let offset = log.logStartOffset
  while (offset < log.logEndOffset) {
    const read = log.read({ offset, maxBytes: 1 << 20, minOneBatch: true })
    for (const record of recordsOf(Buffer.concat(read.buffers))) values.push(String(record.value))
    if (read.nextOffset <= offset)
      throw new Error(`a read of ${offset} gives nothing, the log ends at ${log.logEndOffset}`)
    offset = read.nextOffset
  }
  return values
}
