import { api } from '../schema/api.ts'
import { bool, i16, i32, i64, string } from '../schema/field.ts'

/**
 * EndTxn: commits or aborts a transaction (KIP-98).
 *
 * Versions: v1 the client is told to wait only after its answer (KIP-219) · v2 PRODUCER_FENCED (KIP-588) · v3
 * flexible · v4 TRANSACTION_ABORTABLE (KIP-890) · v5 the producer's next id and epoch (KIP-890).
 */
export const EndTxn = api({
  key: 26,
  name: 'EndTxn',
  versions: [0, 5],
  flexible: 3,
  request: {
    transactionalId: string,
    producerId: i64,
    producerEpoch: i16,
    committed: bool,
  },
  response: {
    throttleTimeMs: i32.default(0),
    errorCode: i16,
    producerId: i64.in(5).default(-1n).ignorable(),
    producerEpoch: i16.in(5).default(-1).ignorable(),
  },
})
