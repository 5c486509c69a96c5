import { api } from '../schema/api.ts'
import { array, bool, i8, i16, i32, i64, string, struct, uuid } from '../schema/field.ts'

const acknowledgementBatch = {
  firstOffset: i64,
  lastOffset: i64,
  // 0: gap, 1: accept, 2: release, 3: reject, 4: renew; one for all or one per offset
  acknowledgeTypes: array(i8),
}

const requestPartition = {
  partitionIndex: i32,
  acknowledgementBatches: array(acknowledgementBatch),
}

const responsePartition = {
  partitionIndex: i32,
  errorCode: i16,
  errorMessage: string.nullable().default(null),
  currentLeader: struct({ leaderId: i32, leaderEpoch: i32 }),
}

const nodeEndpoint = {
  nodeId: i32,
  host: string,
  port: i32,
  rack: string.nullable().default(null),
}

/**
 * ShareAcknowledge: acknowledges records that a member of a share group has acquired (KIP-932).
 *
 * Versions: v0 early access · v2 renewal of acquisition locks.
 */
export const ShareAcknowledge = api({
  key: 79,
  name: 'ShareAcknowledge',
  versions: [0, 2],
  flexible: 0,
  request: {
    groupId: string.nullable().default(null),
    memberId: string.nullable(),
    shareSessionEpoch: i32, // -1: the last one of a session
    isRenewAck: bool.in(2),
    topics: array({ topicId: uuid, partitions: array(requestPartition) }),
  },
  response: {
    throttleTimeMs: i32.default(0),
    errorCode: i16,
    errorMessage: string.nullable().default(null),
    acquisitionLockTimeoutMs: i32.in(2).ignorable(),
    responses: array({ topicId: uuid, partitions: array(responsePartition) }),
    nodeEndpoints: array(nodeEndpoint),
  },
})
