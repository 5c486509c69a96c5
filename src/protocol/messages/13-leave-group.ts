import { api } from '../schema/api.ts'
import { array, i16, i32, string } from '../schema/field.ts'

const requestMember = {
  memberId: string,
  groupInstanceId: string.nullable().default(null),
  reason: string.nullable().in(5).default(null).ignorable(),
}

const responseMember = {
  memberId: string,
  groupInstanceId: string.nullable(),
  errorCode: i16,
}

/**
 * LeaveGroup: takes members out of a classic group.
 *
 * Versions: v1 throttle time · v2 the client is told to wait only after its answer (KIP-219) · v3 several
 * members, static ones too (KIP-345) · v4 flexible · v5 reason (KIP-800).
 */
export const LeaveGroup = api({
  key: 13,
  name: 'LeaveGroup',
  versions: [0, 5],
  flexible: 4,
  request: {
    groupId: string,
    memberId: string.in(0, 2), // from v3 in members
    members: array(requestMember).in(3),
  },
  response: {
    throttleTimeMs: i32.in(1).default(0).ignorable(),
    errorCode: i16,
    members: array(responseMember).in(3),
  },
})
