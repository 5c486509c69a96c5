import { api } from '../schema/api.ts'
import { array, bytes, i16, i32, string } from '../schema/field.ts'

/**
 * SyncGroup: the leader of a classic group hands out assignments, every member gets its own.
 *
 * Versions: v1 throttle time · v2 the client is told to wait only after its answer (KIP-219) · v3 static
 * members (KIP-345) · v4 flexible · v5 protocol type and name (KIP-559).
 */
export const SyncGroup = api({
  key: 14,
  name: 'SyncGroup',
  versions: [0, 5],
  flexible: 4,
  request: {
    groupId: string,
    generationId: i32,
    memberId: string,
    groupInstanceId: string.nullable().in(3).default(null),
    protocolType: string.nullable().in(5).default(null).ignorable(),
    protocolName: string.nullable().in(5).default(null).ignorable(),
    assignments: array({ memberId: string, assignment: bytes }), // from the leader alone
  },
  response: {
    throttleTimeMs: i32.in(1).default(0).ignorable(),
    errorCode: i16,
    protocolType: string.nullable().in(5).default(null).ignorable(),
    protocolName: string.nullable().in(5).default(null).ignorable(),
    assignment: bytes,
  },
})
