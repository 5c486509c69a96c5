import { api } from '../schema/api.ts'
import { array, bool, i8, i16, i32, string, uuid } from '../schema/field.ts'

const requestTopic = {
  name: string,
  numPartitions: i32, // -1 with assignments, or from v4 for the broker's default
  replicationFactor: i16, // -1 likewise
  assignments: array({ partitionIndex: i32, brokerIds: array(i32) }),
  configs: array({ name: string, value: string.nullable() }),
}

const config = {
  name: string,
  value: string.nullable(),
  readOnly: bool,
  configSource: i8.default(-1).ignorable(),
  isSensitive: bool,
}

const responseTopic = {
  name: string,
  topicId: uuid.in(7).ignorable(),
  errorCode: i16,
  errorMessage: string.nullable().in(1).ignorable(),
  topicConfigErrorCode: i16.tag(0, 5).ignorable(), // why configs is null
  numPartitions: i32.in(5).default(-1).ignorable(),
  replicationFactor: i16.in(5).default(-1).ignorable(),
  configs: array(config).nullable().in(5).ignorable(),
}

/**
 * CreateTopics: creates topics.
 *
 * Versions: v1 validation only, error messages · v2 throttle time · v3 the client is told to wait only after
 * its answer (KIP-219) · v4 -1 for the broker's own partition count and replication factor (KIP-464) · v5
 * flexible, the resulting configuration (KIP-525) · v6 THROTTLING_QUOTA_EXCEEDED (KIP-599) · v7 topic ids
 * (KIP-516).
 */
export const CreateTopics = api({
  key: 19,
  name: 'CreateTopics',
  versions: [0, 7],
  flexible: 5,
  request: {
    topics: array(requestTopic),
    timeoutMs: i32.default(60000),
    validateOnly: bool.in(1),
  },
  response: {
    throttleTimeMs: i32.in(2).default(0).ignorable(),
    topics: array(responseTopic),
  },
})
