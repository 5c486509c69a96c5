import { api } from '../schema/api.ts'
import { bytes, i16, i32, i64 } from '../schema/field.ts'

/**
 * ExpireDelegationToken: lets a delegation token expire, now or later (KIP-48).
 *
 * Versions: v1 the client is told to wait only after its answer (KIP-219) · v2 flexible.
 */
export const ExpireDelegationToken = api({
  key: 40,
  name: 'ExpireDelegationToken',
  versions: [0, 2],
  flexible: 2,
  request: { hmac: bytes, expiryTimePeriodMs: i64 },
  response: {
    errorCode: i16,
    expiryTimestampMs: i64,
    throttleTimeMs: i32.default(0),
  },
})
