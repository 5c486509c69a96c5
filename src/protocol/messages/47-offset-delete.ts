import { api, NEVER } from '../schema/api.ts'
import { array, i16, i32, string } from '../schema/field.ts'

const topic = {
  name: string,
  partitions: array({ partitionIndex: i32, errorCode: i16 }),
}

/** OffsetDelete: forgets offsets of a group, as long as no member reads these topics (KIP-496). */
export const OffsetDelete = api({
  key: 47,
  name: 'OffsetDelete',
  versions: [0, 0],
  flexible: NEVER,
  request: {
    groupId: string,
    topics: array({ name: string, partitions: array({ partitionIndex: i32 }) }),
  },
  response: {
    errorCode: i16,
    throttleTimeMs: i32.default(0).ignorable(),
    topics: array(topic),
  },
})
