import { api } from '../schema/api.ts'
import { array, i16, i32, string, struct, uuid } from '../schema/field.ts'

const topicPartitions = { topicId: uuid, partitions: array(i32) }

/**
 * ConsumerGroupHeartbeat: one request to join, stay in and leave a consumer group whose assignment the broker
 * computes (KIP-848).
 *
 * Versions: v1 subscription by regular expression, the client makes its member id (KIP-1082).
 */
export const ConsumerGroupHeartbeat = api({
  key: 68,
  name: 'ConsumerGroupHeartbeat',
  versions: [0, 1],
  flexible: 0,
  request: {
    groupId: string,
    memberId: string,
    memberEpoch: i32, // 0: joins, -1: leaves, -2: leaves for a while (static member)
    instanceId: string.nullable().default(null),
    rackId: string.nullable().default(null),
    rebalanceTimeoutMs: i32.default(-1),
    // null: as before, like every nullable field here
    subscribedTopicNames: array(string).nullable().default(null),
    subscribedTopicRegex: string.nullable().in(1).default(null),
    serverAssignor: string.nullable().default(null),
    topicPartitions: array(topicPartitions).nullable().default(null),
  },
  response: {
    throttleTimeMs: i32.default(0),
    errorCode: i16,
    errorMessage: string.nullable().default(null),
    memberId: string.nullable().default(null),
    memberEpoch: i32,
    heartbeatIntervalMs: i32,
    // null: as before
    assignment: struct({ topicPartitions: array(topicPartitions) })
      .nullable()
      .default(null),
  },
})
