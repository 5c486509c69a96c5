import { OPERATIONS_NOT_REQUESTED } from '../constants.ts'
import { api } from '../schema/api.ts'
import { array, bool, bytes, i16, i32, string } from '../schema/field.ts'

const member = {
  memberId: string,
  groupInstanceId: string.nullable().in(4).default(null).ignorable(),
  clientId: string,
  clientHost: string,
  memberMetadata: bytes,
  memberAssignment: bytes,
}

const group = {
  errorCode: i16,
  errorMessage: string.nullable().in(6).default(null),
  groupId: string,
  groupState: string, // e.g. Stable, Empty, Dead
  protocolType: string,
  protocolData: string,
  members: array(member),
  authorizedOperations: i32.in(3).default(OPERATIONS_NOT_REQUESTED),
}

/**
 * DescribeGroups: state and members of classic groups.
 *
 * Versions: v1 throttle time · v2 the client is told to wait only after its answer (KIP-219) · v3 authorized
 * operations (KIP-430) · v4 static members (KIP-345) · v5 flexible · v6 error messages, GROUP_ID_NOT_FOUND
 * (KIP-1043).
 */
export const DescribeGroups = api({
  key: 15,
  name: 'DescribeGroups',
  versions: [0, 6],
  flexible: 5,
  request: { groups: array(string), includeAuthorizedOperations: bool.in(3) },
  response: {
    throttleTimeMs: i32.in(1).default(0).ignorable(),
    groups: array(group),
  },
})
