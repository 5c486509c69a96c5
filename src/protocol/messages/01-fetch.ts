import { MAX_INT32, MAX_INT64 } from '../constants.ts'
import { api } from '../schema/api.ts'
import { array, i8, i16, i32, i64, records, string, struct, uuid } from '../schema/field.ts'

const replicaState = { replicaId: i32.default(-1), replicaEpoch: i64.default(-1n) }

const requestPartition = {
  partition: i32,
  currentLeaderEpoch: i32.in(9).default(-1).ignorable(), // -1: the reader does not check
  fetchOffset: i64,
  lastFetchedEpoch: i32.in(12).default(-1),
  logStartOffset: i64.in(5).default(-1n).ignorable(),
  partitionMaxBytes: i32,
  replicaDirectoryId: uuid.tag(0, 17).ignorable(),
  highWatermark: i64.tag(1, 18).default(MAX_INT64).ignorable(),
}

const requestTopic = {
  topic: string.in(0, 12).ignorable(),
  topicId: uuid.in(13).ignorable(),
  partitions: array(requestPartition),
}

const forgottenTopic = {
  topic: string.in(7, 12).ignorable(),
  topicId: uuid.in(13).ignorable(),
  partitions: array(i32),
}

const responsePartition = {
  partitionIndex: i32,
  errorCode: i16,
  highWatermark: i64, // -1: unknown
  lastStableOffset: i64.in(4).default(-1n).ignorable(),
  logStartOffset: i64.in(5).default(-1n).ignorable(),
  divergingEpoch: struct({ epoch: i32.default(-1), endOffset: i64.default(-1n) }).tag(0, 12),
  currentLeader: struct({ leaderId: i32.default(-1), leaderEpoch: i32.default(-1) }).tag(1, 12),
  snapshotId: struct({ endOffset: i64.default(-1n), epoch: i32.default(-1) }).tag(2, 12),
  // null unless read_committed
  abortedTransactions: array({ producerId: i64, firstOffset: i64 }).nullable().in(4).ignorable(),
  preferredReadReplica: i32.in(11).default(-1), // -1: go on with the leader
  records: records.nullable(),
}

const responseTopic = {
  topic: string.in(0, 12).ignorable(),
  topicId: uuid.in(13).ignorable(),
  partitions: array(responsePartition),
}

const nodeEndpoint = {
  nodeId: i32,
  host: string,
  port: i32,
  rack: string.nullable().default(null),
}

/**
 * Fetch: reads record batches, for consumers and for followers.
 *
 * Versions: v1 throttle time · v2 message format 1 (KIP-32) · v3 limit for the whole response (KIP-74) · v4
 * isolation level, message format 2 (KIP-98) · v5 log start offset (KIP-107) · v6 KAFKA_STORAGE_ERROR
 * (KIP-112) · v7 sessions (KIP-227) · v8 the client is told to wait only after its answer (KIP-219) · v9
 * leader epoch fencing (KIP-320) · v10 zstd (KIP-110) · v11 reading from the nearest replica (KIP-392) · v12
 * flexible, diverging epochs (KIP-595) · v13 topic ids (KIP-516) · v14 OFFSET_MOVED_TO_TIERED_STORAGE
 * (KIP-405) · v15 replica epoch (KIP-903) · v16 addresses of new leaders (KIP-951) · v17 directory ids
 * (KIP-853) · v18 the follower tells its high watermark (KIP-1166).
 */
export const Fetch = api({
  key: 1,
  name: 'Fetch',
  versions: [0, 18],
  flexible: 12,
  request: {
    clusterId: string.nullable().tag(0, 12).default(null).ignorable(),
    replicaId: i32.in(0, 14).default(-1), // -1: a consumer
    replicaState: struct(replicaState).tag(1, 15),
    maxWaitMs: i32,
    minBytes: i32,
    // exceeded only by the first batch, so that a reader always gets on
    maxBytes: i32.in(3).default(MAX_INT32).ignorable(),
    isolationLevel: i8.in(4).ignorable(), // 0: read_uncommitted, 1: read_committed
    sessionId: i32.in(7).ignorable(), // 0: none
    sessionEpoch: i32.in(7).default(-1).ignorable(), // -1: no session, 0: a new one
    topics: array(requestTopic),
    forgottenTopicsData: array(forgottenTopic).in(7),
    rackId: string.in(11).ignorable(),
  },
  response: {
    throttleTimeMs: i32.in(1).default(0).ignorable(),
    errorCode: i16.in(7).ignorable(),
    sessionId: i32.in(7),
    responses: array(responseTopic),
    nodeEndpoints: array(nodeEndpoint).tag(0, 16),
  },
})
