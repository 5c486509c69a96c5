/** The replicas of one broker (being written: the signatures below are final). */

import type { ClusterImage, Uuid } from '../coordinator/cluster/image.ts'
import type { Env } from '../runtime/env.ts'
import type { Partition } from './partition.ts'
import type { PartitionChange } from './results.ts'

/** What of a topic's effective configs replication needs; `log` goes to the partition's log as it is. */
export interface TopicSettings {
  readonly minInsyncReplicas: number
  readonly log: unknown
}

export interface ReplicaManagerOptions {
  readonly brokerId: number
  /** Effective settings of a topic in an image. Called when a partition is made and when the settings change. */
  readonly topicSettings: (image: ClusterImage, topic: string) => TopicSettings
  /** Default 30,000. A follower that is behind for longer leaves the ISR. */
  readonly replicaLagTimeMaxMs?: number
}

export declare class ReplicaManager {
  constructor(env: Env, options: ReplicaManagerOptions)
  readonly brokerId: number
  /** The replica on this broker, leader or follower; undefined when it has none. */
  partition(topic: string, index: number): Partition | undefined
  partitionById(topicId: Uuid, index: number): Partition | undefined
  partitions(): Iterable<Partition>
  /** The one listener; called synchronously in the turn of the change. It must not throw. */
  setChangeListener(listener: (partition: Partition, change: PartitionChange) => void): void
  /** Stops fetching, writes the checkpoints, closes the logs. */
  close(): Promise<void>
}
