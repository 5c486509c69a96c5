import { OPERATIONS_NOT_REQUESTED } from '../constants.ts'
import { api } from '../schema/api.ts'
import { array, bool, i16, i32, string, uuid } from '../schema/field.ts'

const requestTopic = { topicId: uuid.in(10).ignorable(), name: string.nullable(10) }

const broker = {
  nodeId: i32,
  host: string,
  port: i32,
  rack: string.nullable().in(1).default(null).ignorable(),
}

const partition = {
  errorCode: i16,
  partitionIndex: i32,
  leaderId: i32, // -1: no leader
  leaderEpoch: i32.in(7).default(-1).ignorable(),
  replicaNodes: array(i32),
  isrNodes: array(i32),
  offlineReplicas: array(i32).in(5).ignorable(),
}

const responseTopic = {
  errorCode: i16,
  name: string.nullable(12), // null only for an unknown id that was asked for
  topicId: uuid.in(10).ignorable(),
  isInternal: bool.in(1).ignorable(),
  partitions: array(partition),
  topicAuthorizedOperations: i32.in(8).default(OPERATIONS_NOT_REQUESTED),
}

/**
 * Metadata: live brokers, the controller, and the partitions of some or all topics.
 *
 * Versions: v1 controller, racks, internal topics · v2 cluster id (KIP-78) · v3 throttle time · v4 a client
 * may forbid auto-creation · v5 offline replicas (KIP-112) · v6 the client is told to wait only after its
 * answer (KIP-219) · v7 leader epochs (KIP-320) · v8 authorized operations (KIP-430) · v9 flexible · v10
 * topic ids (KIP-516) · v11 the cluster's operations moved to DescribeCluster (KIP-700) · v12 a topic may be
 * asked for by its id alone · v13 error for the whole, to make a client bootstrap again (KIP-1102).
 */
export const Metadata = api({
  key: 3,
  name: 'Metadata',
  versions: [0, 13],
  flexible: 9,
  request: {
    // v0: empty asks for all; v1+: null asks for all, empty for none
    topics: array(requestTopic).nullable(1),
    allowAutoTopicCreation: bool.in(4).default(true),
    includeClusterAuthorizedOperations: bool.in(8, 10), // moved to DescribeCluster
    includeTopicAuthorizedOperations: bool.in(8),
  },
  response: {
    throttleTimeMs: i32.in(3).default(0).ignorable(),
    brokers: array(broker),
    clusterId: string.nullable().in(2).default(null).ignorable(),
    controllerId: i32.in(1).default(-1).ignorable(), // -1: unknown
    topics: array(responseTopic),
    clusterAuthorizedOperations: i32.in(8, 10).default(OPERATIONS_NOT_REQUESTED),
    errorCode: i16.in(13).ignorable(),
  },
})
