import { api } from '../schema/api.ts'
import { array, i16, i32, i64, string, uuid } from '../schema/field.ts'

const topic = {
  topicName: string,
  partitions: array({ partitionIndex: i32, startOffset: i64 }),
}

const partition = {
  partitionIndex: i32,
  errorCode: i16,
  errorMessage: string.nullable().default(null),
}

const responseTopic = { topicName: string, topicId: uuid, partitions: array(partition) }

/** AlterShareGroupOffsets: sets from where a share group without members reads (KIP-932). */
export const AlterShareGroupOffsets = api({
  key: 91,
  name: 'AlterShareGroupOffsets',
  versions: [0, 0],
  flexible: 0,
  request: { groupId: string, topics: array(topic) },
  response: {
    throttleTimeMs: i32.default(0),
    errorCode: i16,
    errorMessage: string.nullable().default(null),
    responses: array(responseTopic),
  },
})
