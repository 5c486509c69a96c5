/** DescribeGroups and ListGroups. Source: GroupMetadataManager, ClassicGroup.describe. */

import type { GroupState } from './group-state.ts'
import type { DescribedGroup, ListedGroup } from './types.ts'

const NOTHING = Buffer.alloc(0)

/** Metadata and protocol are told of a stable group alone: before, they are not agreed upon. */
export const describeGroup = (state: GroupState, groupId: string): DescribedGroup => {
  const group = state.groups.get(groupId)
  if (group === undefined)
    return {
      error: 'GROUP_ID_NOT_FOUND',
      message: `Group ${groupId} not found.`,
      groupId,
      state: 'Dead',
      protocolType: '',
      protocol: '',
      members: [],
    }
  const isStable = group.state === 'Stable'
  return {
    error: 'NONE',
    message: null,
    groupId,
    state: group.state,
    protocolType: group.protocolType ?? '',
    protocol: isStable ? (group.protocolName ?? '') : '',
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      metadata: isStable ? member.metadataOf(group.protocolName) : NOTHING,
      assignment: member.assignment,
    })),
  }
}

export const listGroups = (
  state: GroupState,
  filters: { readonly states: readonly string[]; readonly types: readonly string[] },
): ListedGroup[] => {
  const states = new Set(filters.states.map((name) => name.toLowerCase()))
  const types = new Set(filters.types.map((name) => name.toLowerCase()))
  if (types.size > 0 && !types.has('classic')) return []
  const listed: ListedGroup[] = []
  for (const group of state.groups.values()) {
    if (states.size > 0 && !states.has(group.state.toLowerCase())) continue
    const { groupId, protocolType } = group
    listed.push({ groupId, protocolType: protocolType ?? '', state: group.state, type: 'classic' })
  }
  return listed
}
