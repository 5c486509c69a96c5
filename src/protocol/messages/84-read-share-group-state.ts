import { api } from '../schema/api.ts'
import { array, i8, i16, i32, i64, string, uuid } from '../schema/field.ts'

const topic = {
  topicId: uuid,
  partitions: array({ partition: i32, leaderEpoch: i32 }),
}

const stateBatch = {
  firstOffset: i64,
  lastOffset: i64,
  deliveryState: i8,
  deliveryCount: i16,
}

const partition = {
  partition: i32,
  errorCode: i16,
  errorMessage: string.nullable().default(null),
  stateEpoch: i32,
  startOffset: i64,
  stateBatches: array(stateBatch),
}

/** ReadShareGroupState: a leader reads the share-group state of its partitions (KIP-932). */
export const ReadShareGroupState = api({
  key: 84,
  name: 'ReadShareGroupState',
  versions: [0, 0],
  flexible: 0,
  request: { groupId: string, topics: array(topic) },
  response: { results: array({ topicId: uuid, partitions: array(partition) }) },
})
