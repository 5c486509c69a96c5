import { ZERO_UUID } from '../../src/coordinator/cluster/topics.ts'
import type { Produce } from '../../src/protocol/messages/00-produce.ts'
import type { Fetch } from '../../src/protocol/messages/01-fetch.ts'
import { encodeBatch } from '../../src/protocol/records/batch-builder.ts'
import { recordsOf } from '../../src/protocol/records/convert.ts'
import type { RequestInput, ResponseOutput } from '../../src/protocol/schema/api.ts'

/** One batch of records with these values. */
export const batchOf = (...values: string[]): Buffer =>
  encodeBatch({
    records: values.map((value) => ({ timestamp: 1_700_000_000_000, key: null, value: Buffer.from(value) })),
  })

export const produceRequest = (
  topic: string,
  records: Buffer | null,
  { partition = 0, acks = -1, timeoutMs = 10_000, topicId = ZERO_UUID } = {},
): RequestInput<typeof Produce> => ({
  acks,
  timeoutMs,
  topicData: [{ name: topic, topicId, partitionData: [{ index: partition, records }] }],
})

export interface FetchedFrom {
  readonly topic?: string
  readonly topicId?: string
  readonly partition?: number
  readonly offset?: number
  readonly maxBytes?: number
}

export const fetchRequest = (
  from: readonly FetchedFrom[],
  over: Partial<RequestInput<typeof Fetch>> = {},
): RequestInput<typeof Fetch> => ({
  replicaState: {},
  maxWaitMs: 0,
  minBytes: 1,
  isolationLevel: 0,
  sessionId: 0,
  topics: from.map(
    ({ topic = '', topicId = ZERO_UUID, partition = 0, offset = 0, maxBytes = 1_000_000 }) => ({
      topic,
      topicId,
      partitions: [{ partition, fetchOffset: BigInt(offset), partitionMaxBytes: maxBytes }],
    }),
  ),
  forgottenTopicsData: [],
  rackId: '',
  ...over,
})

/** What a fetch gave: `topic or id`-partition, and the values of its records or the error. */
export const fetched = (answer: ResponseOutput<typeof Fetch>): Record<string, string[] | number> =>
  Object.fromEntries(
    answer.responses.flatMap(({ topic, topicId, partitions }) =>
      partitions.map(({ partitionIndex, errorCode, records }) => [
        `${topic === '' ? topicId : topic}-${partitionIndex}`,
        errorCode !== 0
          ? errorCode
          : [...recordsOf(records ?? Buffer.alloc(0))].map(({ value }) => String(value)),
      ]),
    ),
  )
