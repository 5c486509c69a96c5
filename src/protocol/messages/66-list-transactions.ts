import { api } from '../schema/api.ts'
import { array, i16, i32, i64, string } from '../schema/field.ts'

const transactionState = { transactionalId: string, producerId: i64, transactionState: string }

/**
 * ListTransactions: the transactions that a broker coordinates (KIP-664).
 *
 * Versions: v1 by duration (KIP-994) · v2 by a pattern of ids (KIP-1152).
 */
export const ListTransactions = api({
  key: 66,
  name: 'ListTransactions',
  versions: [0, 2],
  flexible: 0,
  request: {
    stateFilters: array(string),
    producerIdFilters: array(i64),
    durationFilter: i64.in(1).default(-1n), // ms; negative: any
    transactionalIdPattern: string.nullable().in(2).default(null),
  },
  response: {
    throttleTimeMs: i32.default(0),
    errorCode: i16,
    unknownStateFilters: array(string),
    transactionStates: array(transactionState),
  },
})
