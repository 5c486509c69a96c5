import { api } from '../schema/api.ts'
import { i16, i32, string } from '../schema/field.ts'

/**
 * Heartbeat: keeps a member of a classic group alive and tells it of a rebalance.
 *
 * Versions: v1 throttle time · v2 the client is told to wait only after its answer (KIP-219) · v3 static
 * members (KIP-345) · v4 flexible.
 */
export const Heartbeat = api({
  key: 12,
  name: 'Heartbeat',
  versions: [0, 4],
  flexible: 4,
  request: {
    groupId: string,
    generationId: i32,
    memberId: string,
    groupInstanceId: string.nullable().in(3).default(null),
  },
  response: { throttleTimeMs: i32.in(1).default(0).ignorable(), errorCode: i16 },
})
