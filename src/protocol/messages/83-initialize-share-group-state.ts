import { api } from '../schema/api.ts'
import { array, i16, i32, i64, string, uuid } from '../schema/field.ts'

const topic = {
  topicId: uuid,
  partitions: array({ partition: i32, stateEpoch: i32, startOffset: i64 }),
}

const partition = {
  partition: i32,
  errorCode: i16,
  errorMessage: string.nullable().default(null),
}

/**
 * InitializeShareGroupState: a group coordinator has the share coordinator begin to keep state for partitions
 * (KIP-932).
 */
export const InitializeShareGroupState = api({
  key: 83,
  name: 'InitializeShareGroupState',
  versions: [0, 0],
  flexible: 0,
  request: { groupId: string, topics: array(topic) },
  response: { results: array({ topicId: uuid, partitions: array(partition) }) },
})
