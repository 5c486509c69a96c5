import { api } from '../schema/api.ts'
import { array, i16, i32, i64, string, uuid } from '../schema/field.ts'

const requestGroup = {
  groupId: string,
  topics: array({ topicName: string, partitions: array(i32) }).nullable(), // null: all
}

const partition = {
  partitionIndex: i32,
  startOffset: i64,
  leaderEpoch: i32,
  lag: i64.in(1).default(-1n).ignorable(),
  errorCode: i16,
  errorMessage: string.nullable().default(null),
}

const topic = { topicName: string, topicId: uuid, partitions: array(partition) }

const responseGroup = {
  groupId: string,
  topics: array(topic),
  errorCode: i16,
  errorMessage: string.nullable().default(null),
}

/**
 * DescribeShareGroupOffsets: from where share groups read (KIP-932).
 *
 * Versions: v1 lag.
 */
export const DescribeShareGroupOffsets = api({
  key: 90,
  name: 'DescribeShareGroupOffsets',
  versions: [0, 1],
  flexible: 0,
  request: { groups: array(requestGroup) },
  response: { throttleTimeMs: i32.default(0), groups: array(responseGroup) },
})
