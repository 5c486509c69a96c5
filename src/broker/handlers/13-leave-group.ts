import type { LeaveResult } from '../../coordinator/group/types.ts'
import { LeaveGroup } from '../../protocol/messages/13-leave-group.ts'
import { handler } from '../handler.ts'
import { errorCodeOf } from '../wire.ts'

const SEVERAL_MEMBERS_SINCE = 3

/**
 * LeaveGroup, versions 0 to 5: takes members out of a group; by instance id alone, an administrator removes
 * static ones.
 *
 * Errors: INVALID_GROUP_ID, NOT_COORDINATOR. Of each member (before v3: of the request): UNKNOWN_MEMBER_ID
 * (also for an unknown group), FENCED_INSTANCE_ID.
 *
 * Differs from Kafka: nothing known.
 */
export const leaveGroup = handler(LeaveGroup, {
  handle(request, { broker, apiVersion }) {
    const members =
      apiVersion >= SEVERAL_MEMBERS_SINCE
        ? request.members
        : [{ memberId: request.memberId, groupInstanceId: null, reason: null }]
    const left = broker.groups.leaveGroup(request.groupId, members)
    return left instanceof Promise
      ? left.then((result) => answer(result, apiVersion))
      : answer(left, apiVersion)
  },

  refuse: (_request, { code }) => ({ errorCode: errorCodeOf(code), members: [] }),
})

const answer = ({ error, members }: LeaveResult, apiVersion: number) => {
  if (apiVersion < SEVERAL_MEMBERS_SINCE) {
    const single = error === 'NONE' ? (members[0]?.error ?? 'NONE') : error
    return { errorCode: errorCodeOf(single), members: [] }
  }
  return {
    errorCode: errorCodeOf(error),
    members: members.map(({ memberId, groupInstanceId, error: memberError }) => ({
      memberId,
      groupInstanceId,
      errorCode: errorCodeOf(memberError),
    })),
  }
}
