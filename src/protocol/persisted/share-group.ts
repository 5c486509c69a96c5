/**
 * A share group (KIP-932) in `__consumer_offsets`. Where it reads is kept by the share coordinator:
 * share-state.ts.
 */

import { data } from '../schema/api.ts'
import { array, i8, i32, i64, string, uuid } from '../schema/field.ts'
import { groupKey, memberKey, targetAssignmentMetadataValue } from './group-parts.ts'

/** ShareGroupMetadataKey: which group. */
export const ShareGroupMetadataKey = groupKey('ShareGroupMetadataKey', 11)

/** ShareGroupMetadataValue: the group epoch. */
export const ShareGroupMetadataValue = data({
  name: 'ShareGroupMetadataValue',
  versions: [0, 0],
  flexible: 0,
  fields: { epoch: i32, metadataHash: i64 },
})

/** ShareGroupMemberMetadataKey: which member. */
export const ShareGroupMemberMetadataKey = memberKey('ShareGroupMemberMetadataKey', 10)

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
export const ShareGroupTargetAssignmentMetadataKey = groupKey('ShareGroupTargetAssignmentMetadataKey', 12)

/** ShareGroupTargetAssignmentMetadataValue: the epoch that the target assignment was computed for. */
export const ShareGroupTargetAssignmentMetadataValue = targetAssignmentMetadataValue(
  'ShareGroupTargetAssignmentMetadataValue',
)

/** ShareGroupTargetAssignmentMemberKey: which member. */
export const ShareGroupTargetAssignmentMemberKey = memberKey('ShareGroupTargetAssignmentMemberKey', 13)

const topicPartitions = { topicId: uuid, partitions: array(i32) }

/** ShareGroupTargetAssignmentMemberValue: what a member shall have. */
export const ShareGroupTargetAssignmentMemberValue = data({
  name: 'ShareGroupTargetAssignmentMemberValue',
  versions: [0, 0],
  flexible: 0,
  fields: { topicPartitions: array(topicPartitions) },
})

/** ShareGroupCurrentMemberAssignmentKey: which member. */
export const ShareGroupCurrentMemberAssignmentKey = memberKey('ShareGroupCurrentMemberAssignmentKey', 14)

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
export const ShareGroupStatePartitionMetadataKey = groupKey('ShareGroupStatePartitionMetadataKey', 15)

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
