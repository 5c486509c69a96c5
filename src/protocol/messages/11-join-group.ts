import { api } from '../schema/api.ts'
import { array, bool, bytes, i16, i32, string } from '../schema/field.ts'

const member = {
  memberId: string,
  groupInstanceId: string.nullable().in(5).default(null).ignorable(),
  metadata: bytes,
}

/**
 * JoinGroup: enters a classic group, or its next generation; the answer comes when the rebalance has gathered
 * everybody.
 *
 * Versions: v1 rebalance timeout (KIP-62) · v2 throttle time · v3 the client is told to wait only after its
 * answer (KIP-219) · v4 a new member is given its id first (KIP-394) · v5 static members (KIP-345) · v6
 * flexible · v7 protocol type and nullable protocol name (KIP-559) · v8 reason (KIP-800) · v9 a leader may be
 * told to skip assignment (KIP-814).
 */
export const JoinGroup = api({
  key: 11,
  name: 'JoinGroup',
  versions: [0, 9],
  flexible: 6,
  request: {
    groupId: string,
    sessionTimeoutMs: i32,
    rebalanceTimeoutMs: i32.in(1).default(-1).ignorable(), // v0 uses the session timeout for both
    memberId: string, // empty: a new member
    groupInstanceId: string.nullable().in(5).default(null),
    protocolType: string,
    protocols: array({ name: string, metadata: bytes }), // in the member's order of preference
    reason: string.nullable().in(8).default(null).ignorable(),
  },
  response: {
    throttleTimeMs: i32.in(2).default(0).ignorable(),
    errorCode: i16,
    generationId: i32.default(-1),
    protocolType: string.nullable().in(7).default(null).ignorable(),
    protocolName: string.nullable(7), // null from v7 when there is no generation
    leader: string,
    skipAssignment: bool.in(9),
    memberId: string,
    members: array(member), // for the leader alone
  },
})
