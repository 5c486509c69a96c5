/** SyncGroup, Heartbeat and LeaveGroup of a classic group. Source: GroupMetadataManager. */

import type { ErrorName } from '../../protocol/errors.ts'
import { assert } from '../../runtime/assert.ts'
import { Answer } from '../runtime-answer.ts'
import type { Outcome } from '../shard.ts'
import type { ClassicGroup } from './classic-group.ts'
import {
  distribute,
  dropMember,
  failAssignment,
  rebalance,
  rebalanceAfterLeave,
  renewSession,
  sessionKey,
  syncFailed,
  syncKey,
} from './classic-rebalance.ts'
import { NO_EFFECTS, outcomeOf } from './effects.ts'
import { groupMetadataRecord } from './group-records.ts'
import type { GroupState } from './group-state.ts'
import type { HeartbeatRequest, LeaveResult, LeavingMember, SyncRequest, SyncResult } from './types.ts'

export const syncClassicGroup = (
  state: GroupState,
  request: SyncRequest,
  nowMs: number,
): Outcome<SyncResult> => {
  const group = state.groups.get(request.groupId)
  const error = group === undefined ? 'UNKNOWN_MEMBER_ID' : syncError(group, request)
  if (group === undefined || error !== 'NONE') return { records: [], response: syncFailed(error) }
  const member = group.members.get(request.memberId)
  assert(member !== undefined, 'a valid member is a member')
  group.pendingSync.delete(request.memberId)
  if (group.pendingSync.size === 0) state.shard.cancelTimer(syncKey(group.groupId))
  const answer = new Answer<SyncResult>()
  if (group.state === 'Stable') {
    renewSession(state, group, member)
    const { protocolType, protocolName } = group
    answer.settle({ error: 'NONE', protocolType, protocolName, assignment: member.assignment })
    return outcomeOf(NO_EFFECTS, answer)
  }
  // The same client asks again on a new connection: the old one must not stay parked.
  group.settleSync(member, syncFailed('REBALANCE_IN_PROGRESS'))
  member.awaitingSync = answer
  return group.isLeader(member.memberId)
    ? storeAssignment(state, group, request, answer, nowMs)
    : outcomeOf(NO_EFFECTS, answer)
}

const syncError = (group: ClassicGroup, request: SyncRequest): ErrorName => {
  const error = group.validateMember(request.memberId, request.groupInstanceId)
  if (error !== 'NONE') return error
  if (request.generationId !== group.generationId) return 'ILLEGAL_GENERATION'
  const { protocolType, protocolName } = request
  if (protocolType !== null && protocolType !== group.protocolType) return 'INCONSISTENT_GROUP_PROTOCOL'
  if (protocolName !== null && protocolName !== group.protocolName) return 'INCONSISTENT_GROUP_PROTOCOL'
  return group.state === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE'
}

/**
 * The group is stable once the assignment is committed; a member that joins before that begins a new
 * rebalance.
 */
const storeAssignment = (
  state: GroupState,
  group: ClassicGroup,
  request: SyncRequest,
  answer: Answer<SyncResult>,
  nowMs: number,
): Outcome<SyncResult> => {
  const assignments = new Map(
    request.assignments.map(({ memberId, assignment }) => [memberId, assignment] as const),
  )
  return {
    records: [groupMetadataRecord(group, assignments)],
    response: answer,
    held: true,
    whenCommitted: (error) => {
      if (group.state !== 'CompletingRebalance' || request.generationId !== group.generationId) return
      if (error === null) return distribute(state, group, assignments, nowMs)
      failAssignment(state, group, error)
      state.continue((thenMs) => rebalance(state, group, thenMs))
    },
  }
}

export const heartbeatClassicGroup = (state: GroupState, request: HeartbeatRequest): ErrorName => {
  const group = state.groups.get(request.groupId)
  if (group === undefined) return 'UNKNOWN_MEMBER_ID'
  const error = group.validateMember(request.memberId, request.groupInstanceId)
  if (error !== 'NONE') return error
  if (request.generationId !== group.generationId) return 'ILLEGAL_GENERATION'
  const member = group.members.get(request.memberId)
  assert(member !== undefined, 'a valid member is a member')
  renewSession(state, group, member)
  return group.state === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE'
}

export const leaveClassicGroup = (
  state: GroupState,
  groupId: string,
  leaving: readonly LeavingMember[],
  nowMs: number,
): Outcome<LeaveResult> => {
  const group = state.groups.get(groupId)
  const members = leaving.map((each) => ({
    memberId: each.memberId,
    groupInstanceId: each.groupInstanceId,
    error: group === undefined ? ('UNKNOWN_MEMBER_ID' as const) : leave(state, group, each),
  }))
  const someLeft = members.some(({ error }) => error === 'NONE')
  const effects = group !== undefined && someLeft ? rebalanceAfterLeave(state, group, nowMs) : NO_EFFECTS
  return outcomeOf<LeaveResult>(effects, { error: 'NONE', members })
}

const leave = (state: GroupState, group: ClassicGroup, leaving: LeavingMember): ErrorName => {
  const { groupInstanceId } = leaving
  const instanceHolder = groupInstanceId === null ? undefined : group.memberIdOf(groupInstanceId)
  // Without a member id an administrator removes whoever holds the instance id.
  const memberId = leaving.memberId === '' ? instanceHolder : leaving.memberId
  if (memberId === undefined) return 'UNKNOWN_MEMBER_ID'
  if (group.pendingJoin.has(memberId)) {
    group.remove(memberId)
    state.shard.cancelTimer(sessionKey(group.groupId, memberId))
    return 'NONE'
  }
  const error = group.validateMember(memberId, groupInstanceId)
  const member = group.members.get(memberId)
  if (error !== 'NONE' || member === undefined) return error
  state.env.log.debug('a member leaves', { group: group.groupId, member: memberId, reason: leaving.reason })
  dropMember(state, group, member)
  return 'NONE'
}
