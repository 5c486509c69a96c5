import { api } from '../schema/api.ts'
import { i16, i32, i64, string } from '../schema/field.ts'

/**
 * AddOffsetsToTxn: a group whose offsets a transaction is going to commit (KIP-98).
 *
 * Versions: v1 the client is told to wait only after its answer (KIP-219) · v2 PRODUCER_FENCED (KIP-588) · v3
 * flexible · v4 TRANSACTION_ABORTABLE (KIP-890).
 */
export const AddOffsetsToTxn = api({
  key: 25,
  name: 'AddOffsetsToTxn',
  versions: [0, 4],
  flexible: 3,
  request: {
    transactionalId: string,
    producerId: i64,
    producerEpoch: i16,
    groupId: string,
  },
  response: { throttleTimeMs: i32.default(0), errorCode: i16 },
})
