import { api } from '../schema/api.ts'
import { array, i8, i16, i32, i64, string, uuid } from '../schema/field.ts'

const stateBatch = {
  firstOffset: i64,
  lastOffset: i64,
  deliveryState: i8,
  deliveryCount: i16,
}

const requestPartition = {
  partition: i32,
  stateEpoch: i32,
  leaderEpoch: i32,
  startOffset: i64,
  deliveryCompleteCount: i32.in(1).default(-1).ignorable(),
  stateBatches: array(stateBatch),
}

const responsePartition = {
  partition: i32,
  errorCode: i16,
  errorMessage: string.nullable().default(null),
}

/**
 * WriteShareGroupState: a leader stores the share-group state of its partitions (KIP-932).
 *
 * Versions: v1 how many records were completed.
 */
export const WriteShareGroupState = api({
  key: 85,
  name: 'WriteShareGroupState',
  versions: [0, 1],
  flexible: 0,
  request: {
    groupId: string,
    topics: array({ topicId: uuid, partitions: array(requestPartition) }),
  },
  response: {
    results: array({ topicId: uuid, partitions: array(responsePartition) }),
  },
})
