import { Refusal } from '../../protocol/errors.ts'
import { CreatePartitions } from '../../protocol/messages/37-create-partitions.ts'
import type { ResponseOf } from '../../protocol/schema/api.ts'
import { handler } from '../handler.ts'
import { errorCodeOf, wordsOf } from '../wire.ts'

type Result = ResponseOf<typeof CreatePartitions>['results'][number]

/**
 * CreatePartitions, all versions: raises the partition count of topics.
 *
 * Errors per topic: UNKNOWN_TOPIC_OR_PARTITION, INVALID_PARTITIONS (no increase),
 * INVALID_REPLICA_ASSIGNMENT, INVALID_REQUEST (a topic twice), INVALID_REPLICATION_FACTOR. For the whole:
 * REQUEST_TIMED_OUT when it has no time.
 *
 * Differs from Kafka: the new partitions are usable on every broker when it answers; the time-out never
 * strikes later.
 */
export const createPartitions = handler(CreatePartitions, {
  handle(request, { broker }) {
    const counts = new Map<string, number>()
    for (const { name } of request.topics) counts.set(name, (counts.get(name) ?? 0) + 1)
    const results: Result[] = []
    for (const [name, count] of counts) {
      if (count === 1) continue
      results.push({ name, errorCode: errorCodeOf('INVALID_REQUEST'), errorMessage: 'Duplicate topic name.' })
    }
    const topics = request.topics.filter(({ name }) => counts.get(name) === 1)
    if (topics.length > 0 && request.timeoutMs <= 0) throw new Refusal('REQUEST_TIMED_OUT')
    const created = broker.controller.createPartitions(
      topics.map(({ name, count, assignments }) => ({
        name,
        count,
        assignments: assignments?.map(({ brokerIds }) => brokerIds) ?? null,
      })),
      { validateOnly: request.validateOnly },
    )
    for (const { name, error, message } of created) {
      results.push({ name, errorCode: errorCodeOf(error), errorMessage: message })
    }
    return { results }
  },

  refuse: (request, refusal) => ({
    results: request.topics.map(({ name }) => ({
      name,
      errorCode: errorCodeOf(refusal.code),
      errorMessage: wordsOf(refusal),
    })),
  }),
})
