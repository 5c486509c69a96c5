import { api } from '../schema/api.ts'
import { array, i16, i32, string } from '../schema/field.ts'

const partition = {
  partitionIndex: i32,
  replicas: array(i32),
  addingReplicas: array(i32),
  removingReplicas: array(i32),
}

/** ListPartitionReassignments: reassignments that are going on (KIP-455). */
export const ListPartitionReassignments = api({
  key: 46,
  name: 'ListPartitionReassignments',
  versions: [0, 0],
  flexible: 0,
  request: {
    timeoutMs: i32.default(60000),
    // null: all
    topics: array({ name: string, partitionIndexes: array(i32) })
      .nullable()
      .default(null),
  },
  response: {
    throttleTimeMs: i32.default(0),
    errorCode: i16,
    errorMessage: string.nullable(),
    topics: array({ name: string, partitions: array(partition) }),
  },
})
