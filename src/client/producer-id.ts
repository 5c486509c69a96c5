import { InitProducerId } from '../protocol/messages/22-init-producer-id.ts'
import { throwIfRefused } from './client-error.ts'
import type { ClusterClient } from './cluster.ts'

/** What an idempotent producer is known by to the brokers. */
export interface ProducerIdentity {
  readonly producerId: bigint
  readonly producerEpoch: number
}

export const NO_PRODUCER: ProducerIdentity = { producerId: -1n, producerEpoch: -1 }

/** Asks any broker for a new producer id. */
export const requestProducerId = (cluster: ClusterClient): Promise<ProducerIdentity> =>
  cluster.retrying(async () => {
    const response = await cluster.send(InitProducerId, {
      transactionalId: null,
      transactionTimeoutMs: 2 ** 31 - 1,
      producerId: -1n,
      producerEpoch: -1,
      enable2Pc: false,
      keepPreparedTxn: false,
    })
    throwIfRefused(response.errorCode, 'asking for a producer id')
    return { producerId: response.producerId, producerEpoch: response.producerEpoch }
  })
