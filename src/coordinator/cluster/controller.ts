/** The one controller of the cluster (being written: the signatures below are final). */

import { assert } from '../../runtime/assert.ts'
import type { Env } from '../../runtime/env.ts'
import type {
  AlteredConfigs,
  BrokerRegistration,
  ConfigAlteration,
  ConfigReplacement,
  CreatedTopic,
  DeletedTopic,
  ElectionResult,
  ElectionType,
  FeatureUpdate,
  IsrChange,
  ItemResult,
  NamedResult,
  NewTopic,
  PartitionsToAdd,
  ProducerIdBlock,
  RegisteredBroker,
  TopicToDelete,
} from './commands.ts'
import type { ConfigRules } from './config-rules.ts'
import type { ClusterImage, ImageListener } from './image.ts'

export interface ControllerOptions {
  /** Given to a new cluster; what is stored wins. Default: a random one. */
  readonly clusterId?: string
  readonly configRules: ConfigRules
}

export declare class Controller {
  /** Loads what `store` holds, or begins a new cluster in it. */
  static open(env: Env, options: ControllerOptions): Controller
  /** What is now. Immutable: hold it for the length of one request. */
  get image(): ClusterImage
  /** Calls `listener` after every change, synchronously, in order of subscription. Returns what ends it. */
  subscribe(listener: ImageListener): () => void
  /** A broker that (re)starts. It is fenced until `unfenceBroker`. */
  registerBroker(registration: BrokerRegistration): RegisteredBroker
  /** Lets the broker lead and join ISRs again. STALE_BROKER_EPOCH, BROKER_ID_NOT_REGISTERED. */
  unfenceBroker(id: number, epoch: number): ItemResult
  /** The broker is thought dead: its leaderships move, it leaves every ISR. */
  fenceBroker(id: number): ItemResult
  /** The broker wishes to stop: its leaderships move first. `remaining`: partitions that only it can lead. */
  beginControlledShutdown(id: number, epoch: number): ItemResult & { readonly remaining: number }
  unregisterBroker(id: number): ItemResult
  createTopics(topics: readonly NewTopic[], options?: { readonly validateOnly?: boolean }): CreatedTopic[]
  deleteTopics(topics: readonly TopicToDelete[]): DeletedTopic[]
  createPartitions(
    topics: readonly PartitionsToAdd[],
    options?: { readonly validateOnly?: boolean },
  ): NamedResult[]
  incrementalAlterConfigs(
    resources: readonly ConfigAlteration[],
    options?: { readonly validateOnly?: boolean },
  ): AlteredConfigs[]
  alterConfigs(
    resources: readonly ConfigReplacement[],
    options?: { readonly validateOnly?: boolean },
  ): AlteredConfigs[]
  /** A leader's ISR change; one result per item, in order. */
  alterPartition(brokerId: number, brokerEpoch: number, changes: readonly IsrChange[]): ItemResult[]
  /** `targets` null: every partition, and only those that needed it are in the answer. */
  electLeaders(
    type: ElectionType,
    targets: readonly { readonly topic: string; readonly partition: number }[] | null,
  ): ElectionResult[]
  /** A block of producer ids that nobody else gets, also after a restart. */
  allocateProducerIds(brokerId: number): ProducerIdBlock
  updateFeatures(
    updates: readonly FeatureUpdate[],
    options?: { readonly validateOnly?: boolean },
  ): (ItemResult & { readonly feature: string })[]
  /** Makes an internal topic unless it exists; the replication factor is capped to the live brokers. */
  ensureInternalTopic(
    name: string,
    numPartitions: number,
    replicationFactor: number,
    configs?: ReadonlyMap<string, string>,
  ): ItemResult
  close(): Promise<void>
}
