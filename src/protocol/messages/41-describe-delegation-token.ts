import { api } from '../schema/api.ts'
import { array, bytes, i16, i32, i64, string } from '../schema/field.ts'

const owner = { principalType: string, principalName: string }

const token = {
  principalType: string,
  principalName: string,
  tokenRequesterPrincipalType: string.in(3),
  tokenRequesterPrincipalName: string.in(3),
  issueTimestamp: i64,
  expiryTimestamp: i64,
  maxTimestamp: i64,
  tokenId: string,
  hmac: bytes,
  renewers: array(owner),
}

/**
 * DescribeDelegationToken: the delegation tokens that the caller may see (KIP-48).
 *
 * Versions: v1 the client is told to wait only after its answer (KIP-219) · v2 flexible · v3 who asked for a
 * token (KIP-373).
 */
export const DescribeDelegationToken = api({
  key: 41,
  name: 'DescribeDelegationToken',
  versions: [0, 3],
  flexible: 2,
  request: {
    owners: array(owner).nullable(), // null: all
  },
  response: {
    errorCode: i16,
    tokens: array(token),
    throttleTimeMs: i32.default(0),
  },
})
