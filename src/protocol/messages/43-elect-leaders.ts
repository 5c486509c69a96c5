import { api } from '../schema/api.ts'
import { array, i8, i16, i32, string } from '../schema/field.ts'

const partitionResult = { partitionId: i32, errorCode: i16, errorMessage: string.nullable() }

/**
 * ElectLeaders: has partitions elect a leader (KIP-183).
 *
 * Versions: v0 the preferred one · v1 an unclean one too, error for the whole (KIP-460) · v2 flexible.
 */
export const ElectLeaders = api({
  key: 43,
  name: 'ElectLeaders',
  versions: [0, 2],
  flexible: 2,
  request: {
    electionType: i8.in(1), // 0: preferred, 1: unclean
    topicPartitions: array({ topic: string, partitions: array(i32) }).nullable(), // null: all
    timeoutMs: i32.default(60000),
  },
  response: {
    throttleTimeMs: i32.default(0),
    errorCode: i16.in(1),
    replicaElectionResults: array({ topic: string, partitionResult: array(partitionResult) }),
  },
})
