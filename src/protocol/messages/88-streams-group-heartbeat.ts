import { api } from '../schema/api.ts'
import { array, bool, i8, i16, i32, i64, string, struct, u16 } from '../schema/field.ts'

const keyValue = { key: string, value: string }

const topicInfo = {
  name: string,
  partitions: i32,
  replicationFactor: i16,
  topicConfigs: array(keyValue),
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

const taskIds = { subtopologyId: string, partitions: array(i32) }

const userEndpoint = { host: string, port: u16 }

const taskOffset = { subtopologyId: string, partition: i32, offset: i64 }

const topicPartitions = { topic: string, partitions: array(i32) }

const endpointPartitions = {
  userEndpoint: struct(userEndpoint),
  activePartitions: array(topicPartitions),
  standbyPartitions: array(topicPartitions),
}

/**
 * StreamsGroupHeartbeat: one request to join, stay in and leave a streams group; carries the topology
 * (KIP-1071).
 *
 * Versions: v1 acceptable lag as int64, asks for a description of the topology.
 */
export const StreamsGroupHeartbeat = api({
  key: 88,
  name: 'StreamsGroupHeartbeat',
  versions: [0, 1],
  flexible: 0,
  request: {
    groupId: string,
    memberId: string,
    memberEpoch: i32, // 0: joins, -1: leaves, -2: leaves for a while (static member)
    endpointInformationEpoch: i32,
    instanceId: string.nullable().default(null),
    rackId: string.nullable().default(null),
    rebalanceTimeoutMs: i32.default(-1),
    // sent while joining
    topology: struct({ epoch: i32, subtopologies: array(subtopology) })
      .nullable()
      .default(null),
    activeTasks: array(taskIds).nullable().default(null),
    standbyTasks: array(taskIds).nullable().default(null),
    warmupTasks: array(taskIds).nullable().default(null),
    processId: string.nullable().default(null),
    userEndpoint: struct(userEndpoint).nullable().default(null),
    clientTags: array(keyValue).nullable().default(null),
    taskOffsets: array(taskOffset).nullable().default(null),
    taskEndOffsets: array(taskOffset).nullable().default(null),
    shutdownApplication: bool,
  },
  response: {
    throttleTimeMs: i32.default(0),
    errorCode: i16,
    errorMessage: string.nullable().default(null),
    memberId: string,
    memberEpoch: i32,
    heartbeatIntervalMs: i32,
    acceptableRecoveryLagLegacy: i32.in(0, 0),
    taskOffsetIntervalMs: i32,
    acceptableRecoveryLag: i64.in(1).default(-1n).ignorable(),
    status: array({ statusCode: i8, statusDetail: string }).nullable(),
    activeTasks: array(taskIds).nullable().default(null),
    standbyTasks: array(taskIds).nullable().default(null),
    warmupTasks: array(taskIds).nullable().default(null),
    topologyDescriptionRequired: bool.in(1),
    endpointInformationEpoch: i32,
    partitionsByUserEndpoint: array(endpointPartitions).nullable().default(null),
  },
})
