import { api } from '../schema/api.ts'
import { array, bool, i16, i32, i64, string, uuid } from '../schema/field.ts'

const requestTopic = {
  name: string.in(8, 9).ignorable(),
  topicId: uuid.in(10).ignorable(),
  partitionIndexes: array(i32),
}

const requestGroup = {
  groupId: string,
  memberId: string.nullable().in(9).default(null).ignorable(),
  memberEpoch: i32.in(9).default(-1).ignorable(),
  topics: array(requestTopic).nullable(), // null: all
}

const responsePartitionBefore8 = {
  partitionIndex: i32,
  committedOffset: i64, // -1: none
  committedLeaderEpoch: i32.in(5).default(-1).ignorable(),
  metadata: string.nullable(),
  errorCode: i16,
}

const responsePartition = {
  partitionIndex: i32,
  committedOffset: i64, // -1: none
  committedLeaderEpoch: i32.default(-1).ignorable(),
  metadata: string.nullable(),
  errorCode: i16,
}

const responseTopic = {
  name: string.in(8, 9).ignorable(),
  topicId: uuid.in(10).ignorable(),
  partitions: array(responsePartition),
}

const responseGroup = { groupId: string, topics: array(responseTopic), errorCode: i16 }

/**
 * OffsetFetch: reads the offsets that groups have stored.
 *
 * Versions: v0 read them from ZooKeeper · v2 all topics, error for the whole group · v3 throttle time · v4
 * the client is told to wait only after its answer (KIP-219) · v5 leader epochs (KIP-320) · v6 flexible · v7
 * waits for open transactions (KIP-447) · v8 several groups at once (KIP-709) · v9 member id and epoch
 * (KIP-848) · v10 topic ids.
 */
export const OffsetFetch = api({
  key: 9,
  name: 'OffsetFetch',
  versions: [0, 10],
  flexible: 6,
  request: {
    groupId: string.in(0, 7),
    // null: all
    topics: array({ name: string, partitionIndexes: array(i32) })
      .nullable(2)
      .in(0, 7),
    groups: array(requestGroup).in(8),
    requireStable: bool.in(7),
  },
  response: {
    throttleTimeMs: i32.in(3).default(0).ignorable(),
    topics: array({ name: string, partitions: array(responsePartitionBefore8) }).in(0, 7),
    errorCode: i16.in(2, 7).ignorable(),
    groups: array(responseGroup).in(8),
  },
})
