import { api } from '../schema/api.ts'
import { array, i16, i32, string, uuid } from '../schema/field.ts'

const partition = {
  partition: i32,
  errorCode: i16,
  errorMessage: string.nullable().default(null),
}

/** DeleteShareGroupState: forgets the share-group state of partitions (KIP-932). */
export const DeleteShareGroupState = api({
  key: 86,
  name: 'DeleteShareGroupState',
  versions: [0, 0],
  flexible: 0,
  request: {
    groupId: string,
    topics: array({ topicId: uuid, partitions: array({ partition: i32 }) }),
  },
  response: { results: array({ topicId: uuid, partitions: array(partition) }) },
})
