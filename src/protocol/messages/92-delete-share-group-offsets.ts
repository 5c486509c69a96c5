import { api } from '../schema/api.ts'
import { array, i16, i32, string, uuid } from '../schema/field.ts'

const responseTopic = {
  topicName: string,
  topicId: uuid,
  errorCode: i16,
  errorMessage: string.nullable().default(null),
}

/** DeleteShareGroupOffsets: forgets from where a share group without members reads (KIP-932). */
export const DeleteShareGroupOffsets = api({
  key: 92,
  name: 'DeleteShareGroupOffsets',
  versions: [0, 0],
  flexible: 0,
  request: { groupId: string, topics: array({ topicName: string }) },
  response: {
    throttleTimeMs: i32.default(0),
    errorCode: i16,
    errorMessage: string.nullable().default(null),
    responses: array(responseTopic),
  },
})
