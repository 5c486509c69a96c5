/**
 * The rebalance of a classic group: gather the members, begin a generation, wait for the leader's assignment.
 * Every step that may come to its end later sets a timer of the shard. Source: GroupMetadataManager.
 */

import type { ErrorName } from '../../protocol/errors.ts'
import { type ClassicGroup, joinFailed } from './classic-group.ts'
import type { ClassicMember } from './classic-member.ts'
import { type Effects, NO_EFFECTS, store, unasked } from './effects.ts'
import { groupMetadataRecord } from './group-records.ts'
import type { GroupState } from './group-state.ts'
import type { SyncResult } from './types.ts'

const NOTHING = Buffer.alloc(0)

/**
 * A new generation is given at least this long to ask for its assignment. Clients may send a rebalance
 * timeout of 0; Kafka's timer thread then races with their next request, and here the timer would always win.
 */
const SYNC_TIMEOUT_MIN_MS = 100

/** Timer keys: the group id comes last, so that no id can look like another key. */
export const sessionKey = (groupId: string, memberId: string): string =>
  `session ${memberId.length} ${memberId} ${groupId}`
const joinKey = (groupId: string): string => `join ${groupId}`
export const syncKey = (groupId: string): string => `sync ${groupId}`

export const syncFailed = (error: ErrorName): SyncResult => ({
  error,
  protocolType: null,
  protocolName: null,
  assignment: NOTHING,
})

/** The member has shown that it is alive. */
export const renewSession = (
  state: GroupState,
  group: ClassicGroup,
  member: ClassicMember,
  timeoutMs = member.sessionTimeoutMs,
): void => watchMember(state, group.groupId, member.memberId, timeoutMs)

/** Drops the member, or the id that was given to one, unless it shows up in time. */
export const watchMember = (state: GroupState, groupId: string, memberId: string, timeoutMs: number): void =>
  state.shard.setTimer(sessionKey(groupId, memberId), timeoutMs, (_, nowMs) =>
    unasked(expireMember(state, groupId, memberId, nowMs)),
  )

const expireMember = (state: GroupState, groupId: string, memberId: string, nowMs: number): Effects => {
  const group = state.groups.get(groupId)
  if (group === undefined) return NO_EFFECTS
  if (group.pendingJoin.has(memberId)) {
    group.remove(memberId)
    return completeJoinIfReady(state, group, nowMs)
  }
  const member = group.members.get(memberId)
  if (member === undefined || member.isExcusedFromHeartbeats) return NO_EFFECTS
  state.env.log.debug('a member missed its session timeout', { group: groupId, member: memberId })
  dropMember(state, group, member)
  return rebalanceAfterLeave(state, group, nowMs)
}

/** Takes a member out; what it waits for is answered with UNKNOWN_MEMBER_ID. */
export const dropMember = (state: GroupState, group: ClassicGroup, member: ClassicMember): void => {
  state.shard.cancelTimer(sessionKey(group.groupId, member.memberId))
  group.settleJoin(member, joinFailed('UNKNOWN_MEMBER_ID'))
  group.settleSync(member, syncFailed('UNKNOWN_MEMBER_ID'))
  group.remove(member.memberId)
}

export const rebalanceAfterLeave = (state: GroupState, group: ClassicGroup, nowMs: number): Effects => {
  switch (group.state) {
    case 'Stable':
    case 'CompletingRebalance':
      return prepareRebalance(state, group, nowMs)
    case 'PreparingRebalance':
      return completeJoinIfReady(state, group, nowMs)
    default:
      return NO_EFFECTS
  }
}

/** Somebody joined or changed: rebalance, or go on with the rebalance that is under way. */
export const rebalance = (state: GroupState, group: ClassicGroup, nowMs: number): Effects =>
  group.canRebalance ? prepareRebalance(state, group, nowMs) : completeJoinIfReady(state, group, nowMs)

/** Begins a rebalance: everybody has to join again. */
export const prepareRebalance = (state: GroupState, group: ClassicGroup, nowMs: number): Effects => {
  if (group.state === 'CompletingRebalance') failAssignment(state, group, 'REBALANCE_IN_PROGRESS')
  state.shard.cancelTimer(syncKey(group.groupId))
  const isFirst = group.state === 'Empty'
  group.transitionTo('PreparingRebalance', nowMs)
  if (!isFirst) return completeJoinOrWait(state, group, nowMs)
  const delayMs = state.settings().initialRebalanceDelayMs
  group.newMemberAdded = false
  return waitForFirstMembers(state, group, delayMs, Math.max(group.rebalanceTimeoutMs - delayMs, 0), nowMs)
}

/** The first rebalance of a group gives more members time to come (group.initial.rebalance.delay.ms). */
const waitForFirstMembers = (
  state: GroupState,
  group: ClassicGroup,
  delayMs: number,
  remainingMs: number,
  nowMs: number,
): Effects => {
  if (delayMs <= 0) return completeJoin(state, group, nowMs)
  state.shard.setTimer(joinKey(group.groupId), delayMs, (_, thenMs) => {
    if (!group.newMemberAdded || remainingMs === 0) return unasked(completeJoin(state, group, thenMs))
    group.newMemberAdded = false
    const nextDelayMs = Math.min(state.settings().initialRebalanceDelayMs, remainingMs)
    const leftMs = Math.max(remainingMs - delayMs, 0)
    return unasked(waitForFirstMembers(state, group, nextDelayMs, leftMs, thenMs))
  })
  return NO_EFFECTS
}

const completeJoinOrWait = (state: GroupState, group: ClassicGroup, nowMs: number): Effects => {
  if (group.hasEveryoneJoined) return completeJoin(state, group, nowMs)
  waitForJoins(state, group)
  return NO_EFFECTS
}

const waitForJoins = (state: GroupState, group: ClassicGroup): void =>
  state.shard.setTimer(joinKey(group.groupId), group.rebalanceTimeoutMs, (_, nowMs) =>
    unasked(completeJoin(state, group, nowMs)),
  )

/** The first rebalance of a group is not ended by this: it ends when its delay is over. */
export const completeJoinIfReady = (state: GroupState, group: ClassicGroup, nowMs: number): Effects =>
  group.state === 'PreparingRebalance' && group.previousState !== 'Empty' && group.hasEveryoneJoined
    ? completeJoin(state, group, nowMs)
    : NO_EFFECTS

/**
 * Begins the generation with those who have joined. Static members that have not stay: their instances may
 * return.
 */
const completeJoin = (state: GroupState, group: ClassicGroup, nowMs: number): Effects => {
  state.shard.cancelTimer(joinKey(group.groupId))
  if (group.state !== 'PreparingRebalance') return NO_EFFECTS
  for (const member of [...group.members.values()])
    if (member.awaitingJoin === null && !member.isStatic) dropMember(state, group, member)
  if (!group.electLeaderAmongJoined() && group.members.size > 0) {
    // Nobody joined but static members are left: wait until somebody does, or their sessions end.
    waitForJoins(state, group)
    return NO_EFFECTS
  }
  group.beginGeneration(nowMs)
  if (group.members.size === 0) return storeEmptyGroup(state, group)
  for (const member of group.members.values()) {
    group.settleJoin(member, group.joinResult(member.memberId))
    renewSession(state, group, member)
    member.isNew = false
    group.pendingSync.add(member.memberId)
  }
  const { generationId } = group
  const syncTimeoutMs = Math.max(group.rebalanceTimeoutMs, SYNC_TIMEOUT_MIN_MS)
  state.shard.setTimer(syncKey(group.groupId), syncTimeoutMs, (_, thenMs) =>
    unasked(expireSync(state, group, generationId, thenMs)),
  )
  return NO_EFFECTS
}

/**
 * If it cannot be stored the generation before comes back on load, without members: that is safe, so a
 * warning is enough.
 */
const storeEmptyGroup = (state: GroupState, group: ClassicGroup): Effects => ({
  ...store(groupMetadataRecord(group, new Map())),
  whenCommitted: (error) => {
    if (error !== null)
      state.env.log.warn('an empty group could not be stored', { group: group.groupId, error })
  },
})

/** Members that took the generation but never asked for their assignment are gone. */
const expireSync = (state: GroupState, group: ClassicGroup, generationId: number, nowMs: number): Effects => {
  if (generationId !== group.generationId || group.pendingSync.size === 0) return NO_EFFECTS
  if (group.state !== 'CompletingRebalance' && group.state !== 'Stable') return NO_EFFECTS
  for (const memberId of [...group.pendingSync]) {
    const member = group.members.get(memberId)
    if (member !== undefined) dropMember(state, group, member)
  }
  return prepareRebalance(state, group, nowMs)
}

/** Gives each member its assignment; the group is stable. */
export const distribute = (
  state: GroupState,
  group: ClassicGroup,
  assignments: ReadonlyMap<string, Buffer>,
  nowMs: number,
): void => {
  group.transitionTo('Stable', nowMs)
  for (const member of group.members.values()) {
    member.assignment = assignments.get(member.memberId) ?? NOTHING
    const answered = group.settleSync(member, {
      error: 'NONE',
      protocolType: group.protocolType,
      protocolName: group.protocolName,
      assignment: member.assignment,
    })
    // While it waited its session could not end; it begins anew.
    if (answered) renewSession(state, group, member)
  }
}

/** There will be no assignment in this generation. */
export const failAssignment = (state: GroupState, group: ClassicGroup, error: ErrorName): void => {
  for (const member of group.members.values()) {
    member.assignment = NOTHING
    if (group.settleSync(member, syncFailed(error))) renewSession(state, group, member)
  }
}
