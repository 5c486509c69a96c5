import { api } from '../schema/api.ts'
import { array, bool, i16, i32, string } from '../schema/field.ts'

const topic = {
  name: string,
  count: i32, // the total afterwards
  assignments: array({ brokerIds: array(i32) }).nullable(),
}

const result = {
  name: string,
  errorCode: i16,
  errorMessage: string.nullable().default(null),
}

/**
 * CreatePartitions: adds partitions to topics (KIP-195).
 *
 * Versions: v1 the client is told to wait only after its answer (KIP-219) · v2 flexible · v3
 * THROTTLING_QUOTA_EXCEEDED (KIP-599).
 */
export const CreatePartitions = api({
  key: 37,
  name: 'CreatePartitions',
  versions: [0, 3],
  flexible: 2,
  request: { topics: array(topic), timeoutMs: i32, validateOnly: bool },
  response: { throttleTimeMs: i32.default(0), results: array(result) },
})
