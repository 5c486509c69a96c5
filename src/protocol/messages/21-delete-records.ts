import { api } from '../schema/api.ts'
import { array, i16, i32, i64, string } from '../schema/field.ts'

const partition = {
  partitionIndex: i32,
  offset: i64, // -1: up to the high watermark
}

const topic = {
  name: string,
  partitions: array({ partitionIndex: i32, lowWatermark: i64, errorCode: i16 }),
}

/**
 * DeleteRecords: moves the log start offset of partitions forward (KIP-107).
 *
 * Versions: v1 the client is told to wait only after its answer (KIP-219) · v2 flexible.
 */
export const DeleteRecords = api({
  key: 21,
  name: 'DeleteRecords',
  versions: [0, 2],
  flexible: 2,
  request: {
    topics: array({ name: string, partitions: array(partition) }),
    timeoutMs: i32,
  },
  response: { throttleTimeMs: i32.default(0), topics: array(topic) },
})
