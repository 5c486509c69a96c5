/**
 * The replicas of one broker: makes, leads, follows and removes them as the cluster image says. Source: Kafka's
 * ReplicaManager; what waits for requests is in the broker's purgatory, not here.
 */

import { configKey } from '../coordinator/cluster/cluster-state.ts'
import type { IsrChange, ItemResult } from '../coordinator/cluster/commands.ts'
import type {
  ClusterChange,
  ClusterImage,
  ImageListener,
  PartitionImage,
  TopicImage,
  Uuid,
} from '../coordinator/cluster/image.ts'
import type { LogConfig } from '../log/log-config.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { Timer } from '../runtime/clock.ts'
import type { Env } from '../runtime/env.ts'
import { Fetcher } from './fetcher.ts'
import { FollowerSession } from './follower-session.ts'
import type { FetchedPartition, ReplicationEndpoint, ReplicationLinks } from './link.ts'
import { Partition, type PartitionHost } from './partition.ts'
import type { PartitionChange } from './results.ts'
import type { TopicSettings } from './topic-settings.ts'

/** What replicas need of the controller. */
interface ReplicaController {
  readonly image: ClusterImage
  subscribe(listener: ImageListener): () => void
  alterPartition(brokerId: number, brokerEpoch: number, changes: readonly IsrChange[]): ItemResult[]
}

/** The logs of one broker: its log directory. */
export interface ReplicaLogs {
  /** Opens what is on disk for this topic id, or an empty log. StorageRefused. */
  open(
    replica: { readonly topic: string; readonly topicId: Uuid; readonly partition: number },
    config: LogConfig,
  ): PartitionLog
  /** Removes a log for good. */
  delete(log: PartitionLog): void
  /** Puts aside what is on disk of replicas that are not this broker's any more. Called once, before any `open`. */
  retain(isOurs: (topicId: Uuid, partition: number) => boolean): void
  /** Writes checkpoints, closes all logs. */
  close(): Promise<void>
}

export interface ReplicaManagerOptions {
  readonly brokerId: number
  readonly controller: ReplicaController
  readonly links: ReplicationLinks
  readonly logs: ReplicaLogs
  /** Effective settings of a topic. Asked when a replica is made and when settings change. */
  readonly topicSettings: (image: ClusterImage, topic: string) => TopicSettings
  /** `replica.lag.time.max.ms`: a follower that is behind for longer leaves the ISR. Default 30,000. */
  readonly replicaLagTimeMaxMs?: number
}

type Replicas = (Partition | undefined)[]
type ChangeListener = (partition: Partition, change: PartitionChange) => void

export class ReplicaManager implements PartitionHost, ReplicationEndpoint {
  readonly brokerId: number
  readonly clock
  readonly replicaLagTimeMaxMs: number
  readonly #env: Env
  readonly #options: ReplicaManagerOptions
  readonly #byName = new Map<string, Replicas>()
  readonly #byId = new Map<Uuid, Replicas>()
  readonly #fetchers = new Map<number, Fetcher>()
  readonly #fetcherOf = new Map<Partition, Fetcher>()
  readonly #sessions = new Set<FollowerSession>()
  readonly #lagging = new Set<Partition>()
  readonly #proposals = new Map<Partition, readonly number[]>()
  #lagTimer: Timer | null = null
  #listener: ChangeListener = () => {}
  #unsubscribe: (() => void) | null = null

  constructor(env: Env, options: ReplicaManagerOptions) {
    this.#env = env
    this.#options = options
    this.brokerId = options.brokerId
    this.clock = env.clock
    this.replicaLagTimeMaxMs = options.replicaLagTimeMaxMs ?? 30_000
  }

  /** Opens this broker's replicas and takes part in replication. The broker is registered already. */
  start(): void {
    const { controller, logs, links } = this.#options
    const { image } = controller
    logs.retain((topicId, index) => {
      const partition = image.topicById(topicId)?.partitions[index]
      return partition?.replicas.includes(this.brokerId) ?? false
    })
    for (const topic of image.topics()) this.#applyTopic(image, topic)
    this.#unsubscribe = controller.subscribe((next, previous, change) => this.#apply(next, previous, change))
    links.attach(this.brokerId, this)
  }

  /** The replica on this broker, leader or follower; undefined when it has none. */
  partition(topic: string, index: number): Partition | undefined {
    return this.#byName.get(topic)?.[index]
  }

  partitionById(topicId: Uuid, index: number): Partition | undefined {
    return this.#byId.get(topicId)?.[index]
  }

  *partitions(): Iterable<Partition> {
    for (const replicas of this.#byId.values()) {
      for (const partition of replicas) if (partition) yield partition
    }
  }

  /** The one listener; called in the turn of the change, once the change is done. It must not throw. */
  setChangeListener(listener: ChangeListener): void {
    this.#listener = listener
  }

  /** Leaves replication, writes the checkpoints, closes the logs. */
  async close(): Promise<void> {
    this.#unsubscribe?.()
    this.#unsubscribe = null
    this.#options.links.detach(this.brokerId)
    for (const fetcher of this.#fetchers.values()) fetcher.close()
    for (const session of this.#sessions) session.close()
    this.#lagTimer?.cancel()
    this.#lagging.clear()
    this.#proposals.clear()
    await this.#options.logs.close()
  }

  // ---- the cluster image

  #apply(image: ClusterImage, previous: ClusterImage, change: ClusterChange): void {
    for (const id of change.topicIds) {
      const topic = image.topicById(id)
      if (topic) this.#applyTopic(image, topic)
      else if (previous.topicById(id)) this.#removeTopic(id)
    }
    if (change.configs.size > 0) this.#applyConfigs(image, change.configs)
    // A broker that came back may be in sync and could not be in the ISR until now.
    if (change.brokers) for (const partition of this.partitions()) partition.reviewIsr()
  }

  #applyTopic(image: ClusterImage, topic: TopicImage): void {
    const replicas = this.#byId.get(topic.id)
    for (const partitionImage of topic.partitions) {
      const { index } = partitionImage
      const partition = replicas?.[index]
      if (!partitionImage.replicas.includes(this.brokerId)) {
        if (partition) this.#remove(partition)
      } else if (!partition) this.#add(image, topic, partitionImage)
      else if (partition.image !== partitionImage) this.#update(partition, partitionImage)
    }
  }

  #add(image: ClusterImage, topic: TopicImage, partitionImage: PartitionImage): void {
    const { name, id } = topic
    const { index } = partitionImage
    const settings = this.#options.topicSettings(image, name)
    let log: PartitionLog
    try {
      log = this.#options.logs.open({ topic: name, topicId: id, partition: index }, settings.log)
    } catch (error) {
      this.#env.log.error('a replica cannot be opened', { topic: name, partition: index, error })
      return
    }
    const identity = { topic: name, topicId: id }
    const partition = new Partition(this, identity, partitionImage, log, settings.minInsyncReplicas)
    this.#replicasOf(this.#byId, id)[index] = partition
    // A topic of the same name that was there before is deleted in an earlier change.
    this.#replicasOf(this.#byName, name)[index] = partition
    this.#update(partition, partitionImage)
  }

  #update(partition: Partition, image: PartitionImage): void {
    const { leaderId, leaderEpoch } = partition
    partition.update(image)
    if (image.leader !== leaderId || image.leaderEpoch !== leaderEpoch) this.#follow(partition)
  }

  #removeTopic(id: Uuid): void {
    // From the last on: `forget` looks from the first whether any is left.
    for (const partition of [...(this.#byId.get(id) ?? [])].reverse()) if (partition) this.#remove(partition)
  }

  #remove(partition: Partition): void {
    const { topic, topicId, index } = partition
    this.#unfollow(partition)
    this.#lagging.delete(partition)
    this.#proposals.delete(partition)
    forget(this.#byId, topicId, index, partition)
    forget(this.#byName, topic, index, partition)
    partition.markDeleted()
    try {
      this.#options.logs.delete(partition.log)
    } catch (error) {
      this.#env.log.error('a deleted replica stays on the disk', { topic, partition: index, error })
    }
  }

  #replicasOf(replicas: Map<string, Replicas>, key: string): Replicas {
    let list = replicas.get(key)
    if (!list) {
      list = []
      replicas.set(key, list)
    }
    return list
  }

  #applyConfigs(image: ClusterImage, changed: ReadonlySet<string>): void {
    const all = [...changed].some((key) => key.startsWith('broker/'))
    for (const [topic, replicas] of this.#byName) {
      if (!all && !changed.has(configKey('topic', topic))) continue
      const settings = this.#options.topicSettings(image, topic)
      for (const partition of replicas) {
        partition?.log.updateConfig(settings.log)
        partition?.updateMinInsyncReplicas(settings.minInsyncReplicas)
      }
    }
  }

  // ---- following

  #follow(partition: Partition): void {
    const { leaderId } = partition
    if (leaderId === -1 || leaderId === this.brokerId) {
      this.#unfollow(partition)
      return
    }
    if (this.#fetcherOf.get(partition)?.leaderId !== leaderId) this.#unfollow(partition)
    let fetcher = this.#fetchers.get(leaderId)
    if (!fetcher) {
      fetcher = new Fetcher(this.#env, this.brokerId, leaderId, this.#options.links)
      this.#fetchers.set(leaderId, fetcher)
    }
    fetcher.add(partition)
    this.#fetcherOf.set(partition, fetcher)
  }

  #unfollow(partition: Partition): void {
    this.#fetcherOf.get(partition)?.remove(partition)
    this.#fetcherOf.delete(partition)
  }

  /** ReplicationEndpoint */
  reachable(brokerId: number): void {
    this.#fetchers.get(brokerId)?.reachable()
  }

  // ---- leading

  /** ReplicationEndpoint */
  accept(followerId: number, reply: (partitions: readonly FetchedPartition[]) => void): FollowerSession {
    const session = new FollowerSession(
      followerId,
      (topicId, index) => this.partitionById(topicId, index),
      reply,
      (closed) => this.#sessions.delete(closed),
    )
    this.#sessions.add(session)
    return session
  }

  /** PartitionHost */
  wakeFollowers(partition: Partition): void {
    for (const session of this.#sessions) session.wake(partition)
  }

  /** PartitionHost */
  isActive(brokerId: number): boolean {
    const broker = this.#options.controller.image.brokers.get(brokerId)
    return broker !== undefined && !broker.fenced && !broker.inControlledShutdown
  }

  /** PartitionHost */
  changed(partition: Partition, change: PartitionChange): void {
    this.#listener(partition, change)
  }

  /** PartitionHost. No timer runs while every follower has everything. */
  watchLag(partition: Partition): void {
    this.#lagging.add(partition)
    this.#lagTimer ??= this.clock.after(this.replicaLagTimeMaxMs / 2, () => this.#checkLag())
  }

  #checkLag(): void {
    this.#lagTimer = null
    for (const partition of [...this.#lagging]) {
      if (!partition.checkLag()) this.#lagging.delete(partition)
    }
    if (this.#lagging.size > 0) {
      this.#lagTimer = this.clock.after(this.replicaLagTimeMaxMs / 2, () => this.#checkLag())
    }
  }

  /** PartitionHost. All proposals of one turn go to the controller together. */
  proposeIsr(partition: Partition, isr: readonly number[]): void {
    if (this.#proposals.size === 0) queueMicrotask(() => this.#sendProposals())
    this.#proposals.set(partition, isr)
  }

  #sendProposals(): void {
    const { controller } = this.#options
    const epoch = controller.image.brokers.get(this.brokerId)?.epoch
    const proposals = [...this.#proposals].filter(([partition]) => partition.isLeader)
    this.#proposals.clear()
    if (epoch === undefined || proposals.length === 0 || !this.#unsubscribe) return
    const changes = proposals.map(
      ([{ topicId, index, leaderEpoch, image }, isr]): IsrChange => ({
        topicId,
        partition: index,
        leaderEpoch,
        partitionEpoch: image.partitionEpoch,
        isr,
      }),
    )
    controller.alterPartition(this.brokerId, epoch, changes).forEach(({ error }, i) => {
      const [partition] = proposals[i] as (typeof proposals)[number]
      if (error === null) return
      const { topic, index } = partition
      this.#env.log.debug('the controller refused an ISR', { topic, partition: index, error })
      partition.isrRefused()
    })
  }
}

const forget = (replicas: Map<string, Replicas>, key: string, index: number, partition: Partition): void => {
  const list = replicas.get(key)
  if (list?.[index] !== partition) return
  list[index] = undefined
  if (list.every((other) => other === undefined)) replicas.delete(key)
}
