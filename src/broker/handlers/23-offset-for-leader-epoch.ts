import { OffsetForLeaderEpoch } from '../../protocol/messages/23-offset-for-leader-epoch.ts'
import { handler } from '../handler.ts'
import { findReplica } from '../lookup.ts'
import { errorCodeOf, int64Of } from '../wire.ts'

/**
 * OffsetForLeaderEpoch, versions 0 to 4: where a leader epoch ends in the leader's log, so that a consumer
 * finds out whether what it read was cut off since (KIP-320).
 *
 * Errors, of each partition: UNKNOWN_TOPIC_OR_PARTITION, NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH,
 * UNKNOWN_LEADER_EPOCH.
 *
 * Differs from Kafka: 4.x serves versions 2 to 4 alone.
 */
export const offsetForLeaderEpoch = handler(OffsetForLeaderEpoch, {
  handle(request, { broker }) {
    const { image } = broker
    return {
      topics: request.topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition, currentLeaderEpoch, leaderEpoch }) => {
          const replica = findReplica(broker, image.topic(topic), partition)
          if (typeof replica === 'string') return { partition, errorCode: errorCodeOf(replica) }
          const end = replica.endOffsetForEpoch(currentLeaderEpoch, leaderEpoch)
          return {
            partition,
            errorCode: errorCodeOf(end.error),
            leaderEpoch: end.leaderEpoch,
            endOffset: int64Of(end.endOffset),
          }
        }),
      })),
    }
  },

  refuse: (request, { code }) => ({
    topics: request.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition }) => ({ partition, errorCode: errorCodeOf(code) })),
    })),
  }),
})
