import { api } from '../schema/api.ts'
import { array, i8, i16, i32, i64, string } from '../schema/field.ts'

const requestPartition = {
  partitionIndex: i32,
  currentLeaderEpoch: i32.in(4).default(-1).ignorable(),
  timestamp: i64, // ms, or a special one
  maxNumOffsets: i32.in(0, 0).default(1),
}

const responsePartition = {
  partitionIndex: i32,
  errorCode: i16,
  oldStyleOffsets: array(i64).in(0, 0),
  timestamp: i64.in(1).default(-1n),
  offset: i64.in(1).default(-1n),
  leaderEpoch: i32.in(4).default(-1),
}

/**
 * ListOffsets: offsets by timestamp, and the special ones: -1 latest, -2 earliest, -3 of the largest
 * timestamp (v7, KIP-734), -4 earliest local (v8, KIP-405), -5 latest tiered (v9, KIP-1005), -6 earliest that
 * waits for upload (v11, KIP-1023).
 *
 * Versions: v1 one offset and its timestamp instead of a list of segment offsets (KIP-79) · v2 isolation
 * level (KIP-98), throttle time · v3 the client is told to wait only after its answer (KIP-219) · v4 leader
 * epochs (KIP-320) · v5 OFFSET_NOT_AVAILABLE (KIP-207) · v6 flexible · v10 timeout for remote storage
 * (KIP-1075).
 */
export const ListOffsets = api({
  key: 2,
  name: 'ListOffsets',
  versions: [0, 11],
  flexible: 6,
  request: {
    replicaId: i32, // -1: a consumer, -2: a debugging tool
    isolationLevel: i8.in(2),
    topics: array({ name: string, partitions: array(requestPartition) }),
    timeoutMs: i32.in(10).ignorable(),
  },
  response: {
    throttleTimeMs: i32.in(2).default(0).ignorable(),
    topics: array({ name: string, partitions: array(responsePartition) }),
  },
})
