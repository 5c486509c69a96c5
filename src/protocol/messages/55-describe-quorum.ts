import { api } from '../schema/api.ts'
import { array, i16, i32, i64, string, u16, uuid } from '../schema/field.ts'

const topic = { topicName: string, partitions: array({ partitionIndex: i32 }) }

const replica = {
  replicaId: i32,
  replicaDirectoryId: uuid.in(2),
  logEndOffset: i64,
  lastFetchTimestamp: i64.in(1).default(-1n).ignorable(),
  lastCaughtUpTimestamp: i64.in(1).default(-1n).ignorable(),
}

const partition = {
  partitionIndex: i32,
  errorCode: i16,
  errorMessage: string.nullable().in(2).ignorable(),
  leaderId: i32,
  leaderEpoch: i32,
  highWatermark: i64,
  currentVoters: array(replica),
  observers: array(replica),
}

const node = {
  nodeId: i32,
  listeners: array({ name: string, host: string, port: u16 }),
}

/**
 * DescribeQuorum: the Raft quorum of the controllers (KIP-595).
 *
 * Versions: v1 when replicas last fetched (KIP-836) · v2 directory ids, addresses, error messages (KIP-853).
 */
export const DescribeQuorum = api({
  key: 55,
  name: 'DescribeQuorum',
  versions: [0, 2],
  flexible: 0,
  request: { topics: array(topic) },
  response: {
    errorCode: i16,
    errorMessage: string.nullable().in(2).ignorable(),
    topics: array({ topicName: string, partitions: array(partition) }),
    nodes: array(node).in(2),
  },
})
