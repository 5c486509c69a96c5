import { api } from '../schema/api.ts'
import { array, i16, i32, i64, string, uuid } from '../schema/field.ts'

const partition = {
  partitionIndex: i32,
  committedOffset: i64,
  committedLeaderEpoch: i32.in(2).default(-1).ignorable(),
  committedMetadata: string.nullable(),
}

const requestTopic = {
  name: string.in(0, 5).ignorable(),
  topicId: uuid.in(6).ignorable(),
  partitions: array(partition),
}

const responseTopic = {
  name: string.in(0, 5).ignorable(),
  topicId: uuid.in(6).ignorable(),
  partitions: array({ partitionIndex: i32, errorCode: i16 }),
}

/**
 * TxnOffsetCommit: stores consumed offsets as part of a transaction (KIP-98).
 *
 * Versions: v1 the client is told to wait only after its answer (KIP-219) · v2 leader epochs (KIP-320) · v3
 * flexible, fencing by group member (KIP-447) · v4 TRANSACTION_ABORTABLE · v5 the group joins the transaction
 * by this (KIP-890) · v6 topic ids.
 */
export const TxnOffsetCommit = api({
  key: 28,
  name: 'TxnOffsetCommit',
  versions: [0, 6],
  flexible: 3,
  request: {
    transactionalId: string,
    groupId: string,
    producerId: i64,
    producerEpoch: i16,
    generationIdOrMemberEpoch: i32.in(3).default(-1),
    memberId: string.in(3),
    groupInstanceId: string.nullable().in(3).default(null),
    topics: array(requestTopic),
  },
  response: { throttleTimeMs: i32.default(0), topics: array(responseTopic) },
})
