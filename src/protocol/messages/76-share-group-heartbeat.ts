import { api } from '../schema/api.ts'
import { array, i16, i32, string, struct, uuid } from '../schema/field.ts'

const assignment = { topicPartitions: array({ topicId: uuid, partitions: array(i32) }) }

/**
 * ShareGroupHeartbeat: one request to join, stay in and leave a share group (KIP-932).
 *
 * Versions: v0 early access.
 */
export const ShareGroupHeartbeat = api({
  key: 76,
  name: 'ShareGroupHeartbeat',
  versions: [0, 1],
  flexible: 0,
  request: {
    groupId: string,
    memberId: string,
    memberEpoch: i32, // 0: joins, -1: leaves
    rackId: string.nullable().default(null),
    subscribedTopicNames: array(string).nullable().default(null),
  },
  response: {
    throttleTimeMs: i32.default(0),
    errorCode: i16,
    errorMessage: string.nullable().default(null),
    memberId: string.nullable().default(null),
    memberEpoch: i32,
    heartbeatIntervalMs: i32,
    assignment: struct(assignment).nullable().default(null), // null: as before
  },
})
