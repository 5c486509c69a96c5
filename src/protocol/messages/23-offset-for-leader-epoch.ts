import { api } from '../schema/api.ts'
import { array, i16, i32, i64, string } from '../schema/field.ts'

const requestPartition = {
  partition: i32,
  currentLeaderEpoch: i32.in(2).default(-1).ignorable(),
  leaderEpoch: i32,
}

const responsePartition = {
  errorCode: i16,
  partition: i32,
  leaderEpoch: i32.in(1).default(-1).ignorable(),
  endOffset: i64.default(-1n), // -1: the epoch is unknown
}

/**
 * OffsetForLeaderEpoch: where a leader epoch ended: followers and consumers find out whether they diverge
 * (KIP-101).
 *
 * Versions: v1 the epoch that the offset belongs to (KIP-279) · v2 leader epoch fencing (KIP-320), throttle
 * time · v3 consumers may ask (KIP-392) · v4 flexible.
 */
export const OffsetForLeaderEpoch = api({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  versions: [0, 4],
  flexible: 4,
  request: {
    replicaId: i32.in(3).default(-2).ignorable(), // -1: a consumer, -2: a debugging tool
    topics: array({ topic: string, partitions: array(requestPartition) }),
  },
  response: {
    throttleTimeMs: i32.in(2).default(0).ignorable(),
    topics: array({ topic: string, partitions: array(responsePartition) }),
  },
})
