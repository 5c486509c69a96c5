import { api } from '../schema/api.ts'
import { array, bytes, i16, i32, i64, string } from '../schema/field.ts'

/**
 * CreateDelegationToken: makes a delegation token (KIP-48).
 *
 * Versions: v1 the client is told to wait only after its answer (KIP-219) · v2 flexible · v3 for another
 * owner (KIP-373).
 */
export const CreateDelegationToken = api({
  key: 38,
  name: 'CreateDelegationToken',
  versions: [0, 3],
  flexible: 2,
  request: {
    ownerPrincipalType: string.nullable().in(3), // null: the caller
    ownerPrincipalName: string.nullable().in(3),
    renewers: array({ principalType: string, principalName: string }),
    maxLifetimeMs: i64, // -1: the broker's limit
  },
  response: {
    errorCode: i16,
    principalType: string,
    principalName: string,
    tokenRequesterPrincipalType: string.in(3),
    tokenRequesterPrincipalName: string.in(3),
    issueTimestampMs: i64,
    expiryTimestampMs: i64,
    maxTimestampMs: i64,
    tokenId: string,
    hmac: bytes,
    throttleTimeMs: i32.default(0),
  },
})
