/** A classic group in `__consumer_offsets`: one record per generation. */

import { data, NEVER } from '../schema/api.ts'
import { array, bytes, i32, i64, string } from '../schema/field.ts'

/** GroupMetadataKey: which group. */
export const GroupMetadataKey = data({
  name: 'GroupMetadataKey',
  versions: [0, 0],
  flexible: NEVER,
  keyType: 2,
  fields: { group: string },
})

const member = {
  memberId: string,
  groupInstanceId: string.nullable().in(3).default(null).ignorable(),
  clientId: string,
  clientHost: string,
  rebalanceTimeout: i32.in(1).default(-1).ignorable(), // ms
  sessionTimeout: i32, // ms
  subscription: bytes,
  assignment: bytes,
}

/**
 * GroupMetadataValue: generation, members and their assignments. An empty group has no protocol and no
 * leader.
 *
 * Versions: v1 rebalance timeout (KIP-62) · v2 when the state changed · v3 static members (KIP-345) · v4
 * flexible.
 */
export const GroupMetadataValue = data({
  name: 'GroupMetadataValue',
  versions: [0, 4],
  flexible: 4,
  fields: {
    protocolType: string,
    generation: i32,
    protocol: string.nullable(),
    leader: string.nullable(),
    currentStateTimestamp: i64.in(2).default(-1n).ignorable(),
    members: array(member),
  },
})
