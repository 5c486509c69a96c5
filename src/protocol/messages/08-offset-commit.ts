import { api } from '../schema/api.ts'
import { array, i16, i32, i64, string, uuid } from '../schema/field.ts'

const partition = {
  partitionIndex: i32,
  committedOffset: i64,
  commitTimestamp: i64.in(1, 1).default(-1n), // in this one version
  committedLeaderEpoch: i32.in(6).default(-1).ignorable(),
  committedMetadata: string.nullable(),
}

const requestTopic = {
  name: string.in(0, 9).ignorable(),
  topicId: uuid.in(10).ignorable(),
  partitions: array(partition),
}

const responseTopic = {
  name: string.in(0, 9).ignorable(),
  topicId: uuid.in(10).ignorable(),
  partitions: array({ partitionIndex: i32, errorCode: i16 }),
}

/**
 * OffsetCommit: stores the offsets that a group has consumed to.
 *
 * Versions: v0 kept them in ZooKeeper · v1 generation and member · v2 retention time instead of a timestamp
 * per partition · v3 throttle time · v4 the client is told to wait only after its answer (KIP-219) · v5
 * retention is the broker's alone (KIP-211) · v6 leader epochs (KIP-320) · v7 static members (KIP-345) · v8
 * flexible · v9 member epochs of the new consumer groups (KIP-848) · v10 topic ids.
 */
export const OffsetCommit = api({
  key: 8,
  name: 'OffsetCommit',
  versions: [0, 10],
  flexible: 8,
  request: {
    groupId: string,
    generationIdOrMemberEpoch: i32.in(1).default(-1).ignorable(), // -1: no member, a plain commit
    memberId: string.in(1).ignorable(),
    retentionTimeMs: i64.in(2, 4).default(-1n).ignorable(),
    groupInstanceId: string.nullable().in(7).default(null),
    topics: array(requestTopic),
  },
  response: {
    throttleTimeMs: i32.in(3).default(0).ignorable(),
    topics: array(responseTopic),
  },
})
