import { OPERATIONS_NOT_REQUESTED } from '../../protocol/constants.ts'
import { DescribeGroups } from '../../protocol/messages/15-describe-groups.ts'
import { handler } from '../handler.ts'
import { errorCodeOf } from '../wire.ts'

const NOT_FOUND_SINCE = 6

/** READ, DELETE, DESCRIBE, DESCRIBE_CONFIGS and ALTER_CONFIGS as a bit field (KIP-430). */
const ALL_GROUP_OPERATIONS = (1 << 3) | (1 << 6) | (1 << 8) | (1 << 10) | (1 << 11)

/**
 * DescribeGroups, versions 0 to 6: state and members of classic groups.
 *
 * Errors, of each group: NOT_COORDINATOR, COORDINATOR_NOT_AVAILABLE, GROUP_ID_NOT_FOUND (from v6; before, an
 * unknown group is Dead and without error).
 *
 * Differs from Kafka: nothing known.
 */
export const describeGroups = handler(DescribeGroups, {
  handle(request, { broker, apiVersion }) {
    const groups = broker.groups.describeGroups(request.groups).map((group) => {
      const isHidden = group.error === 'GROUP_ID_NOT_FOUND' && apiVersion < NOT_FOUND_SINCE
      const error = isHidden ? 'NONE' : group.error
      return {
        errorCode: errorCodeOf(error),
        errorMessage: apiVersion < NOT_FOUND_SINCE ? null : group.message,
        groupId: group.groupId,
        groupState: group.state,
        protocolType: group.protocolType,
        protocolData: group.protocol,
        members: group.members.map((member) => ({
          memberId: member.memberId,
          groupInstanceId: member.groupInstanceId,
          clientId: member.clientId,
          clientHost: member.clientHost,
          memberMetadata: member.metadata,
          memberAssignment: member.assignment,
        })),
        authorizedOperations:
          request.includeAuthorizedOperations && error === 'NONE'
            ? ALL_GROUP_OPERATIONS
            : OPERATIONS_NOT_REQUESTED,
      }
    })
    return { groups }
  },

  refuse: (request, { code }) => ({
    groups: request.groups.map((groupId) => ({
      errorCode: errorCodeOf(code),
      groupId,
      groupState: '',
      protocolType: '',
      protocolData: '',
      members: [],
    })),
  }),
})
