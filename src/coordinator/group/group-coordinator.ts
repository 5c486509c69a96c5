/**
 * The coordinator of a broker's groups: everything that clients ask about classic groups and their offsets,
 * for the partitions of `__consumer_offsets` that this broker leads. Answers come at once where nothing has
 * to be waited for, otherwise as a promise. Throws a Refusal for what concerns the whole request:
 * NOT_COORDINATOR, COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE. Source: GroupCoordinatorService.
 */

import { type ErrorName, Refusal } from '../../protocol/errors.ts'
import type { Env } from '../../runtime/env.ts'
import type { RecordLog, RecordProducer } from '../record-log.ts'
import { CoordinatorRuntime, javaHashCode } from '../runtime.ts'
import { joinFailed } from './classic-group.ts'
import { joinClassicGroup } from './classic-join.ts'
import { heartbeatClassicGroup, leaveClassicGroup, syncClassicGroup } from './classic-members.ts'
import { syncFailed } from './classic-rebalance.ts'
import { describeGroup, listGroups } from './describe.ts'
import { GroupState } from './group-state.ts'
import { javaHashOrder, topicPartitionHashCode } from './java-hash-order.ts'
import { commitOffsets, deleteGroup, deleteOffsets, fetchOffsets, forgetTopics } from './offsets.ts'
import type { GroupSettings } from './settings.ts'
import type {
  CommitRequest,
  CommitResult,
  DeleteOffsetsResult,
  DescribedGroup,
  FetchedOffset,
  HeartbeatRequest,
  JoinRequest,
  JoinResult,
  LeaveResult,
  LeavingMember,
  ListedGroup,
  NamedGroupResult,
  SyncRequest,
  SyncResult,
  TopicPartitions,
} from './types.ts'

/** The internal topic that keeps groups and offsets. */
export const OFFSETS_TOPIC = '__consumer_offsets'

export interface GroupCoordinatorOptions {
  /** Partitions of `__consumer_offsets`; 0 while it does not exist. */
  readonly partitionCount: () => number
  /** What holds now: asked anew for each request. */
  readonly settings: () => GroupSettings
}

export class GroupCoordinator {
  readonly #env: Env
  readonly #runtime: CoordinatorRuntime<GroupState>
  readonly #settings: () => GroupSettings

  constructor(env: Env, options: GroupCoordinatorOptions) {
    this.#env = env
    this.#settings = options.settings
    this.#runtime = new CoordinatorRuntime(env, {
      partitionCount: options.partitionCount,
      commitTimeoutMs: options.settings().offsetsCommitTimeoutMs,
      newState: (shard) => new GroupState(env, shard, options.settings),
    })
  }

  /** This broker now leads a partition of `__consumer_offsets`: its groups are here when this returns. */
  load(partition: number, log: RecordLog): void {
    this.#runtime.load(partition, log)
  }

  /** This broker no longer leads the partition: whoever waits gets NOT_COORDINATOR. */
  unload(partition: number): void {
    this.#runtime.unload(partition)
  }

  /**
   * The partition of `__consumer_offsets` that a group belongs to; undefined while the topic does not exist.
   */
  partitionOf(groupId: string): number | undefined {
    return this.#runtime.partitionOf(groupId)
  }

  /** Whoever waits gets COORDINATOR_NOT_AVAILABLE; nothing is answered from now on. */
  close(): void {
    this.#runtime.close()
  }

  /** Answered when the rebalance has gathered everybody. */
  joinGroup(request: JoinRequest): JoinResult | Promise<JoinResult> {
    if (request.groupId === '') return joinFailed('INVALID_GROUP_ID', request.memberId)
    const { minSessionTimeoutMs, maxSessionTimeoutMs } = this.#settings()
    const { sessionTimeoutMs } = request
    if (sessionTimeoutMs < minSessionTimeoutMs || sessionTimeoutMs > maxSessionTimeoutMs)
      return joinFailed('INVALID_SESSION_TIMEOUT', request.memberId)
    return this.#runtime
      .shardOf(request.groupId)
      .write((state, nowMs) => joinClassicGroup(state, request, nowMs))
  }

  /** Answered when the leader has sent the assignment. */
  syncGroup(request: SyncRequest): SyncResult | Promise<SyncResult> {
    if (request.groupId === '') return syncFailed('INVALID_GROUP_ID')
    return this.#runtime
      .shardOf(request.groupId)
      .write((state, nowMs) => syncClassicGroup(state, request, nowMs))
  }

  heartbeat(request: HeartbeatRequest): ErrorName {
    if (request.groupId === '') return 'INVALID_GROUP_ID'
    return this.#runtime.shardOf(request.groupId).read((state) => heartbeatClassicGroup(state, request))
  }

  leaveGroup(groupId: string, members: readonly LeavingMember[]): LeaveResult | Promise<LeaveResult> {
    if (groupId === '') return { error: 'INVALID_GROUP_ID', members: [] }
    return this.#runtime
      .shardOf(groupId)
      .write((state, nowMs) => leaveClassicGroup(state, groupId, members, nowMs))
  }

  /** Never throws for one group: its error is in its item. In the order of Kafka's answer, by partition. */
  describeGroups(groupIds: readonly string[]): DescribedGroup[] {
    return this.#byPartition(groupIds).map((groupId) => {
      try {
        return this.#runtime.shardOf(groupId).read((state) => describeGroup(state, groupId))
      } catch (error) {
        const { code, message } = refusalOf(error)
        return {
          error: code,
          message: message === code ? null : message,
          groupId,
          state: '',
          protocolType: '',
          protocol: '',
          members: [],
        }
      }
    })
  }

  /** Groups of this broker; empty filters let everything through. Names of states and types in any case. */
  listGroups(filters: {
    readonly states: readonly string[]
    readonly types: readonly string[]
  }): ListedGroup[] {
    const listed: ListedGroup[] = []
    for (const shard of this.#runtime.shards())
      listed.push(...shard.read((state) => listGroups(state, filters)))
    return listed
  }

  /**
   * One result for each group; those of one partition together, partitions in the order of Kafka's answer.
   */
  deleteGroups(groupIds: readonly string[]): NamedGroupResult[] | Promise<NamedGroupResult[]> {
    const ordered = this.#byPartition(javaHashOrder([...new Set(groupIds)], javaHashCode))
    const results = ordered.map((groupId) => this.#deleteGroup(groupId))
    return results.some((each) => each instanceof Promise)
      ? Promise.all(results)
      : (results as NamedGroupResult[])
  }

  commitOffsets(request: CommitRequest): CommitResult | Promise<CommitResult> {
    return this.#runtime
      .shardOf(request.groupId)
      .write((state, nowMs) => commitOffsets(state, request, nowMs))
  }

  /** The partitions asked for, in order; with null every partition of the group that has an offset. */
  fetchOffsets(
    groupId: string,
    topics: readonly TopicPartitions[] | null,
    requireStable: boolean,
  ): FetchedOffset[] {
    return this.#runtime.shardOf(groupId).read((state) => fetchOffsets(state, groupId, topics, requireStable))
  }

  deleteOffsets(
    groupId: string,
    topics: readonly TopicPartitions[],
  ): DeleteOffsetsResult | Promise<DeleteOffsetsResult> {
    if (groupId === '') return { error: 'INVALID_GROUP_ID', partitions: [] }
    return this.#runtime.shardOf(groupId).write((state) => deleteOffsets(state, groupId, topics))
  }

  /** The topics were deleted: so are the offsets in them. */
  topicsDeleted(topics: ReadonlySet<string>): void {
    for (const shard of this.#runtime.shards()) {
      const failed = (error: unknown): void =>
        this.#env.log.warn('offsets of deleted topics stay', { partition: shard.partition, error })
      try {
        const written = shard.write((state) => ({
          records: forgetTopics(state, topics),
          response: undefined,
        }))
        if (written instanceof Promise) written.catch(failed)
      } catch (error) {
        failed(error)
      }
    }
  }

  /** A transaction that wrote offsets to this partition ended; its marker is in the log at `offset`. */
  transactionEnded(partition: number, producer: RecordProducer, committed: boolean, offset: number): void {
    this.#runtime.shard(partition)?.applyMarker(producer, committed, offset)
  }

  /** Groups of one partition together, partitions in the order of Kafka's hash table. */
  #byPartition(groupIds: readonly string[]): string[] {
    const byPartition = new Map<number, string[]>()
    for (const groupId of groupIds) {
      const partition = this.partitionOf(groupId) ?? 0
      const others = byPartition.get(partition)
      if (others === undefined) byPartition.set(partition, [groupId])
      else others.push(groupId)
    }
    return javaHashOrder([...byPartition], ([partition]) =>
      topicPartitionHashCode(OFFSETS_TOPIC, partition),
    ).flatMap(([, group]) => group)
  }

  #deleteGroup(groupId: string): NamedGroupResult | Promise<NamedGroupResult> {
    const result = (error: ErrorName, message: string | null = null): NamedGroupResult => ({
      groupId,
      error,
      message: error === 'GROUP_ID_NOT_FOUND' ? `Group ${groupId} not found.` : message,
    })
    try {
      const written = this.#runtime.shardOf(groupId).write((state) => deleteGroup(state, groupId))
      return written instanceof Promise
        ? written.then(
            (error) => result(error),
            (error) => result(refusalOf(error).code),
          )
        : result(written)
    } catch (error) {
      return result(refusalOf(error).code)
    }
  }
}

const refusalOf = (error: unknown): Refusal => {
  if (error instanceof Refusal) return error
  throw error
}
