/** Committed offsets in `__consumer_offsets`. A record without a value forgets the offset. */

import { data, NEVER } from '../schema/api.ts'
import { i32, i64, string, uuid } from '../schema/field.ts'

/** LegacyOffsetCommitKey: key type 0, of brokers before 0.9; the same layout as type 1. */
export const LegacyOffsetCommitKey = data({
  name: 'LegacyOffsetCommitKey',
  versions: [0, 0],
  flexible: NEVER,
  keyType: 0,
  fields: { group: string, topic: string, partition: i32 },
})

/** LegacyOffsetCommitValue: value that belongs to key type 0. */
export const LegacyOffsetCommitValue = data({
  name: 'LegacyOffsetCommitValue',
  versions: [0, 0],
  flexible: NEVER,
  fields: { offset: i64, metadata: string, commitTimestamp: i64 },
})

/** OffsetCommitKey: which group and partition. */
export const OffsetCommitKey = data({
  name: 'OffsetCommitKey',
  versions: [0, 0],
  flexible: NEVER,
  keyType: 1,
  fields: { group: string, topic: string, partition: i32 },
})

/**
 * OffsetCommitValue: a committed offset.
 *
 * Versions: v1 expiry of its own · v2 expiry from the group (KIP-211) · v3 leader epoch (KIP-320) · v4
 * flexible, topic id.
 */
export const OffsetCommitValue = data({
  name: 'OffsetCommitValue',
  versions: [0, 4],
  flexible: 4,
  fields: {
    offset: i64,
    leaderEpoch: i32.in(3).default(-1).ignorable(), // -1: unknown
    metadata: string,
    commitTimestamp: i64,
    expireTimestamp: i64.in(1, 1).default(-1n).ignorable(),
    topicId: uuid.tag(0, 4).ignorable(),
  },
})
