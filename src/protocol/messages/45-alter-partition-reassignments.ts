import { api } from '../schema/api.ts'
import { array, bool, i16, i32, string } from '../schema/field.ts'

const requestPartition = {
  partitionIndex: i32,
  replicas: array(i32).nullable().default(null), // null: cancel
}

const responsePartition = {
  partitionIndex: i32,
  errorCode: i16,
  errorMessage: string.nullable(),
}

/**
 * AlterPartitionReassignments: starts, changes or cancels reassignments of replicas (KIP-455).
 *
 * Versions: v1 a change of the replication factor may be forbidden (KIP-860).
 */
export const AlterPartitionReassignments = api({
  key: 45,
  name: 'AlterPartitionReassignments',
  versions: [0, 1],
  flexible: 0,
  request: {
    timeoutMs: i32.default(60000),
    allowReplicationFactorChange: bool.in(1).default(true),
    topics: array({ name: string, partitions: array(requestPartition) }),
  },
  response: {
    throttleTimeMs: i32.default(0),
    allowReplicationFactorChange: bool.in(1).default(true).ignorable(),
    errorCode: i16,
    errorMessage: string.nullable(),
    responses: array({ name: string, partitions: array(responsePartition) }),
  },
})
