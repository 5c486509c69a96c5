import { api } from '../schema/api.ts'
import { bool, i16, i32, i64, string } from '../schema/field.ts'

/**
 * InitProducerId: gives an idempotent or transactional producer its id and epoch (KIP-98).
 *
 * Versions: v1 the client is told to wait only after its answer (KIP-219) · v2 flexible · v3 recovery with
 * the present id and epoch (KIP-360) · v4 PRODUCER_FENCED (KIP-588) · v5 TRANSACTION_ABORTABLE (KIP-890) · v6
 * two-phase commit (KIP-939), not offered by any broker yet.
 */
export const InitProducerId = api({
  key: 22,
  name: 'InitProducerId',
  versions: [0, 6],
  flexible: 2,
  request: {
    transactionalId: string.nullable(), // null: idempotence alone
    transactionTimeoutMs: i32,
    producerId: i64.in(3).default(-1n),
    producerEpoch: i16.in(3).default(-1),
    enable2Pc: bool.in(6),
    keepPreparedTxn: bool.in(6),
  },
  response: {
    throttleTimeMs: i32.default(0).ignorable(),
    errorCode: i16,
    producerId: i64.default(-1n),
    producerEpoch: i16,
    ongoingTxnProducerId: i64.in(6).default(-1n),
    ongoingTxnProducerEpoch: i16.in(6).default(-1),
  },
})
