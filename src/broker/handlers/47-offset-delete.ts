import type { DeleteOffsetsResult } from '../../coordinator/group/types.ts'
import { OffsetDelete } from '../../protocol/messages/47-offset-delete.ts'
import { handler } from '../handler.ts'
import { errorCodeOf } from '../wire.ts'

/**
 * OffsetDelete, version 0: forgets offsets of a group (KIP-496).
 *
 * Errors: INVALID_GROUP_ID, GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP (a group with members that is no consumer
 * group), NOT_COORDINATOR, COORDINATOR_NOT_AVAILABLE; then there are no topics. Of each partition:
 * UNKNOWN_TOPIC_OR_PARTITION, GROUP_SUBSCRIBED_TO_TOPIC. What is refused before the coordinator is asked
 * comes first in the answer, as in Kafka.
 *
 * Differs from Kafka: nothing known.
 */
export const offsetDelete = handler(OffsetDelete, {
  handle(request, { broker }) {
    const topics: Topics = new Map()
    const known = request.topics.map(({ name, partitions }) => {
      const topic = broker.image.topic(name)
      const indexes = partitions.map(({ partitionIndex }) => partitionIndex)
      for (const index of indexes)
        if (topic?.partitions[index] === undefined) put(topics, name, index, UNKNOWN)
      return { topic: name, partitions: indexes.filter((index) => topic?.partitions[index] !== undefined) }
    })
    const deleted = broker.groups.deleteOffsets(
      request.groupId,
      known.filter(({ partitions }) => partitions.length > 0),
    )
    return deleted instanceof Promise
      ? deleted.then((result) => answer(result, topics))
      : answer(deleted, topics)
  },

  refuse: (_request, { code }) => ({ errorCode: errorCodeOf(code), topics: [] }),
})

type Topics = Map<string, { name: string; partitions: { partitionIndex: number; errorCode: number }[] }>

const UNKNOWN = errorCodeOf('UNKNOWN_TOPIC_OR_PARTITION')

const put = (topics: Topics, name: string, partitionIndex: number, errorCode: number): void => {
  let topic = topics.get(name)
  if (topic === undefined) {
    topic = { name, partitions: [] }
    topics.set(name, topic)
  }
  topic.partitions.push({ partitionIndex, errorCode })
}

const answer = ({ error, partitions }: DeleteOffsetsResult, topics: Topics) => {
  if (error !== 'NONE') return { errorCode: errorCodeOf(error), topics: [] }
  for (const each of partitions) put(topics, each.topic, each.partition, errorCodeOf(each.error))
  return { errorCode: 0, topics: [...topics.values()] }
}
