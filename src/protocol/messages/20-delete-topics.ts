import { api } from '../schema/api.ts'
import { array, i16, i32, string, uuid } from '../schema/field.ts'

const responseTopic = {
  name: string.nullable(6), // null where a topic id is unknown or may not be seen
  topicId: uuid.in(6).ignorable(),
  errorCode: i16,
  errorMessage: string.nullable().in(5).default(null).ignorable(),
}

/**
 * DeleteTopics: deletes topics.
 *
 * Versions: v1 throttle time · v2 the client is told to wait only after its answer (KIP-219) · v3
 * TOPIC_DELETION_DISABLED (KIP-322) · v4 flexible · v5 error messages, THROTTLING_QUOTA_EXCEEDED (KIP-599) ·
 * v6 by topic id (KIP-516).
 */
export const DeleteTopics = api({
  key: 20,
  name: 'DeleteTopics',
  versions: [0, 6],
  flexible: 4,
  request: {
    topicNames: array(string).in(0, 5).ignorable(),
    topics: array({ name: string.nullable().default(null), topicId: uuid }).in(6),
    timeoutMs: i32,
  },
  response: {
    throttleTimeMs: i32.in(1).default(0).ignorable(),
    responses: array(responseTopic),
  },
})
