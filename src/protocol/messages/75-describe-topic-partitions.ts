import { OPERATIONS_NOT_REQUESTED } from '../constants.ts'
import { api } from '../schema/api.ts'
import { array, bool, i16, i32, string, struct, uuid } from '../schema/field.ts'

const cursor = { topicName: string, partitionIndex: i32 }

const partition = {
  errorCode: i16,
  partitionIndex: i32,
  leaderId: i32,
  leaderEpoch: i32.default(-1).ignorable(),
  replicaNodes: array(i32),
  isrNodes: array(i32),
  eligibleLeaderReplicas: array(i32).nullable().default(null),
  lastKnownElr: array(i32).nullable().default(null),
  offlineReplicas: array(i32).ignorable(),
}

const topic = {
  errorCode: i16,
  name: string.nullable(),
  topicId: uuid.ignorable(),
  isInternal: bool.ignorable(),
  partitions: array(partition),
  topicAuthorizedOperations: i32.default(OPERATIONS_NOT_REQUESTED),
}

/** DescribeTopicPartitions: partitions of topics, page by page (KIP-966). */
export const DescribeTopicPartitions = api({
  key: 75,
  name: 'DescribeTopicPartitions',
  versions: [0, 0],
  flexible: 0,
  request: {
    topics: array({ name: string }),
    responsePartitionLimit: i32.default(2000),
    cursor: struct(cursor).nullable().default(null), // where the last page ended
  },
  response: {
    throttleTimeMs: i32.default(0).ignorable(),
    topics: array(topic),
    nextCursor: struct(cursor).nullable().default(null), // null: that was all
  },
})
