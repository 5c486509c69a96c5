import { Refusal } from '../../protocol/errors.ts'
import { InitProducerId } from '../../protocol/messages/22-init-producer-id.ts'
import type { RequestOf } from '../../protocol/schema/api.ts'
import type { RequestContext } from '../context.ts'
import { handler } from '../handler.ts'
import { errorCodeOf, int64Of } from '../wire.ts'

/**
 * InitProducerId, versions 0 to 5: a new id with epoch 0 for an idempotent producer, never given before in
 * this cluster. Version 6 (KIP-939) is not offered, as by a real broker unless it is told to serve unstable
 * versions.
 *
 * Errors: INVALID_REQUEST (a producer id without an epoch or the reverse; an empty transactional id),
 * INVALID_TRANSACTION_TIMEOUT.
 *
 * Differs from Kafka: a producer with a transactional id gets UNSUPPORTED_VERSION, which no client retries:
 * transactions need their coordinator, which is not there yet.
 */
export const initProducerId = handler(InitProducerId, {
  versions: [0, 5],

  handle(request, context) {
    checkRequest(request, context)
    if (request.transactionalId !== null) throw new Refusal('UNSUPPORTED_VERSION')
    return { errorCode: 0, producerId: int64Of(context.broker.producerIds.next()), producerEpoch: 0 }
  },

  refuse: (_request, { code }) => ({ errorCode: errorCodeOf(code), producerId: -1n, producerEpoch: -1 }),
})

const checkRequest = (request: RequestOf<typeof InitProducerId>, { broker }: RequestContext): void => {
  const { transactionalId, transactionTimeoutMs, producerId, producerEpoch } = request
  if ((producerId === -1n) !== (producerEpoch === -1)) throw new Refusal('INVALID_REQUEST')
  if (transactionalId === null) return
  if (transactionalId === '') throw new Refusal('INVALID_REQUEST')
  if (
    transactionTimeoutMs <= 0 ||
    transactionTimeoutMs > broker.config.number('transaction.max.timeout.ms')
  ) {
    throw new Refusal('INVALID_TRANSACTION_TIMEOUT')
  }
}
