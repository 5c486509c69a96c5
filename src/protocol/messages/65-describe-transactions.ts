import { api } from '../schema/api.ts'
import { array, i16, i32, i64, string } from '../schema/field.ts'

const transactionState = {
  errorCode: i16,
  transactionalId: string,
  transactionState: string,
  transactionTimeoutMs: i32,
  transactionStartTimeMs: i64, // -1: none is open
  producerId: i64,
  producerEpoch: i16,
  topics: array({ topic: string, partitions: array(i32) }),
}

/** DescribeTransactions: state of transactions (KIP-664). */
export const DescribeTransactions = api({
  key: 65,
  name: 'DescribeTransactions',
  versions: [0, 0],
  flexible: 0,
  request: { transactionalIds: array(string) },
  response: {
    throttleTimeMs: i32.default(0),
    transactionStates: array(transactionState),
  },
})
