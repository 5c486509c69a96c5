/** A streams group (KIP-1071) in `__consumer_offsets`. */

import { data } from '../schema/api.ts'
import { array, i8, i16, i32, i64, string, struct, u16 } from '../schema/field.ts'
import { groupKey, memberKey, targetAssignmentMetadataValue } from './group-parts.ts'

/** StreamsGroupMetadataKey: which group. */
export const StreamsGroupMetadataKey = groupKey('StreamsGroupMetadataKey', 17)

/** StreamsGroupMetadataValue: the group epoch, and which topology was looked at. */
export const StreamsGroupMetadataValue = data({
  name: 'StreamsGroupMetadataValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    epoch: i32,
    metadataHash: i64,
    validatedTopologyEpoch: i32.tag(0, 0).default(-1),
    storedDescriptionTopologyEpoch: i32.tag(2, 0).default(-1),
    failedDescriptionTopologyEpoch: i32.tag(3, 0).default(-1),
  },
})

/** StreamsGroupMemberMetadataKey: which member. */
export const StreamsGroupMemberMetadataKey = memberKey('StreamsGroupMemberMetadataKey', 19)

/** StreamsGroupMemberMetadataValue: what a member said of itself. */
export const StreamsGroupMemberMetadataValue = data({
  name: 'StreamsGroupMemberMetadataValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    instanceId: string.nullable(),
    rackId: string.nullable(),
    clientId: string,
    clientHost: string,
    rebalanceTimeoutMs: i32.default(-1),
    topologyEpoch: i32,
    processId: string,
    userEndpoint: struct({ host: string, port: u16 }).nullable().default(null),
    clientTags: array({ key: string, value: string }),
  },
})

/** StreamsGroupTargetAssignmentMetadataKey: which group. */
export const StreamsGroupTargetAssignmentMetadataKey = groupKey('StreamsGroupTargetAssignmentMetadataKey', 20)

/**
 * StreamsGroupTargetAssignmentMetadataValue: the epoch that the target assignment was computed for.
 */
export const StreamsGroupTargetAssignmentMetadataValue = targetAssignmentMetadataValue(
  'StreamsGroupTargetAssignmentMetadataValue',
)

/** StreamsGroupTargetAssignmentMemberKey: which member. */
export const StreamsGroupTargetAssignmentMemberKey = memberKey('StreamsGroupTargetAssignmentMemberKey', 21)

const taskIds = { subtopologyId: string, partitions: array(i32) }

/** StreamsGroupTargetAssignmentMemberValue: the tasks that a member shall have. */
export const StreamsGroupTargetAssignmentMemberValue = data({
  name: 'StreamsGroupTargetAssignmentMemberValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    activeTasks: array(taskIds),
    standbyTasks: array(taskIds),
    warmupTasks: array(taskIds),
  },
})

/** StreamsGroupCurrentMemberAssignmentKey: which member. */
export const StreamsGroupCurrentMemberAssignmentKey = memberKey('StreamsGroupCurrentMemberAssignmentKey', 22)

const currentMemberAssignmentTaskIds = {
  subtopologyId: string,
  partitions: array(i32),
  assignmentEpochs: array(i32).nullable().tag(0, 0),
}

/**
 * StreamsGroupCurrentMemberAssignmentValue: the tasks that a member has, and those it still has to give back.
 */
export const StreamsGroupCurrentMemberAssignmentValue = data({
  name: 'StreamsGroupCurrentMemberAssignmentValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    memberEpoch: i32,
    previousMemberEpoch: i32,
    state: i8,
    activeTasks: array(currentMemberAssignmentTaskIds),
    standbyTasks: array(currentMemberAssignmentTaskIds),
    warmupTasks: array(currentMemberAssignmentTaskIds),
    activeTasksPendingRevocation: array(currentMemberAssignmentTaskIds),
    standbyTasksPendingRevocation: array(currentMemberAssignmentTaskIds),
    warmupTasksPendingRevocation: array(currentMemberAssignmentTaskIds),
  },
})

/** StreamsGroupTopologyKey: which group. */
export const StreamsGroupTopologyKey = groupKey('StreamsGroupTopologyKey', 23)

const topicInfo = {
  name: string,
  partitions: i32,
  replicationFactor: i16,
  topicConfigs: array({ key: string, value: string }),
}

const copartitionGroup = {
  sourceTopics: array(i16),
  sourceTopicRegex: array(i16),
  repartitionSourceTopics: array(i16),
}

const subtopology = {
  subtopologyId: string,
  sourceTopics: array(string),
  sourceTopicRegex: array(string),
  stateChangelogTopics: array(topicInfo),
  repartitionSinkTopics: array(string),
  repartitionSourceTopics: array(topicInfo),
  copartitionGroups: array(copartitionGroup),
}

/** StreamsGroupTopologyValue: subtopologies with their topics. */
export const StreamsGroupTopologyValue = data({
  name: 'StreamsGroupTopologyValue',
  versions: [0, 0],
  flexible: 0,
  fields: { epoch: i32, subtopologies: array(subtopology) },
})
