import { api } from '../schema/api.ts'
import { array, i16, i32, i64, records, string, struct, uuid } from '../schema/field.ts'

const requestTopic = {
  name: string.in(0, 12).ignorable(),
  topicId: uuid.in(13).ignorable(),
  partitionData: array({ index: i32, records: records.nullable() }),
}

const recordError = {
  batchIndex: i32, // index of the record in its batch
  batchIndexErrorMessage: string.nullable().default(null),
}

const partitionResponse = {
  index: i32,
  errorCode: i16,
  baseOffset: i64,
  logAppendTimeMs: i64.in(2).default(-1n).ignorable(), // -1: the topic keeps the producer's timestamps
  logStartOffset: i64.in(5).default(-1n).ignorable(),
  recordErrors: array(recordError).in(8).ignorable(),
  errorMessage: string.nullable().in(8).default(null).ignorable(),
  currentLeader: struct({ leaderId: i32.default(-1), leaderEpoch: i32.default(-1) }).tag(0, 10),
}

const responseTopic = {
  name: string.in(0, 12).ignorable(),
  topicId: uuid.in(13).ignorable(),
  partitionResponses: array(partitionResponse),
}

const nodeEndpoint = {
  nodeId: i32,
  host: string,
  port: i32,
  rack: string.nullable().default(null),
}

/**
 * Produce: appends record batches to partitions. With acks=0 there is no response.
 *
 * Versions: v1 throttle time · v2 log append time, message format 1 (KIP-32) · v3 transactions, message
 * format 2 alone (KIP-98) · v4 KAFKA_STORAGE_ERROR (KIP-112) · v5 log start offset (KIP-107) · v6 the client
 * is told to wait only after its answer (KIP-219) · v7 zstd (KIP-110) · v8 which records were refused
 * (KIP-467) · v9 flexible · v10 the current leader and its address (KIP-951) · v11 TRANSACTION_ABORTABLE ·
 * v12 partitions join the transaction by being produced to (KIP-890) · v13 topic ids (KIP-516).
 */
export const Produce = api({
  key: 0,
  name: 'Produce',
  versions: [0, 13],
  flexible: 9,
  request: {
    transactionalId: string.nullable().in(3).default(null),
    acks: i16, // 0: no response, 1: the leader has it, -1: all in-sync replicas have it
    timeoutMs: i32,
    topicData: array(requestTopic),
  },
  response: {
    responses: array(responseTopic),
    throttleTimeMs: i32.in(1).default(0).ignorable(),
    nodeEndpoints: array(nodeEndpoint).tag(0, 10),
  },
})
