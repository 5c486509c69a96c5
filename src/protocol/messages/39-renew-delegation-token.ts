import { api } from '../schema/api.ts'
import { bytes, i16, i32, i64 } from '../schema/field.ts'

/**
 * RenewDelegationToken: prolongs a delegation token (KIP-48).
 *
 * Versions: v1 the client is told to wait only after its answer (KIP-219) · v2 flexible.
 */
export const RenewDelegationToken = api({
  key: 39,
  name: 'RenewDelegationToken',
  versions: [0, 2],
  flexible: 2,
  request: { hmac: bytes, renewPeriodMs: i64 },
  response: {
    errorCode: i16,
    expiryTimestampMs: i64,
    throttleTimeMs: i32.default(0),
  },
})
