import { api } from '../schema/api.ts'
import { array, i16, i32, i64, string, uuid } from '../schema/field.ts'

const topic = {
  topicId: uuid,
  partitions: array({ partition: i32, leaderEpoch: i32 }),
}

const partition = {
  partition: i32,
  errorCode: i16,
  errorMessage: string.nullable().default(null),
  stateEpoch: i32,
  leaderEpoch: i32,
  startOffset: i64,
  deliveryCompleteCount: i32.in(1).default(-1).ignorable(),
}

/**
 * ReadShareGroupStateSummary: reads where share groups stand, without the state of single records (KIP-932).
 *
 * Versions: v1 how many records were completed.
 */
export const ReadShareGroupStateSummary = api({
  key: 87,
  name: 'ReadShareGroupStateSummary',
  versions: [0, 1],
  flexible: 0,
  request: { groupId: string, topics: array(topic) },
  response: { results: array({ topicId: uuid, partitions: array(partition) }) },
})
