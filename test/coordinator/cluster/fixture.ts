import type { BrokerRegistration, NewTopic } from '../../../src/coordinator/cluster/commands.ts'
import type { ConfigRules } from '../../../src/coordinator/cluster/config-rules.ts'
import { Controller } from '../../../src/coordinator/cluster/controller.ts'
import type { ClusterImage } from '../../../src/coordinator/cluster/image.ts'
import { MetadataLog } from '../../../src/coordinator/cluster/metadata-log.ts'
import type { Env } from '../../../src/runtime/env.ts'
import { silentLogger } from '../../../src/runtime/logger.ts'
import { ManualClock } from '../../../src/runtime/manual-clock.ts'
import { MemoryDisk } from '../../../src/runtime/memory-disk.ts'
import { SeededRandom } from '../../../src/runtime/random.ts'
import { SystemNetwork } from '../../../src/runtime/system-network.ts'

export interface TestEnv extends Env {
  readonly clock: ManualClock
  readonly disk: MemoryDisk
}

export const testEnv = (): TestEnv => {
  const disk = new MemoryDisk()
  disk.makeDirectory('/data')
  return {
    clock: new ManualClock(),
    random: new SeededRandom(1),
    disk,
    network: new SystemNetwork(),
    log: silentLogger,
  }
}

/** Knows three settings; refuses `min.insync.replicas` below 1 and names it does not know, as Kafka does. */
const plainRules: ConfigRules = {
  isList: (_type, key) => key === 'cleanup.policy',
  defaultOf: (_type, key) =>
    ({
      'cleanup.policy': 'delete',
      'min.insync.replicas': '1',
      'num.partitions': '1',
      'default.replication.factor': '1',
    })[key] ?? null,
  check: (_resource, settings) => {
    for (const [key, value] of settings) {
      const known = [
        'cleanup.policy',
        'retention.ms',
        'min.insync.replicas',
        'unclean.leader.election.enable',
      ]
      if (!known.includes(key))
        return { error: 'INVALID_CONFIG', message: `Unknown topic config name: ${key}` }
      if (key === 'min.insync.replicas' && Number(value) < 1)
        return { error: 'INVALID_CONFIG', message: 'at least 1' }
    }
    return null
  },
}

export const openController = (env: Env, snapshotBytesMin?: number): Controller =>
  Controller.open(env, {
    store: new MetadataLog(env, { directory: '/data', ...(snapshotBytesMin && { snapshotBytesMin }) }),
    configRules: plainRules,
  })

export const registration = (id: number, rack: string | null = null): BrokerRegistration => ({
  id,
  rack,
  endpoints: [{ listener: 'PLAINTEXT', securityProtocol: 'PLAINTEXT', host: null, port: 9092 + id }],
  directories: [],
})

/** Registers and unfences brokers; `racks` by broker id. */
export const joinBrokers = (
  controller: Controller,
  ids: readonly number[],
  racks: Record<number, string> = {},
): void => {
  for (const id of ids) {
    const { epoch } = controller.registerBroker(registration(id, racks[id] ?? null))
    controller.unfenceBroker(id, epoch)
  }
}

export const newTopic = (
  name: string,
  numPartitions = 1,
  replicationFactor = 1,
  configs: Record<string, string> = {},
): NewTopic => ({
  name,
  numPartitions,
  replicationFactor,
  assignments: [],
  configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
})

/** One line a partition, as people read `kafka-topics --describe`: `0: leader 1 epoch 0 replicas 1,2 isr 1,2`. */
export const describeTopic = (image: ClusterImage, name: string): string[] =>
  (image.topic(name)?.partitions ?? []).map((p) => {
    const elr = p.eligibleLeaderReplicas.length > 0 ? ` elr ${p.eligibleLeaderReplicas}` : ''
    return `${p.index}: leader ${p.leader} epoch ${p.leaderEpoch} replicas ${p.replicas} isr ${p.isr}${elr}`
  })
