import { api } from '../schema/api.ts'
import { array, i16, i32, string } from '../schema/field.ts'

const dir = {
  path: string,
  topics: array({ name: string, partitions: array(i32) }),
}

const result = {
  topicName: string,
  partitions: array({ partitionIndex: i32, errorCode: i16 }),
}

/**
 * AlterReplicaLogDirs: moves replicas to other log directories of their broker (KIP-113).
 *
 * Versions: v1 the client is told to wait only after its answer (KIP-219) · v2 flexible.
 */
export const AlterReplicaLogDirs = api({
  key: 34,
  name: 'AlterReplicaLogDirs',
  versions: [0, 2],
  flexible: 2,
  request: { dirs: array(dir) },
  response: { throttleTimeMs: i32.default(0), results: array(result) },
})
