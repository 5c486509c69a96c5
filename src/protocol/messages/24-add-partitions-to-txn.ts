import { api } from '../schema/api.ts'
import { array, bool, i16, i32, i64, string } from '../schema/field.ts'

const topic = { name: string, partitions: array(i32) }

const transaction = {
  transactionalId: string,
  producerId: i64,
  producerEpoch: i16,
  verifyOnly: bool,
  topics: array(topic),
}

const topicResult = {
  name: string,
  resultsByPartition: array({ partitionIndex: i32, partitionErrorCode: i16 }),
}

const transactionResult = { transactionalId: string, topicResults: array(topicResult) }

/**
 * AddPartitionsToTxn: partitions that a transaction is going to write to (KIP-98).
 *
 * Versions: v1 the client is told to wait only after its answer (KIP-219) · v2 PRODUCER_FENCED (KIP-588) · v3
 * flexible · v4 many transactions at once, verification without adding: for brokers (KIP-890) · v5
 * TRANSACTION_ABORTABLE (KIP-890).
 */
export const AddPartitionsToTxn = api({
  key: 24,
  name: 'AddPartitionsToTxn',
  versions: [0, 5],
  flexible: 3,
  request: {
    v3AndBelowTransactionalId: string.in(0, 3),
    v3AndBelowProducerId: i64.in(0, 3),
    v3AndBelowProducerEpoch: i16.in(0, 3),
    v3AndBelowTopics: array(topic).in(0, 3),
    transactions: array(transaction).in(4),
  },
  response: {
    throttleTimeMs: i32.default(0),
    resultsByTopicV3AndBelow: array(topicResult).in(0, 3),
    errorCode: i16.in(4).ignorable(),
    resultsByTransaction: array(transactionResult).in(4),
  },
})
