/** What the controller is asked and what it answers: plain values, one result per item, in the order of the items. */

import type { ErrorName } from '../../protocol/errors.ts'
import type { ConfigResourceType, Endpoint, Uuid } from './image.ts'

/** `error` null: done. `message` null: the error's usual words say enough. */
export interface ItemResult {
  readonly error: ErrorName | null
  readonly message: string | null
}

export const DONE: ItemResult = Object.freeze({ error: null, message: null })

export const refused = (error: ErrorName, message: string | null = null): ItemResult => ({ error, message })

export interface BrokerRegistration {
  /** 0 to 2^31 - 1. */
  readonly id: number
  readonly rack: string | null
  readonly endpoints: readonly Endpoint[]
  /** Log directory ids. */
  readonly directories: readonly Uuid[]
}

export interface RegisteredBroker extends ItemResult {
  /** The new broker epoch (the offset of its registration record); -1 when refused. */
  readonly epoch: number
}

export interface NewTopic {
  readonly name: string
  /** -1: the cluster's `num.partitions`. */
  readonly numPartitions: number
  /** -1: the cluster's `default.replication.factor`. */
  readonly replicationFactor: number
  /** Explicit placement; empty: the controller places. Then both counts above must be -1. */
  readonly assignments: readonly { readonly partitionIndex: number; readonly brokerIds: readonly number[] }[]
  readonly configs: readonly { readonly name: string; readonly value: string | null }[]
}

export interface CreatedTopic extends ItemResult {
  readonly name: string
  /** Null when refused. With `validateOnly` an id that nothing will have, as in Kafka. */
  readonly topicId: Uuid | null
  /** -1 when refused. */
  readonly numPartitions: number
  readonly replicationFactor: number
  /** What was set by the request. */
  readonly configs: ReadonlyMap<string, string>
}

export interface TopicToDelete {
  /** Exactly one of the two is given. */
  readonly name: string | null
  readonly id: Uuid | null
}

export interface DeletedTopic extends ItemResult {
  readonly name: string | null
  readonly id: Uuid | null
}

export interface PartitionsToAdd {
  readonly name: string
  /** The total that is wanted. */
  readonly count: number
  /** Replicas of each new partition; null: the controller places. */
  readonly assignments: readonly (readonly number[])[] | null
}

export interface NamedResult extends ItemResult {
  readonly name: string
}

export type ConfigOperation = 'set' | 'delete' | 'append' | 'subtract'

export interface ConfigResource {
  readonly type: ConfigResourceType
  /** Topic name, broker id in decimal ('' is the cluster-wide default), group id, …. */
  readonly name: string
}

export interface ConfigAlteration extends ConfigResource {
  readonly changes: readonly {
    readonly name: string
    readonly operation: ConfigOperation
    readonly value: string | null
  }[]
}

/** The older form (AlterConfigs): what is not listed returns to its default. */
export interface ConfigReplacement extends ConfigResource {
  readonly settings: readonly { readonly name: string; readonly value: string | null }[]
}

export interface AlteredConfigs extends ItemResult, ConfigResource {}

/** A leader's wish to change the ISR of one partition (KIP-497). */
export interface IsrChange {
  readonly topicId: Uuid
  readonly partition: number
  readonly leaderEpoch: number
  /** The epoch that the leader saw: an older one is refused with INVALID_UPDATE_VERSION. */
  readonly partitionEpoch: number
  readonly isr: readonly number[]
}

export type ElectionType = 'preferred' | 'unclean'

export interface ElectionResult extends ItemResult {
  readonly topic: string
  readonly partition: number
}

export interface ProducerIdBlock {
  readonly firstProducerId: number
  readonly count: number
}

export interface FeatureUpdate {
  readonly feature: string
  /** 0 or less: back to level 0. */
  readonly level: number
  readonly upgradeType: 'upgrade' | 'safe-downgrade' | 'unsafe-downgrade'
}
