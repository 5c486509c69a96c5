import { OPERATIONS_NOT_REQUESTED } from '../constants.ts'
import { api } from '../schema/api.ts'
import { array, bool, i8, i16, i32, i64, string, struct, u16 } from '../schema/field.ts'

const keyValue = { key: string, value: string }

const topicInfo = {
  name: string,
  partitions: i32,
  replicationFactor: i16,
  topicConfigs: array(keyValue),
}

const subtopology = {
  subtopologyId: string,
  sourceTopics: array(string),
  repartitionSinkTopics: array(string),
  stateChangelogTopics: array(topicInfo),
  repartitionSourceTopics: array(topicInfo),
}

const topology = {
  epoch: i32,
  subtopologies: array(subtopology).nullable().default(null),
}

const taskOffset = { subtopologyId: string, partition: i32, offset: i64 }

const taskIds = { subtopologyId: string, partitions: array(i32) }

const assignment = {
  activeTasks: array(taskIds),
  standbyTasks: array(taskIds),
  warmupTasks: array(taskIds),
}

const member = {
  memberId: string,
  memberEpoch: i32,
  instanceId: string.nullable().default(null),
  rackId: string.nullable().default(null),
  clientId: string,
  clientHost: string,
  topologyEpoch: i32,
  processId: string,
  userEndpoint: struct({ host: string, port: u16 }).nullable().default(null),
  clientTags: array(keyValue),
  taskOffsets: array(taskOffset),
  taskEndOffsets: array(taskOffset),
  assignment: struct(assignment),
  targetAssignment: struct(assignment),
  isClassic: bool,
}

const node = {
  name: string,
  nodeType: i8,
  sourceTopics: array(string),
  sinkTopic: string.nullable().default(null),
  stores: array(string),
  successors: array(string),
}

const topologyDescription = {
  subtopologies: array({ subtopologyId: string, nodes: array(node) }),
  globalStores: array({ source: struct(node), processor: struct(node) }),
}

const group = {
  errorCode: i16,
  errorMessage: string.nullable().default(null),
  groupId: string,
  groupState: string,
  groupEpoch: i32,
  assignmentEpoch: i32,
  topology: struct(topology).nullable().default(null),
  members: array(member),
  authorizedOperations: i32.default(OPERATIONS_NOT_REQUESTED),
  topologyDescription: struct(topologyDescription).nullable().in(1).default(null),
  topologyDescriptionStatus: i8.in(1),
  assignorName: string.nullable().in(1).default(null).ignorable(),
}

/**
 * StreamsGroupDescribe: state, topology and members of streams groups (KIP-1071).
 *
 * Versions: v1 description of the topology, assignor.
 */
export const StreamsGroupDescribe = api({
  key: 89,
  name: 'StreamsGroupDescribe',
  versions: [0, 1],
  flexible: 0,
  request: {
    groupIds: array(string),
    includeAuthorizedOperations: bool,
    includeTopologyDescription: bool.in(1),
  },
  response: { throttleTimeMs: i32.default(0), groups: array(group) },
})
