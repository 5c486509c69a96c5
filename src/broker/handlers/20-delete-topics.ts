import type { TopicToDelete } from '../../coordinator/cluster/commands.ts'
import { ZERO_UUID } from '../../coordinator/cluster/topics.ts'
import { type ErrorName, Refusal } from '../../protocol/errors.ts'
import { DeleteTopics } from '../../protocol/messages/20-delete-topics.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema/api.ts'
import type { RequestContext } from '../context.ts'
import { handler } from '../handler.ts'
import { errorCodeOf, wordsOf } from '../wire.ts'

type Request = RequestOf<typeof DeleteTopics>
type Result = ResponseOf<typeof DeleteTopics>['responses'][number]

/** From this version on a broker may say that topics cannot be deleted. */
const DISABLED_SINCE = 3
/** From this version on topics may be named by id. */
const TOPIC_IDS_SINCE = 6

/**
 * DeleteTopics, all versions: by name, from v6 also by id.
 *
 * Errors per topic: UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID, INVALID_REQUEST (named twice, by name and
 * id at once, or not at all). For the whole: TOPIC_DELETION_DISABLED, before v3 INVALID_REQUEST;
 * REQUEST_TIMED_OUT when it has no time.
 *
 * Differs from Kafka: results come in the order of the request; a KRaft broker shuffles them. The time-out
 * of the request never strikes later: the topics are gone from every broker's metadata when it answers.
 */
export const deleteTopics = handler(DeleteTopics, {
  handle(request, context) {
    const { broker, apiVersion } = context
    if (!broker.config.boolean('delete.topic.enable')) {
      throw new Refusal(apiVersion < DISABLED_SINCE ? 'INVALID_REQUEST' : 'TOPIC_DELETION_DISABLED')
    }
    const results: Result[] = []
    const topics = singleTopics(askedTopics(request, apiVersion), results)
    if (topics.length > 0 && request.timeoutMs <= 0) throw new Refusal('REQUEST_TIMED_OUT')
    for (const { name, id, error, message } of broker.controller.deleteTopics(
      withoutAliases(topics, context, results),
    )) {
      results.push({
        name,
        topicId: id ?? ZERO_UUID,
        errorCode: errorCodeOf(error),
        errorMessage: error === null ? null : (message ?? USUAL_WORDS[error] ?? error),
      })
    }
    return { responses: results }
  },

  refuse(request, refusal, { apiVersion }) {
    return {
      responses: askedTopics(request, apiVersion).map(({ name, id }) => ({
        // A version that has no ids cannot say that there is no name either.
        name: name ?? (apiVersion < TOPIC_IDS_SINCE ? '' : null),
        topicId: id ?? ZERO_UUID,
        errorCode: errorCodeOf(refusal.code),
        errorMessage: wordsOf(refusal),
      })),
    }
  },
})

const USUAL_WORDS: { readonly [error in ErrorName]?: string } = {
  UNKNOWN_TOPIC_OR_PARTITION: 'There is no such topic.',
  UNKNOWN_TOPIC_ID: 'There is no topic of this id.',
}

const askedTopics = (request: Request, apiVersion: number): TopicToDelete[] =>
  apiVersion < TOPIC_IDS_SINCE
    ? request.topicNames.map((name) => ({ name, id: null }))
    : request.topics.map(({ name, topicId }) => ({ name, id: topicId === ZERO_UUID ? null : topicId }))

const refused = ({ name, id }: TopicToDelete, errorMessage: string): Result => ({
  name,
  topicId: id ?? ZERO_UUID,
  errorCode: errorCodeOf('INVALID_REQUEST'),
  errorMessage,
})

/** The topics that are named once and in one way; the others get their result. */
function singleTopics(topics: readonly TopicToDelete[], results: Result[]): TopicToDelete[] {
  const counts = new Map<string, number>()
  const named = topics.filter((topic) => {
    const { name, id } = topic
    const problem =
      name === null && id === null
        ? 'The topic has neither name nor id.'
        : name !== null && id !== null
          ? 'A topic is named by name or by id, not by both.'
          : null
    if (problem !== null) results.push(refused(topic, problem))
    else counts.set(keyOf(topic), (counts.get(keyOf(topic)) ?? 0) + 1)
    return problem === null
  })
  const told = new Set<string>()
  return named.filter((topic) => {
    const key = keyOf(topic)
    if (counts.get(key) === 1) return true
    if (!told.has(key)) {
      results.push(refused(topic, topic.name === null ? 'Duplicate topic id.' : 'Duplicate topic name.'))
    }
    told.add(key)
    return false
  })
}

/** Names and ids do not meet: an id has 22 characters and no prefix. */
const keyOf = ({ name, id }: TopicToDelete): string => (name === null ? `id ${id}` : `name ${name}`)

/** Drops topics named by name whose id is there as well. */
function withoutAliases(
  topics: readonly TopicToDelete[],
  { broker }: RequestContext,
  results: Result[],
): TopicToDelete[] {
  const ids = new Set(topics.map(({ id }) => id).filter((id) => id !== null))
  if (ids.size === 0) return [...topics]
  return topics.filter((topic) => {
    const id = topic.name === null ? undefined : broker.image.topic(topic.name)?.id
    if (id === undefined || !ids.has(id)) return true
    results.push(refused(topic, 'The topic is named by its id as well.'))
    return false
  })
}
