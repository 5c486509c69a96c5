import { MAX_INT32 } from '../constants.ts'
import { api } from '../schema/api.ts'
import { array, bool, i8, i16, i32, i64, records, string, struct, uuid } from '../schema/field.ts'

const acknowledgementBatch = {
  firstOffset: i64,
  lastOffset: i64,
  // 0: gap, 1: accept, 2: release, 3: reject, 4: renew; one for all or one per offset
  acknowledgeTypes: array(i8),
}

const requestPartition = {
  partitionIndex: i32,
  partitionMaxBytes: i32.in(0, 0),
  acknowledgementBatches: array(acknowledgementBatch),
}

const responsePartition = {
  partitionIndex: i32,
  errorCode: i16,
  errorMessage: string.nullable().default(null),
  acknowledgeErrorCode: i16,
  acknowledgeErrorMessage: string.nullable().default(null),
  currentLeader: struct({ leaderId: i32, leaderEpoch: i32 }),
  records: records.nullable(0, 0), // null in v0 alone, empty afterwards
  acquiredRecords: array({ firstOffset: i64, lastOffset: i64, deliveryCount: i16 }),
}

const nodeEndpoint = {
  nodeId: i32,
  host: string,
  port: i32,
  rack: string.nullable().default(null),
}

/**
 * ShareFetch: acquires records for a member of a share group, and acknowledges earlier ones (KIP-932).
 *
 * Versions: v0 early access · v1 limits by records · v2 strict limits, renewal of acquisition locks.
 */
export const ShareFetch = api({
  key: 78,
  name: 'ShareFetch',
  versions: [0, 2],
  flexible: 0,
  request: {
    groupId: string.nullable().default(null),
    memberId: string.nullable(),
    shareSessionEpoch: i32, // 0: a new session, -1: the last one
    maxWaitMs: i32,
    minBytes: i32,
    maxBytes: i32.default(MAX_INT32),
    maxRecords: i32.in(1),
    batchSize: i32.in(1),
    shareAcquireMode: i8.in(2).ignorable(),
    isRenewAck: bool.in(2),
    topics: array({ topicId: uuid, partitions: array(requestPartition) }),
    forgottenTopicsData: array({ topicId: uuid, partitions: array(i32) }),
  },
  response: {
    throttleTimeMs: i32.default(0),
    errorCode: i16,
    errorMessage: string.nullable().default(null),
    acquisitionLockTimeoutMs: i32.in(1),
    responses: array({ topicId: uuid, partitions: array(responsePartition) }),
    nodeEndpoints: array(nodeEndpoint),
  },
})
