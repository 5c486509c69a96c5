/**
 * OffsetCommit, OffsetFetch, OffsetDelete and DeleteGroups. Source: OffsetMetadataManager,
 * GroupMetadataManager.
 */

import type { ErrorName } from '../../protocol/errors.ts'
import type { CoordinatorRecord } from '../record-log.ts'
import type { Outcome } from '../shard.ts'
import type { ClassicGroup } from './classic-group.ts'
import { renewSession } from './classic-rebalance.ts'
import { groupTombstone, offsetCommitRecord, offsetTombstone } from './group-records.ts'
import type { GroupState } from './group-state.ts'
import type {
  CommitRequest,
  CommitResult,
  DeleteOffsetsResult,
  FetchedOffset,
  TopicPartitions,
} from './types.ts'

/**
 * The first refusal of the whole commit, or NONE. `transactional`: TxnOffsetCommit, whose old versions name
 * no member.
 */
const commitError = (
  group: ClassicGroup | undefined,
  request: Pick<CommitRequest, 'generationId' | 'memberId' | 'groupInstanceId'>,
  transactional = false,
): ErrorName => {
  const { generationId, memberId, groupInstanceId } = request
  // A commit with a generation knows a group that this coordinator does not: of an older life (not
  // UNKNOWN_MEMBER_ID). Versions before 9 of OffsetCommit say ILLEGAL_GENERATION for it.
  if (group === undefined) return generationId < 0 ? 'NONE' : 'GROUP_ID_NOT_FOUND'
  // A consumer without group management, or an administrator.
  if (generationId < 0 && group.state === 'Empty') return 'NONE'
  if (generationId >= 0 || memberId !== '' || groupInstanceId !== null) {
    const error = group.validateMember(memberId, groupInstanceId)
    if (error !== 'NONE') return error
    if (generationId !== group.generationId) return 'ILLEGAL_GENERATION'
  } else if (!transactional && group.state !== 'Empty') return 'UNKNOWN_MEMBER_ID'
  return !transactional && group.state === 'CompletingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE'
}

export const commitOffsets = (
  state: GroupState,
  request: CommitRequest,
  nowMs: number,
): Outcome<CommitResult> => {
  const { groupId, offsets } = request
  const group = state.groups.get(groupId)
  const refusal = commitError(group, request)
  if (refusal !== 'NONE') return { records: [], response: offsets.map(() => refusal) }
  const member = group?.members.get(request.memberId)
  if (group !== undefined && member !== undefined && group.state !== 'CompletingRebalance')
    renewSession(state, group, member)
  const { offsetMetadataMaxBytes } = state.settings()
  const expireTimestampMs =
    request.retentionTimeMs === -1 ? -1 : Math.min(nowMs + request.retentionTimeMs, Number.MAX_SAFE_INTEGER)
  const records: CoordinatorRecord[] = []
  const response = offsets.map((each): ErrorName => {
    const metadata = each.metadata ?? ''
    if (metadata.length > offsetMetadataMaxBytes) return 'OFFSET_METADATA_TOO_LARGE'
    const commitTimestampMs = each.commitTimestampMs === -1 ? nowMs : each.commitTimestampMs
    const { offset, leaderEpoch } = each
    const stored = { offset, leaderEpoch, metadata, commitTimestampMs, expireTimestampMs }
    records.push(offsetCommitRecord(groupId, each.topic, each.partition, stored))
    return 'NONE'
  })
  return { records, response }
}

/** The committed offsets of the partitions asked for, or with null of every partition that has one. */
export const fetchOffsets = (
  state: GroupState,
  groupId: string,
  topics: readonly TopicPartitions[] | null,
  requireStable: boolean,
): FetchedOffset[] => {
  const answers: FetchedOffset[] = []
  const answer = (topic: string, partition: number): void => {
    const isUnstable = requireStable && state.offsets.isUnstable(groupId, topic, partition)
    const stored = isUnstable ? undefined : state.offsets.get(groupId, topic, partition)
    answers.push({
      topic,
      partition,
      offset: stored?.offset ?? -1,
      leaderEpoch: stored?.leaderEpoch ?? -1,
      metadata: stored?.metadata ?? '',
      error: isUnstable ? 'UNSTABLE_OFFSET_COMMIT' : 'NONE',
    })
  }
  if (topics === null) {
    for (const [topic, partitions] of state.offsets.topicsOf(groupId))
      for (const partition of partitions.keys()) answer(topic, partition)
  } else for (const { topic, partitions } of topics) for (const each of partitions) answer(topic, each)
  return answers
}

/** Offsets of an empty group, or of topics that a consumer group's members do not read. */
export const deleteOffsets = (
  state: GroupState,
  groupId: string,
  topics: readonly TopicPartitions[],
): Outcome<DeleteOffsetsResult> => {
  const group = state.groups.get(groupId)
  if (group === undefined) return { records: [], response: { error: 'GROUP_ID_NOT_FOUND', partitions: [] } }
  if (group.state !== 'Empty' && !group.isConsumerGroup)
    return { records: [], response: { error: 'NON_EMPTY_GROUP', partitions: [] } }
  const records: CoordinatorRecord[] = []
  const partitions: { topic: string; partition: number; error: ErrorName }[] = []
  for (const { topic, partitions: indexes } of topics) {
    const isRead = group.isSubscribedTo(topic)
    for (const partition of indexes) {
      partitions.push({ topic, partition, error: isRead ? 'GROUP_SUBSCRIBED_TO_TOPIC' : 'NONE' })
      const isThere =
        state.offsets.get(groupId, topic, partition) !== undefined ||
        state.offsets.isUnstable(groupId, topic, partition)
      if (!isRead && isThere) records.push(offsetTombstone(groupId, topic, partition))
    }
  }
  return { records, response: { error: 'NONE', partitions } }
}

export const deleteGroup = (state: GroupState, groupId: string): Outcome<ErrorName> => {
  const group = state.groups.get(groupId)
  if (group === undefined) return { records: [], response: 'GROUP_ID_NOT_FOUND' }
  if (group.state !== 'Empty') return { records: [], response: 'NON_EMPTY_GROUP' }
  const records = [...state.offsets.partitionsOf(groupId)].map(({ topic, partition }) =>
    offsetTombstone(groupId, topic, partition),
  )
  records.push(groupTombstone(groupId))
  return { records, response: 'NONE' }
}

/** The topics are gone, and so are offsets in them. */
export const forgetTopics = (state: GroupState, topics: ReadonlySet<string>): CoordinatorRecord[] => {
  const records: CoordinatorRecord[] = []
  for (const group of state.offsets.allGroups())
    for (const { topic, partition } of state.offsets.partitionsOf(group))
      if (topics.has(topic)) records.push(offsetTombstone(group, topic, partition))
  return records
}
