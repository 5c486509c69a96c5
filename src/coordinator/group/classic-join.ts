/** JoinGroup of a classic group. Source: GroupMetadataManager.classicGroupJoin and what it calls. */

import { assert } from '../../runtime/assert.ts'
import { Answer } from '../runtime-answer.ts'
import type { Outcome } from '../shard.ts'
import { ClassicGroup, joinFailed } from './classic-group.ts'
import { ClassicMember } from './classic-member.ts'
import {
  completeJoinIfReady,
  dropMember,
  prepareRebalance,
  rebalance,
  renewSession,
  sessionKey,
  syncFailed,
  watchMember,
} from './classic-rebalance.ts'
import { type Effects, NO_EFFECTS, outcomeOf, store } from './effects.ts'
import { groupMetadataRecord, newGroupRecord } from './group-records.ts'
import type { GroupState } from './group-state.ts'
import { NEW_MEMBER_JOIN_TIMEOUT_MS } from './settings.ts'
import type { JoinRequest, JoinResult } from './types.ts'

export const joinClassicGroup = (
  state: GroupState,
  request: JoinRequest,
  nowMs: number,
): Outcome<JoinResult> => {
  const { groupId, memberId } = request
  const isNewMember = memberId === ''
  let group = state.groups.get(groupId)
  const isNewGroup = group === undefined
  if (group === undefined) {
    if (!isNewMember) return refused(joinFailed('UNKNOWN_MEMBER_ID', memberId))
    group = new ClassicGroup(groupId, nowMs)
    state.groups.set(groupId, group)
  }
  const answer = new Answer<JoinResult>()
  const effects = join(state, group, request, answer, nowMs)
  // A group is stored as soon as it is there: a broker that restarts must list it.
  const mustStore = isNewGroup && effects.records.length === 0
  return outcomeOf(mustStore ? store(newGroupRecord(group)) : effects, answer)
}

const refused = (result: JoinResult): Outcome<JoinResult> => ({ records: [], response: result })

const join = (
  state: GroupState,
  group: ClassicGroup,
  request: JoinRequest,
  answer: Answer<JoinResult>,
  nowMs: number,
): Effects => {
  const { memberId } = request
  if (!hasRoomFor(group, memberId, state.settings().maxSize)) {
    const member = group.members.get(memberId)
    state.shard.cancelTimer(sessionKey(group.groupId, memberId))
    if (member !== undefined) dropMember(state, group, member)
    else group.remove(memberId)
    return refuse(answer, joinFailed('GROUP_MAX_SIZE_REACHED'))
  }
  return memberId === ''
    ? joinAsNewMember(state, group, request, answer, nowMs)
    : joinAgain(state, group, request, answer, nowMs)
}

const refuse = (answer: Answer<JoinResult>, result: JoinResult): Effects => {
  answer.settle(result)
  return NO_EFFECTS
}

/**
 * During a rebalance those who have joined count, not those who are known: the members that join last are the
 * ones that find no room when the limit was lowered.
 */
const hasRoomFor = (group: ClassicGroup, memberId: string, maxSize: number): boolean => {
  switch (group.state) {
    case 'PreparingRebalance':
      return group.members.get(memberId)?.awaitingJoin != null || group.awaitingJoinCount < maxSize
    case 'CompletingRebalance':
    case 'Stable':
      return group.members.has(memberId) || group.members.size < maxSize
    default:
      return true
  }
}

const joinAsNewMember = (
  state: GroupState,
  group: ClassicGroup,
  request: JoinRequest,
  answer: Answer<JoinResult>,
  nowMs: number,
): Effects => {
  if (!group.supports(request.protocolType, request.protocols))
    return refuse(answer, joinFailed('INCONSISTENT_GROUP_PROTOCOL'))
  const { groupInstanceId } = request
  const memberId = `${groupInstanceId ?? request.clientId}-${state.newUuid()}`
  if (groupInstanceId !== null) {
    const oldMemberId = group.memberIdOf(groupInstanceId)
    return oldMemberId === undefined
      ? addMember(state, group, request, memberId, answer, nowMs)
      : replaceStaticMember(state, group, request, oldMemberId, memberId, answer, nowMs)
  }
  if (!request.requiresMemberId) return addMember(state, group, request, memberId, answer, nowMs)
  group.pendingJoin.add(memberId)
  watchMember(state, group.groupId, memberId, request.sessionTimeoutMs)
  return refuse(answer, joinFailed('MEMBER_ID_REQUIRED', memberId))
}

const joinAgain = (
  state: GroupState,
  group: ClassicGroup,
  request: JoinRequest,
  answer: Answer<JoinResult>,
  nowMs: number,
): Effects => {
  const { memberId, groupInstanceId } = request
  if (!group.supports(request.protocolType, request.protocols))
    return refuse(answer, joinFailed('INCONSISTENT_GROUP_PROTOCOL', memberId))
  if (group.pendingJoin.has(memberId)) {
    // Only dynamic members are given their id first: who comes with an instance id took somebody else's.
    if (groupInstanceId !== null) return refuse(answer, joinFailed('UNKNOWN_MEMBER_ID', memberId))
    return addMember(state, group, request, memberId, answer, nowMs)
  }
  const error = group.validateMember(memberId, groupInstanceId)
  if (error !== 'NONE') return refuse(answer, joinFailed(error, memberId))
  const member = group.members.get(memberId)
  assert(member !== undefined, 'a valid member is a member')
  const changed = !member.matches(request.protocols)
  switch (group.state) {
    case 'CompletingRebalance':
      // It may have missed the answer to its first JoinGroup: it gets the same again.
      if (!changed) return refuse(answer, group.joinResult(memberId))
      break
    case 'Stable':
      // The leader asks for a rebalance this way: it alone sees topics change.
      if (!changed && !group.isLeader(memberId)) return refuse(answer, group.joinResult(memberId))
      break
    case 'PreparingRebalance':
      break
    default:
      return refuse(answer, joinFailed('UNKNOWN_MEMBER_ID', memberId))
  }
  group.update(member, request)
  group.parkJoin(member, answer)
  return rebalance(state, group, nowMs)
}

const addMember = (
  state: GroupState,
  group: ClassicGroup,
  request: JoinRequest,
  memberId: string,
  answer: Answer<JoinResult>,
  nowMs: number,
): Effects => {
  const member = new ClassicMember({ ...request, memberId })
  member.isNew = true
  if (group.state === 'PreparingRebalance' && group.previousState === 'Empty') group.newMemberAdded = true
  group.add(member, request.protocolType)
  group.parkJoin(member, answer)
  renewSession(state, group, member, NEW_MEMBER_JOIN_TIMEOUT_MS)
  return rebalance(state, group, nowMs)
}

/**
 * A static member is back without its id: it gets a new one, and whoever still uses the old one is fenced
 * (KIP-345).
 */
const replaceStaticMember = (
  state: GroupState,
  group: ClassicGroup,
  request: JoinRequest,
  oldMemberId: string,
  memberId: string,
  answer: Answer<JoinResult>,
  nowMs: number,
): Effects => {
  const { groupInstanceId } = request
  const old = group.members.get(oldMemberId)
  assert(groupInstanceId !== null && old !== undefined, 'a static member is replaced')
  const leaderBefore = group.leaderId ?? ''
  group.settleJoin(old, joinFailed('FENCED_INSTANCE_ID', oldMemberId))
  group.settleSync(old, syncFailed('FENCED_INSTANCE_ID'))
  state.shard.cancelTimer(sessionKey(group.groupId, oldMemberId))
  const member = group.replaceStatic(groupInstanceId, oldMemberId, memberId)
  const wasPendingSync = group.pendingSync.delete(oldMemberId)
  if (wasPendingSync) group.pendingSync.add(memberId)
  const before = {
    protocols: member.protocols,
    rebalanceTimeoutMs: member.rebalanceTimeoutMs,
    sessionTimeoutMs: member.sessionTimeoutMs,
  }
  group.update(member, request)
  renewSession(state, group, member)
  if (group.state === 'Stable' && group.protocolName === group.selectProtocol()) {
    const assignments = new Map([...group.members.values()].map((each) => [each.memberId, each.assignment]))
    return {
      ...store(groupMetadataRecord(group, assignments)),
      whenCommitted: (error) => {
        if (error !== null) {
          group.update(member, before)
          renewSession(state, group, group.replaceStatic(groupInstanceId, memberId, oldMemberId))
          answer.settle(joinFailed(error))
        } else answer.settle(returned(group, memberId, leaderBefore, request.canSkipAssignment))
      },
    }
  }
  group.parkJoin(member, answer)
  if (group.state === 'PreparingRebalance') return completeJoinIfReady(state, group, nowMs)
  return prepareRebalance(state, group, nowMs)
}

/**
 * What a static member gets that came back to a stable group. A leader must not assign: its SyncGroup would
 * not be passed on. From v9 it is told so (KIP-814); before, it is told the leader of before, which it is
 * not.
 */
const returned = (
  group: ClassicGroup,
  memberId: string,
  leaderBefore: string,
  canSkipAssignment: boolean,
): JoinResult =>
  canSkipAssignment
    ? group.joinResult(memberId, group.isLeader(memberId))
    : { ...group.joinResult(memberId), leader: leaderBefore, members: [] }
