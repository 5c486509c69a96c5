/**
 * The one controller of the cluster: command → decision → records on disk → new image → listeners. It is synchronous and
 * in the process of all brokers, so each of them sees a change before the command's answer is given. What KRaft's quorum
 * does (votes, followers of the metadata log) has no counterpart here.
 */

import type { Env } from '../../runtime/env.ts'
import { applyRecords, imageOfSnapshot } from './apply.ts'
import {
  decideControlledShutdown,
  decideFenceBroker,
  decideRegisterBroker,
  decideUnfenceBroker,
  decideUnregisterBroker,
} from './brokers.ts'
import type { ClusterState } from './cluster-state.ts'
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
import { DONE } from './commands.ts'
import { decideAlterConfigs, decideIncrementalAlterConfigs } from './config-changes.ts'
import type { ConfigRules } from './config-rules.ts'
import type { Decision } from './decision.ts'
import { decideElectLeaders, type ElectionSettings } from './election.ts'
import { decideUpdateFeatures, SUPPORTED_FEATURES, type UpdatedFeature } from './features.ts'
import type { ClusterChange, ClusterImage, ImageListener } from './image.ts'
import { decideAlterPartition } from './isr.ts'
import type { MetadataStore } from './metadata-store.ts'
import { decideCreatePartitions } from './partitions.ts'
import type { MetadataRecord } from './records.ts'
import { recordsOfImage } from './snapshot.ts'
import { decideCreateTopics, decideDeleteTopics } from './topics.ts'

/** Producer ids given to a broker at once, as in Kafka. */
const PRODUCER_ID_BLOCK_SIZE = 1000

export interface ControllerOptions {
  readonly store: MetadataStore
  readonly configRules: ConfigRules
  /** For a new cluster; what is stored wins. Default: a random one. */
  readonly clusterId?: string
}

export interface ValidateOnly {
  /** Check and answer, change nothing. Default false. */
  readonly validateOnly?: boolean
}

interface Notice {
  readonly image: ClusterImage
  readonly previous: ClusterImage
  readonly change: ClusterChange
}

export class Controller {
  readonly #env: Env
  readonly #store: MetadataStore
  readonly #rules: ConfigRules
  readonly #settings: ElectionSettings
  #image: ClusterState
  /** Brokers that lived when the cluster stopped and did not come back yet. */
  readonly #absent = new Set<number>()
  readonly #listeners: ImageListener[] = []
  readonly #notices: Notice[] = []
  #notifying = false

  private constructor(env: Env, options: ControllerOptions, image: ClusterState) {
    this.#env = env
    this.#store = options.store
    this.#rules = options.configRules
    this.#settings = electionSettings(options.configRules)
    this.#image = image
    for (const { id, fenced } of image.brokers.values()) if (!fenced) this.#absent.add(id)
  }

  /** Loads what the store holds, or begins a new cluster in it. DecodeError: what is stored is of a newer release. */
  static open(env: Env, options: ControllerOptions): Controller {
    const { snapshotOffset, snapshot, batches } = options.store.load()
    let image = imageOfSnapshot(snapshot, snapshotOffset)
    for (const records of batches) image = applyRecords(image, records).image
    const controller = new Controller(env, options, image)
    if (image.offset === -1) {
      const clusterId = options.clusterId ?? env.random.uuid()
      const features = SUPPORTED_FEATURES.filter(({ initialLevel }) => initialLevel > 0)
      controller.#commit([
        { type: 'cluster', clusterId },
        ...features.map(
          ({ name, initialLevel }) => ({ type: 'feature', name, level: initialLevel }) as const,
        ),
        minInsyncReplicasOf(options.configRules),
      ])
    }
    return controller
  }

  /** What is now. Immutable: one request reads one image. */
  get image(): ClusterImage {
    return this.#image
  }

  /**
   * Calls `listener` after every change, synchronously, in order of subscription. A change made by a listener is told after
   * all have heard of the one before. Returns what ends the subscription.
   */
  subscribe(listener: ImageListener): () => void {
    this.#listeners.push(listener)
    return () => {
      const at = this.#listeners.indexOf(listener)
      if (at >= 0) this.#listeners.splice(at, 1)
    }
  }

  /**
   * A broker that (re)starts. It is fenced until `unfenceBroker`, unless it lived when the cluster stopped: then it comes
   * back as it was, leading what it led under new leader epochs. DUPLICATE_BROKER_REGISTRATION, INVALID_REGISTRATION.
   */
  registerBroker(registration: BrokerRegistration): RegisteredBroker {
    const returning = this.#absent.has(registration.id)
    const result = this.#decide(decideRegisterBroker(this.#image, registration, returning, this.#settings))
    if (result.error === null) this.#absent.delete(registration.id)
    return result
  }

  /** Ends the start of a cluster: fences the brokers that lived when it stopped and did not register since. */
  fenceAbsentBrokers(): void {
    for (const id of [...this.#absent]) this.fenceBroker(id)
  }

  /** Lets the broker lead and join ISRs. BROKER_ID_NOT_REGISTERED, STALE_BROKER_EPOCH. */
  unfenceBroker(id: number, epoch: number): ItemResult {
    return this.#decide(decideUnfenceBroker(this.#image, id, epoch, this.#settings))
  }

  /** The broker is thought dead: what it leads moves, it leaves each ISR. BROKER_ID_NOT_REGISTERED. */
  fenceBroker(id: number): ItemResult {
    this.#absent.delete(id)
    return this.#decide(decideFenceBroker(this.#image, id, this.#settings))
  }

  /** The broker wants to stop: what it leads moves while it still answers. Fence it when it is gone. */
  beginControlledShutdown(id: number, epoch: number): ItemResult {
    return this.#decide(decideControlledShutdown(this.#image, id, epoch, this.#settings))
  }

  /** Forgets a broker; its replicas stay assigned to it. BROKER_ID_NOT_REGISTERED. */
  unregisterBroker(id: number): ItemResult {
    this.#absent.delete(id)
    return this.#decide(decideUnregisterBroker(this.#image, id, this.#settings))
  }

  /** One result per name, in order. When it returns, every listener knows the topics and their leaders. */
  createTopics(topics: readonly NewTopic[], options: ValidateOnly = {}): CreatedTopic[] {
    return this.#decide(
      decideCreateTopics(this.#image, topics, {
        configRules: this.#rules,
        defaults: {
          numPartitions: this.#brokerDefault('num.partitions'),
          replicationFactor: this.#brokerDefault('default.replication.factor'),
        },
        newId: () => this.#newTopicId(),
        validateOnly: options.validateOnly ?? false,
      }),
    )
  }

  /**
   * Makes an internal topic unless it exists. The replication factor is capped to the brokers that live, so that a small
   * cluster works out of the box. TOPIC_ALREADY_EXISTS never; INVALID_REPLICATION_FACTOR when no broker lives.
   */
  ensureInternalTopic(
    name: string,
    numPartitions: number,
    replicationFactor: number,
    configs: ReadonlyMap<string, string> = new Map(),
  ): ItemResult {
    if (this.#image.topic(name)) return DONE
    const live = [...this.#image.brokers.keys()].filter((id) => this.#image.isActive(id)).length
    const [result] = this.createTopics([
      {
        name,
        numPartitions,
        replicationFactor: Math.max(Math.min(replicationFactor, live), 1),
        assignments: [],
        configs: [...configs].map(([key, value]) => ({ name: key, value })),
      },
    ])
    return result as CreatedTopic
  }

  deleteTopics(topics: readonly TopicToDelete[]): DeletedTopic[] {
    return this.#decide(decideDeleteTopics(this.#image, topics))
  }

  createPartitions(topics: readonly PartitionsToAdd[], options: ValidateOnly = {}): NamedResult[] {
    return this.#decide(decideCreatePartitions(this.#image, topics, options.validateOnly ?? false))
  }

  incrementalAlterConfigs(
    resources: readonly ConfigAlteration[],
    options: ValidateOnly = {},
  ): AlteredConfigs[] {
    return this.#decide(
      decideIncrementalAlterConfigs(this.#image, resources, this.#rules, options.validateOnly ?? false),
    )
  }

  alterConfigs(resources: readonly ConfigReplacement[], options: ValidateOnly = {}): AlteredConfigs[] {
    return this.#decide(
      decideAlterConfigs(this.#image, resources, this.#rules, options.validateOnly ?? false),
    )
  }

  /** ISR changes by a leader; one result per change, in order. The new state is in `image`. */
  alterPartition(brokerId: number, brokerEpoch: number, changes: readonly IsrChange[]): ItemResult[] {
    return this.#decide(decideAlterPartition(this.#image, brokerId, brokerEpoch, changes, this.#settings))
  }

  /** `targets` null: every partition, and only those that needed it are in the answer. */
  electLeaders(
    type: ElectionType,
    targets: readonly { readonly topic: string; readonly partition: number }[] | null,
  ): ElectionResult[] {
    return this.#decide(decideElectLeaders(this.#image, type, targets, this.#settings))
  }

  /** A block of producer ids that nobody else gets, also after a restart. */
  allocateProducerIds(): ProducerIdBlock {
    const firstProducerId = this.#image.nextProducerId
    this.#commit([{ type: 'producer-ids', next: firstProducerId + PRODUCER_ID_BLOCK_SIZE }])
    return { firstProducerId, count: PRODUCER_ID_BLOCK_SIZE }
  }

  updateFeatures(updates: readonly FeatureUpdate[], options: ValidateOnly = {}): UpdatedFeature[] {
    return this.#decide(decideUpdateFeatures(this.#image, updates, options.validateOnly ?? false))
  }

  /** Writes what is not on the device yet. The cluster is as it was when it is opened again. */
  close(): Promise<void> {
    this.#listeners.length = 0
    return this.#store.close()
  }

  #decide<Result>({ records, result }: Decision<Result>): Result {
    this.#commit(records)
    return result
  }

  /** The disk first: what was not stored did not happen. */
  #commit(records: readonly MetadataRecord[]): void {
    if (records.length === 0) return
    const previous = this.#image
    this.#store.append(previous.offset + 1, records)
    const { image, change } = applyRecords(previous, records)
    this.#image = image
    if (this.#store.wantsSnapshot) this.#store.replaceBySnapshot(image.offset, recordsOfImage(image))
    this.#notices.push({ image, previous, change })
    this.#notify()
  }

  #notify(): void {
    if (this.#notifying) return
    this.#notifying = true
    try {
      for (let notice = this.#notices.shift(); notice; notice = this.#notices.shift()) {
        for (const listener of [...this.#listeners]) this.#tell(listener, notice)
      }
    } finally {
      this.#notifying = false
    }
  }

  /** A listener that fails is a bug; it must not keep the others from the news, nor fail a command that is done. */
  #tell(listener: ImageListener, { image, previous, change }: Notice): void {
    try {
      listener(image, previous, change)
    } catch (error) {
      this.#env.log.error('a listener of the cluster image failed', { error })
    }
  }

  #brokerDefault(key: string): number {
    return Number(this.#rules.defaultOf('broker', key) ?? 1)
  }

  #newTopicId(): string {
    for (;;) {
      const id = this.#env.random.uuid()
      if (!this.#image.topicById(id)) return id
    }
  }
}

/** With eligible leader replicas (KIP-966) the setting is kept for the whole cluster from the beginning. */
const minInsyncReplicasOf = (rules: ConfigRules): MetadataRecord => {
  const name = 'min.insync.replicas'
  return {
    type: 'config',
    resourceType: 'broker',
    resourceName: '',
    name,
    value: rules.defaultOf('broker', name),
  }
}

/** Effective settings of a topic: its own, else the cluster-wide dynamic ones, else the default. */
const electionSettings = (rules: ConfigRules): ElectionSettings => {
  const effective = (image: ClusterState, topic: string, key: string): string | null =>
    image.configs('topic', topic).get(key) ??
    image.configs('broker', '').get(key) ??
    rules.defaultOf('topic', key)
  return {
    minInsyncReplicas: (image, topic) => Number(effective(image, topic, 'min.insync.replicas') ?? 1),
    uncleanLeaderElection: (image, topic) =>
      effective(image, topic, 'unclean.leader.election.enable') === 'true',
  }
}
