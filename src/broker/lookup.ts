import type { TopicImage } from '../coordinator/cluster/image.ts'
import type { ErrorName } from '../protocol/errors.ts'
import type { Partition } from '../replication/partition.ts'
import { type AdvertisedNode, advertisedNode, type Broker } from './broker.ts'
import type { RequestContext } from './context.ts'

/**
 * A partition's replica on this broker, or why it cannot be asked here. `topic` undefined:
 * UNKNOWN_TOPIC_OR_PARTITION.
 */
export const findReplica = (
  broker: Broker,
  topic: TopicImage | undefined,
  index: number,
): Partition | ErrorName => {
  if (topic === undefined || topic.partitions[index] === undefined) return 'UNKNOWN_TOPIC_OR_PARTITION'
  return broker.replicas.partitionById(topic.id, index) ?? 'NOT_LEADER_OR_FOLLOWER'
}

/**
 * Collects, for one response, who leads the partitions that were asked of the wrong broker, so that the
 * client need not ask for metadata first (KIP-951).
 */
export class LeaderHints {
  readonly #context: RequestContext
  readonly #nodes = new Map<number, AdvertisedNode>()

  constructor(context: RequestContext) {
    this.#context = context
  }

  /** Addresses of the leaders named so far. */
  get nodes(): AdvertisedNode[] {
    return [...this.#nodes.values()]
  }

  /** The leader of a partition as the cluster knows it; -1: none. */
  leaderOf(topic: TopicImage, index: number): { leaderId: number; leaderEpoch: number } | undefined {
    const partition = topic.partitions[index]
    if (partition === undefined) return undefined
    const leader = this.#context.broker.image.brokers.get(partition.leader)
    const node = leader === undefined ? null : advertisedNode(leader, this.#context.connection)
    if (node !== null) this.#nodes.set(node.nodeId, node)
    return { leaderId: partition.leader, leaderEpoch: partition.leaderEpoch }
  }
}
