import type { CreatedTopic, NewTopic } from '../../coordinator/cluster/commands.ts'
import { ZERO_UUID } from '../../coordinator/cluster/topics.ts'
import { Refusal } from '../../protocol/errors.ts'
import { CreateTopics } from '../../protocol/messages/19-create-topics.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema/api.ts'
import type { RequestContext } from '../context.ts'
import { createdTopicConfigs } from '../described-configs.ts'
import { handler } from '../handler.ts'
import { errorCodeOf, wordsOf } from '../wire.ts'

type Request = RequestOf<typeof CreateTopics>
type Result = ResponseOf<typeof CreateTopics>['topics'][number]

/** Where KRaft keeps its own records: never a topic of clients. */
const METADATA_TOPIC = '__cluster_metadata'

/**
 * CreateTopics, all versions. When it answers, the topics and their leaders are visible on every broker.
 *
 * Errors per topic: INVALID_TOPIC_EXCEPTION, TOPIC_ALREADY_EXISTS, INVALID_PARTITIONS,
 * INVALID_REPLICATION_FACTOR, INVALID_REPLICA_ASSIGNMENT, INVALID_CONFIG, INVALID_REQUEST (a name twice),
 * POLICY_VIOLATION.
 *
 * Versions: -1 for the counts takes the broker's settings in every version, as KRaft has it, though KIP-464
 * promises it from v4 on. v5 adds the resulting configuration, v7 topic ids.
 *
 * A request that has no time is REQUEST_TIMED_OUT for every topic, and nothing is made.
 *
 * Differs from Kafka: it answers once the topic is usable everywhere, not when only the controller knows
 * it; the time-out of the request therefore never strikes later.
 */
export const createTopics = handler(CreateTopics, {
  handle(request, context) {
    const counts = new Map<string, number>()
    for (const { name } of request.topics) counts.set(name, (counts.get(name) ?? 0) + 1)
    const topics = request.topics.filter(({ name }) => counts.get(name) === 1 && name !== METADATA_TOPIC)
    if (topics.length > 0 && request.timeoutMs <= 0) throw new Refusal('REQUEST_TIMED_OUT')
    const created = context.broker.controller.createTopics(topics.map(newTopic), {
      validateOnly: request.validateOnly,
    })
    const results = created.map((topic) => resultOf(topic, context))
    for (const [name, count] of counts) {
      if (count > 1) results.push(failed(name, 'Duplicate topic name.'))
      else if (name === METADATA_TOPIC) {
        results.push(failed(name, `${METADATA_TOPIC} is not for clients to make.`))
      }
    }
    return { topics: results }
  },

  refuse(request, refusal) {
    return {
      topics: request.topics.map(({ name }) => ({
        name,
        topicId: ZERO_UUID,
        errorCode: errorCodeOf(refusal.code),
        errorMessage: wordsOf(refusal),
        configs: [],
      })),
    }
  },
})

const newTopic = (topic: Request['topics'][number]): NewTopic => ({
  name: topic.name,
  numPartitions: topic.numPartitions,
  replicationFactor: topic.replicationFactor,
  assignments: topic.assignments,
  configs: topic.configs,
})

const failed = (name: string, errorMessage: string): Result => ({
  name,
  topicId: ZERO_UUID,
  errorCode: errorCodeOf('INVALID_REQUEST'),
  errorMessage,
  configs: [],
})

const resultOf = (topic: CreatedTopic, { broker, apiVersion }: RequestContext): Result => ({
  name: topic.name,
  topicId: topic.topicId ?? ZERO_UUID,
  errorCode: errorCodeOf(topic.error),
  errorMessage: topic.message,
  numPartitions: topic.numPartitions,
  replicationFactor: topic.replicationFactor,
  configs:
    topic.error === null && apiVersion >= 5
      ? createdTopicConfigs(topic.configs, broker.settings.layers(broker.image))
      : [],
})
