/** Transactions in `__transaction_state`. */

import { data, NEVER } from '../schema/api.ts'
import { array, i8, i16, i32, i64, string } from '../schema/field.ts'

/** TransactionLogKey: which transactional id. */
export const TransactionLogKey = data({
  name: 'TransactionLogKey',
  versions: [0, 0],
  flexible: NEVER,
  keyType: 0,
  fields: { transactionalId: string },
})

/**
 * TransactionLogValue: producer, state and partitions of its latest transaction.
 *
 * Versions: v1 flexible.
 */
export const TransactionLogValue = data({
  name: 'TransactionLogValue',
  versions: [0, 1],
  flexible: 1,
  fields: {
    producerId: i64,
    producerEpoch: i16,
    transactionTimeoutMs: i32,
    // 0 Empty, 1 Ongoing, 2 PrepareCommit, 3 PrepareAbort, 4 CompleteCommit, 5 CompleteAbort, 6 Dead
    transactionStatus: i8,
    transactionPartitions: array({ topic: string, partitionIds: array(i32) }).nullable(),
    transactionLastUpdateTimestampMs: i64,
    transactionStartTimestampMs: i64,
  },
})
