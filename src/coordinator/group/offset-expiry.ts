/**
 * Offsets that nobody has used for offsets.retention.minutes go, and with the last one the group (KIP-211).
 */

import type { CoordinatorRecord } from '../record-log.ts'
import type { ClassicGroup } from './classic-group.ts'
import { groupTombstone, offsetTombstone, type StoredOffset } from './group-records.ts'
import type { GroupState } from './group-state.ts'

/**
 * Tombstones for what has expired. Source: OffsetMetadataManager.cleanupExpiredOffsets,
 * GroupMetadataManager.maybeDeleteGroup.
 */
export const expireOffsets = (state: GroupState, nowMs: number): CoordinatorRecord[] => {
  const records: CoordinatorRecord[] = []
  for (const group of state.groups.values()) {
    const allExpired = expireOffsetsOf(state, group, nowMs, records)
    const isUnused = group.state === 'Empty' && group.pendingJoin.size === 0
    if (allExpired && isUnused) records.push(groupTombstone(group.groupId))
  }
  return records
}

const expireOffsetsOf = (
  state: GroupState,
  group: ClassicGroup,
  nowMs: number,
  records: CoordinatorRecord[],
): boolean => {
  const { groupId } = group
  const isOpen = state.offsets.hasOpenTransactions(groupId)
  const topics = state.offsets.topicsOf(groupId)
  if (topics.size === 0) return !isOpen
  const unusedSince = unusedSinceOf(group)
  if (unusedSince === null) return false
  const { offsetsRetentionMs } = state.settings()
  let allExpired = true
  for (const [topic, partitions] of topics)
    for (const [partition, stored] of partitions) {
      const isExpired =
        stored.expireTimestampMs === -1
          ? nowMs - unusedSince(stored) >= offsetsRetentionMs
          : nowMs >= stored.expireTimestampMs
      const isUsed = group.isSubscribedTo(topic) || state.offsets.isUnstable(groupId, topic, partition)
      if (isExpired && !isUsed) records.push(offsetTombstone(groupId, topic, partition))
      else allExpired = false
    }
  return allExpired && !isOpen
}

/**
 * Since when an offset counts as unused; null: never. An empty group: since it became empty. A simple group,
 * or topics that a stable consumer group no longer subscribes to: since the commit.
 */
const unusedSinceOf = (group: ClassicGroup): ((stored: StoredOffset) => number) | null => {
  const sinceCommit = (stored: StoredOffset): number => stored.commitTimestampMs
  if (group.protocolType === null) return sinceCommit
  if (group.state === 'Empty')
    return group.stateChangedAtMs === -1 ? sinceCommit : () => group.stateChangedAtMs
  const isReadable = group.isConsumerGroup && group.subscribedTopics !== null
  return isReadable && group.state === 'Stable' ? sinceCommit : null
}
