import { encodeRequestFrame, encodeResponseFrame } from '../src/protocol/header.ts'
import { Produce } from '../src/protocol/messages/00-produce.ts'
import { Fetch } from '../src/protocol/messages/01-fetch.ts'
import { CreateTopics } from '../src/protocol/messages/19-create-topics.ts'
import type { Api, RequestInput, ResponseOf } from '../src/protocol/schema/api.ts'

/**
 * Frames made once and sent many times. Versions that every target speaks: Produce 7, Fetch 11, CreateTopics 4.
 * Frames have no length prefix; the load generator adds it.
 */
export const PRODUCE_VERSION = 7
export const FETCH_VERSION = 11
const CREATE_TOPICS_VERSION = 4

const request = <A extends Api>(api: A, version: number, body: RequestInput<A>): Buffer => {
  const frame = encodeRequestFrame(api, version, { correlationId: 1, clientId: 'bench' }, body)
  return Buffer.concat(frame).subarray(4)
}

const response = <A extends Api>(api: A, version: number, body: ResponseOf<A>): Buffer => {
  return Buffer.concat(encodeResponseFrame(api, version, 1, body))
}

export const createTopicFrame = (topic: string): Buffer =>
  request(CreateTopics, CREATE_TOPICS_VERSION, {
    topics: [{ name: topic, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
    validateOnly: false,
    timeoutMs: 30_000,
  })

export const produceFrame = (topic: string, records: Buffer, acks: number): Buffer =>
  request(Produce, PRODUCE_VERSION, {
    acks,
    timeoutMs: 30_000,
    topicData: [{ name: topic, topicId: ZERO, partitionData: [{ index: 0, records }] }],
  })

export const fetchFrame = (topic: string, offset: number, maxBytes: number): Buffer =>
  request(Fetch, FETCH_VERSION, {
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes,
    isolationLevel: 0,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [
      {
        topic,
        topicId: ZERO,
        partitions: [{ partition: 0, fetchOffset: BigInt(offset), partitionMaxBytes: maxBytes }],
      },
    ],
    forgottenTopicsData: [],
    rackId: '',
  })

/** What the bare server answers to the frames above. */
export const cannedProduce = (topic: string): Buffer =>
  response(Produce, PRODUCE_VERSION, {
    responses: [
      {
        name: topic,
        topicId: ZERO,
        partitionResponses: [
          {
            index: 0,
            errorCode: 0,
            baseOffset: 0n,
            logAppendTimeMs: -1n,
            logStartOffset: 0n,
            recordErrors: [],
          },
        ],
      },
    ],
  })

export const cannedFetch = (topic: string, records: Buffer): Buffer =>
  response(Fetch, FETCH_VERSION, {
    errorCode: 0,
    sessionId: 0,
    responses: [
      {
        topic,
        topicId: ZERO,
        partitions: [
          {
            partitionIndex: 0,
            errorCode: 0,
            highWatermark: 1n,
            lastStableOffset: 1n,
            logStartOffset: 0n,
            abortedTransactions: [],
            preferredReadReplica: -1,
            records,
          },
        ],
      },
    ],
  })

const ZERO = 'AAAAAAAAAAAAAAAAAAAAAA'
