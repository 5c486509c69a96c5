/**
 * What the group coordinator is asked and what it answers: plain values. Errors are names; NONE is success.
 */

import type { ErrorName } from '../../protocol/errors.ts'

export interface MemberProtocol {
  readonly name: string
  readonly metadata: Buffer
}

export interface JoinRequest {
  readonly groupId: string
  /** Empty: a new member. */
  readonly memberId: string
  /** Null: a dynamic member. */
  readonly groupInstanceId: string | null
  readonly clientId: string
  /** As Java prints an address: `/127.0.0.1`. */
  readonly clientHost: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly protocolType: string
  /** In the member's order of preference. */
  readonly protocols: readonly MemberProtocol[]
  /** A new dynamic member is given its id first and joins with it (KIP-394, from v4). */
  readonly requiresMemberId: boolean
  /** A static leader that comes back may be told to skip the assignment (KIP-814, from v9). */
  readonly canSkipAssignment: boolean
}

export interface JoinedMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly metadata: Buffer
}

export interface JoinResult {
  readonly error: ErrorName
  /** -1 with an error. */
  readonly generationId: number
  readonly protocolType: string | null
  readonly protocolName: string | null
  /** Empty with an error. */
  readonly leader: string
  readonly skipAssignment: boolean
  readonly memberId: string
  /** For the leader alone. */
  readonly members: readonly JoinedMember[]
}

export interface SyncRequest {
  readonly groupId: string
  readonly generationId: number
  readonly memberId: string
  readonly groupInstanceId: string | null
  /** Null: not said (before v5). */
  readonly protocolType: string | null
  readonly protocolName: string | null
  /** From the leader alone. */
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[]
}

export interface SyncResult {
  readonly error: ErrorName
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly assignment: Buffer
}

export interface HeartbeatRequest {
  readonly groupId: string
  readonly generationId: number
  readonly memberId: string
  readonly groupInstanceId: string | null
}

export interface LeavingMember {
  /** Empty: an administrator removes the static member `groupInstanceId`. */
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly reason: string | null
}

export interface LeaveResult {
  /** For the whole request; the items are empty then. */
  readonly error: ErrorName
  readonly members: readonly {
    readonly memberId: string
    readonly groupInstanceId: string | null
    readonly error: ErrorName
  }[]
}

export type ClassicState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead'

interface DescribedMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  /** Empty unless the group is stable. */
  readonly metadata: Buffer
  readonly assignment: Buffer
}

export interface DescribedGroup {
  /** NONE, GROUP_ID_NOT_FOUND (the state is Dead), NOT_COORDINATOR, … */
  readonly error: ErrorName
  readonly message: string | null
  readonly groupId: string
  readonly state: ClassicState | ''
  readonly protocolType: string
  /** The chosen protocol; empty unless stable. */
  readonly protocol: string
  readonly members: readonly DescribedMember[]
}

export interface ListedGroup {
  readonly groupId: string
  readonly protocolType: string
  readonly state: ClassicState
  readonly type: 'classic'
}

export interface NamedGroupResult {
  readonly groupId: string
  readonly error: ErrorName
  readonly message: string | null
}

export interface OffsetToCommit {
  readonly topic: string
  /** The zero id when it is not known. */
  readonly topicId: string
  readonly partition: number
  readonly offset: number
  /** -1: unknown. */
  readonly leaderEpoch: number
  readonly metadata: string | null
  /** -1: now. */
  readonly commitTimestampMs: number
}

export interface CommitRequest {
  readonly groupId: string
  /** -1: not a member. */
  readonly generationId: number
  readonly memberId: string
  readonly groupInstanceId: string | null
  /** -1: the broker's retention. */
  readonly retentionTimeMs: number
  readonly offsets: readonly OffsetToCommit[]
}

/** One error for each of `CommitRequest.offsets`, in order. */
export type CommitResult = readonly ErrorName[]

export interface FetchedOffset {
  readonly topic: string
  readonly partition: number
  /** -1: none. */
  readonly offset: number
  readonly leaderEpoch: number
  readonly metadata: string
  /** NONE or UNSTABLE_OFFSET_COMMIT. */
  readonly error: ErrorName
}

export interface TopicPartitions {
  readonly topic: string
  readonly partitions: readonly number[]
}

/** One error for each partition asked for, in order. */
export interface DeleteOffsetsResult {
  readonly error: ErrorName
  readonly partitions: readonly {
    readonly topic: string
    readonly partition: number
    readonly error: ErrorName
  }[]
}
