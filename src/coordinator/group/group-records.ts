/**
 * The records of classic groups and offsets in `__consumer_offsets`, in Kafka's own format. Source:
 * GroupCoordinatorRecordHelpers.
 */

import { GroupMetadataKey, GroupMetadataValue } from '../../protocol/persisted/classic-group.ts'
import { OffsetCommitKey, OffsetCommitValue } from '../../protocol/persisted/offset-commit.ts'
import { encodePrefixed } from '../../protocol/prefixed.ts'
import type { CoordinatorRecord } from '../record-log.ts'
import type { ClassicGroup } from './classic-group.ts'

/** What is stored of a committed offset. Times are ms since the epoch. */
export interface StoredOffset {
  readonly offset: number
  /** -1: unknown. */
  readonly leaderEpoch: number
  readonly metadata: string
  readonly commitTimestampMs: number
  /** -1: the broker's retention holds. */
  readonly expireTimestampMs: number
  /** The zero id when it is not known. */
  readonly topicId: string
  /** Where its record lies in the log. */
  readonly recordOffset: number
}

/**
 * v3 as brokers write it since 2.1, so that tools of every age read it; an expiry of its own exists in v1
 * alone. A topic id would need v4, which brokers before 4.1 do not read.
 */
export const offsetCommitRecord = (
  group: string,
  topic: string,
  partition: number,
  stored: Omit<StoredOffset, 'recordOffset' | 'topicId'>,
): CoordinatorRecord => ({
  key: encodePrefixed(OffsetCommitKey, 0, { group, topic, partition }),
  value: encodePrefixed(OffsetCommitValue, stored.expireTimestampMs === -1 ? 3 : 1, {
    offset: BigInt(stored.offset),
    leaderEpoch: stored.leaderEpoch,
    metadata: stored.metadata,
    commitTimestamp: BigInt(stored.commitTimestampMs),
    expireTimestamp: BigInt(stored.expireTimestampMs),
  }),
})

export const offsetTombstone = (group: string, topic: string, partition: number): CoordinatorRecord => ({
  key: encodePrefixed(OffsetCommitKey, 0, { group, topic, partition }),
  value: null,
})

/** `assignments`: by member id; a member that is not in it has none. */
export const groupMetadataRecord = (
  group: ClassicGroup,
  assignments: ReadonlyMap<string, Buffer>,
): CoordinatorRecord => ({
  key: encodePrefixed(GroupMetadataKey, 0, { group: group.groupId }),
  value: encodePrefixed(GroupMetadataValue, 3, {
    protocolType: group.protocolType ?? '',
    generation: group.generationId,
    protocol: group.protocolName,
    leader: group.leaderId,
    currentStateTimestamp: BigInt(group.stateChangedAtMs),
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeout: member.rebalanceTimeoutMs,
      sessionTimeout: member.sessionTimeoutMs,
      subscription: member.metadataOf(group.protocolName),
      assignment: assignments.get(member.memberId) ?? Buffer.alloc(0),
    })),
  }),
})

/** A group that just came to be: generation 0, nobody in it. */
export const newGroupRecord = (group: ClassicGroup): CoordinatorRecord => ({
  key: encodePrefixed(GroupMetadataKey, 0, { group: group.groupId }),
  value: encodePrefixed(GroupMetadataValue, 3, {
    protocolType: '',
    generation: 0,
    protocol: null,
    leader: null,
    currentStateTimestamp: BigInt(group.stateChangedAtMs),
    members: [],
  }),
})

export const groupTombstone = (group: string): CoordinatorRecord => ({
  key: encodePrefixed(GroupMetadataKey, 0, { group }),
  value: null,
})
