/**
 * A consumer group (KIP-848) in `__consumer_offsets`: epochs, members, target and current assignments, each a
 * record of its own. A record without a value removes what its key names.
 */

import { data, NEVER } from '../schema/api.ts'
import { array, bytes, i8, i32, i64, string, struct, uuid } from '../schema/field.ts'
import { groupKey, memberKey, targetAssignmentMetadataValue } from './group-parts.ts'

/** ConsumerGroupMetadataKey: which group. */
export const ConsumerGroupMetadataKey = groupKey('ConsumerGroupMetadataKey', 3)

/** ConsumerGroupMetadataValue: the group epoch. */
export const ConsumerGroupMetadataValue = data({
  name: 'ConsumerGroupMetadataValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    epoch: i32,
    metadataHash: i64.tag(0, 0), // of the subscribed topics
  },
})

/** ConsumerGroupPartitionMetadataKey: which group. */
export const ConsumerGroupPartitionMetadataKey = groupKey('ConsumerGroupPartitionMetadataKey', 4)

const topic = {
  topicId: uuid,
  topicName: string,
  numPartitions: i32,
  partitionMetadata: array({ partition: i32, racks: array(string) }),
}

/**
 * ConsumerGroupPartitionMetadataValue: topics as the assignor saw them; since 4.1 a hash in the group's own
 * record stands for it.
 */
export const ConsumerGroupPartitionMetadataValue = data({
  name: 'ConsumerGroupPartitionMetadataValue',
  versions: [0, 0],
  flexible: 0,
  fields: { topics: array(topic) },
})

/** ConsumerGroupMemberMetadataKey: which member. */
export const ConsumerGroupMemberMetadataKey = memberKey('ConsumerGroupMemberMetadataKey', 5)

const classicMemberMetadata = {
  sessionTimeoutMs: i32,
  supportedProtocols: array({ name: string, metadata: bytes }),
}

/** ConsumerGroupMemberMetadataValue: what a member said of itself. */
export const ConsumerGroupMemberMetadataValue = data({
  name: 'ConsumerGroupMemberMetadataValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    instanceId: string.nullable(),
    rackId: string.nullable(),
    clientId: string,
    clientHost: string,
    subscribedTopicNames: array(string),
    subscribedTopicRegex: string.nullable(),
    rebalanceTimeoutMs: i32.default(-1),
    serverAssignor: string.nullable(),
    // set while the member speaks the classic protocol
    classicMemberMetadata: struct(classicMemberMetadata).nullable().tag(0, 0),
  },
})

/** ConsumerGroupTargetAssignmentMetadataKey: which group. */
export const ConsumerGroupTargetAssignmentMetadataKey = groupKey(
  'ConsumerGroupTargetAssignmentMetadataKey',
  6,
)

/**
 * ConsumerGroupTargetAssignmentMetadataValue: the epoch that the target assignment was computed for.
 */
export const ConsumerGroupTargetAssignmentMetadataValue = targetAssignmentMetadataValue(
  'ConsumerGroupTargetAssignmentMetadataValue',
)

/** ConsumerGroupTargetAssignmentMemberKey: which member. */
export const ConsumerGroupTargetAssignmentMemberKey = memberKey('ConsumerGroupTargetAssignmentMemberKey', 7)

/** ConsumerGroupTargetAssignmentMemberValue: what a member shall have. */
export const ConsumerGroupTargetAssignmentMemberValue = data({
  name: 'ConsumerGroupTargetAssignmentMemberValue',
  versions: [0, 0],
  flexible: 0,
  fields: { topicPartitions: array({ topicId: uuid, partitions: array(i32) }) },
})

/** ConsumerGroupCurrentMemberAssignmentKey: which member. */
export const ConsumerGroupCurrentMemberAssignmentKey = memberKey('ConsumerGroupCurrentMemberAssignmentKey', 8)

const topicPartitions = {
  topicId: uuid,
  partitions: array(i32),
  assignmentEpochs: array(i32).nullable().tag(0, 0),
}

/**
 * ConsumerGroupCurrentMemberAssignmentValue: what a member has, and what it still has to give back.
 */
export const ConsumerGroupCurrentMemberAssignmentValue = data({
  name: 'ConsumerGroupCurrentMemberAssignmentValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    memberEpoch: i32,
    previousMemberEpoch: i32,
    state: i8,
    assignedPartitions: array(topicPartitions),
    partitionsPendingRevocation: array(topicPartitions),
  },
})

/** ConsumerGroupRegularExpressionKey: which subscription by pattern. */
export const ConsumerGroupRegularExpressionKey = data({
  name: 'ConsumerGroupRegularExpressionKey',
  versions: [0, 0],
  flexible: NEVER,
  keyType: 16,
  fields: { groupId: string, regularExpression: string },
})

/** ConsumerGroupRegularExpressionValue: the topics that a pattern was resolved to. */
export const ConsumerGroupRegularExpressionValue = data({
  name: 'ConsumerGroupRegularExpressionValue',
  versions: [0, 0],
  flexible: 0,
  fields: { topics: array(string), version: i64, timestamp: i64 },
})
