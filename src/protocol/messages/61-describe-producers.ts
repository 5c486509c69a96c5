import { api } from '../schema/api.ts'
import { array, i16, i32, i64, string } from '../schema/field.ts'

const activeProducer = {
  producerId: i64,
  producerEpoch: i32,
  lastSequence: i32.default(-1),
  lastTimestamp: i64.default(-1n),
  coordinatorEpoch: i32,
  currentTxnStartOffset: i64.default(-1n), // -1: no open transaction
}

const partition = {
  partitionIndex: i32,
  errorCode: i16,
  errorMessage: string.nullable().default(null),
  activeProducers: array(activeProducer),
}

/** DescribeProducers: the producers that a partition knows (KIP-664). */
export const DescribeProducers = api({
  key: 61,
  name: 'DescribeProducers',
  versions: [0, 0],
  flexible: 0,
  request: { topics: array({ name: string, partitionIndexes: array(i32) }) },
  response: {
    throttleTimeMs: i32.default(0),
    topics: array({ name: string, partitions: array(partition) }),
  },
})
