import { api } from '../schema/api.ts'
import { array, bool, i8, i16, i32, i64, string } from '../schema/field.ts'

const marker = {
  producerId: i64,
  producerEpoch: i16,
  transactionResult: bool, // true: commit
  topics: array({ name: string, partitionIndexes: array(i32) }),
  coordinatorEpoch: i32,
  transactionVersion: i8.in(2).ignorable(),
}

const topic = {
  name: string,
  partitions: array({ partitionIndex: i32, errorCode: i16 }),
}

/**
 * WriteTxnMarkers: a transaction coordinator has partitions write the marker of a transaction's end (KIP-98).
 *
 * Versions: v1 flexible · v2 transaction version.
 */
export const WriteTxnMarkers = api({
  key: 27,
  name: 'WriteTxnMarkers',
  versions: [0, 2],
  flexible: 1,
  request: { markers: array(marker) },
  response: { markers: array({ producerId: i64, topics: array(topic) }) },
})
