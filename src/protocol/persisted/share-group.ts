/**
 * A share group (KIP-932) in `__consumer_offsets`. Where it reads is kept by the share coordinator:
 * share-state.ts.
 */

import { data, NEVER } from '../schema/api.ts'
import { array, i8, i32, i64, string, uuid } from '../schema/field.ts'

/** ShareGroupMetadataKey: which group. */
export const ShareGroupMetadataKey = data({
  name: 'ShareGroupMetadataKey',
  versions: [0, 0],
  flexible: NEVER,
  keyType: 11,
  fields: { groupId: string },
})

/** ShareGroupMetadataValue: the group epoch. */
export const ShareGroupMetadataValue = data({
  name: 'ShareGroupMetadataValue',
  versions: [0, 0],
  flexible: 0,
  fields: { epoch: i32, metadataHash: i64 },
})

/** ShareGroupMemberMetadataKey: which member. */
export const ShareGroupMemberMetadataKey = data({
  name: 'ShareGroupMemberMetadataKey',
  versions: [0, 0],
  flexible: NEVER,
  keyType: 10,
  fields: { groupId: string, memberId: string },
})

/** ShareGroupMemberMetadataValue: what a member said of itself. */
export const ShareGroupMemberMetadataValue = data({
  name: 'ShareGroupMemberMetadataValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    rackId: string.nullable(),
    clientId: string,
    clientHost: string,
    subscribedTopicNames: array(string),
  },
})

/** ShareGroupTargetAssignmentMetadataKey: which group. */
export const ShareGroupTargetAssignmentMetadataKey = data({
  name: 'ShareGroupTargetAssignmentMetadataKey',
  versions: [0, 0],
  flexible: NEVER,
  keyType: 12,
  fields: { groupId: string },
})

/** ShareGroupTargetAssignmentMetadataValue: the epoch that the target assignment was computed for. */
export const ShareGroupTargetAssignmentMetadataValue = data({
  name: 'ShareGroupTargetAssignmentMetadataValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    assignmentEpoch: i32,
    assignmentTimestamp: i64.tag(0, 0).ignorable(),
  },
})

/** ShareGroupTargetAssignmentMemberKey: which member. */
export const ShareGroupTargetAssignmentMemberKey = data({
  name: 'ShareGroupTargetAssignmentMemberKey',
  versions: [0, 0],
  flexible: NEVER,
  keyType: 13,
  fields: { groupId: string, memberId: string },
})

const topicPartitions = { topicId: uuid, partitions: array(i32) }

/** ShareGroupTargetAssignmentMemberValue: what a member shall have. */
export const ShareGroupTargetAssignmentMemberValue = data({
  name: 'ShareGroupTargetAssignmentMemberValue',
  versions: [0, 0],
  flexible: 0,
  fields: { topicPartitions: array(topicPartitions) },
})

/** ShareGroupCurrentMemberAssignmentKey: which member. */
export const ShareGroupCurrentMemberAssignmentKey = data({
  name: 'ShareGroupCurrentMemberAssignmentKey',
  versions: [0, 0],
  flexible: NEVER,
  keyType: 14,
  fields: { groupId: string, memberId: string },
})

/** ShareGroupCurrentMemberAssignmentValue: what a member has. */
export const ShareGroupCurrentMemberAssignmentValue = data({
  name: 'ShareGroupCurrentMemberAssignmentValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    memberEpoch: i32,
    previousMemberEpoch: i32,
    state: i8,
    assignedPartitions: array(topicPartitions),
  },
})

/** ShareGroupStatePartitionMetadataKey: which group. */
export const ShareGroupStatePartitionMetadataKey = data({
  name: 'ShareGroupStatePartitionMetadataKey',
  versions: [0, 0],
  flexible: NEVER,
  keyType: 15,
  fields: { groupId: string },
})

const statePartitionMetadataTopicPartitions = { topicId: uuid, topicName: string, partitions: array(i32) }

/** ShareGroupStatePartitionMetadataValue: for which partitions the share coordinator keeps state. */
export const ShareGroupStatePartitionMetadataValue = data({
  name: 'ShareGroupStatePartitionMetadataValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    initializingTopics: array(statePartitionMetadataTopicPartitions),
    initializedTopics: array(statePartitionMetadataTopicPartitions),
    deletingTopics: array({ topicId: uuid, topicName: string }),
  },
})
