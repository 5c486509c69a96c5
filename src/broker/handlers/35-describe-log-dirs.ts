import { DescribeLogDirs } from '../../protocol/messages/35-describe-log-dirs.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema/api.ts'
import type { Partition } from '../../replication/partition.ts'
import { handler } from '../handler.ts'
import { errorCodeOf, int64Of } from '../wire.ts'

type Request = RequestOf<typeof DescribeLogDirs>
type Result = ResponseOf<typeof DescribeLogDirs>['results'][number]

/** Kafka's UNKNOWN_VOLUME_BYTES. */
const UNKNOWN_BYTES = -1n

/**
 * DescribeLogDirs, all versions: the log directory of this broker and the size of each replica in it.
 * Partitions that are not here are left out.
 *
 * Errors: none of its own.
 *
 * Differs from Kafka: a broker has one log directory; the size of its volume and what is free there are
 * unknown (-1).
 */
export const describeLogDirs = handler(DescribeLogDirs, {
  handle(request, { broker }) {
    const { config } = broker
    return {
      errorCode: 0,
      results: [
        {
          errorCode: 0,
          logDir: config.list('log.dirs')[0] ?? config.list('log.dir')[0] ?? '',
          topics: topicsOf(wantedPartitions(request, [...broker.replicas.partitions()])),
          totalBytes: UNKNOWN_BYTES,
          usableBytes: UNKNOWN_BYTES,
          isCordoned: false,
        },
      ],
    }
  },

  refuse: (_request, refusal) => ({ errorCode: errorCodeOf(refusal.code), results: [] }),
})

function wantedPartitions({ topics }: Request, here: readonly Partition[]): readonly Partition[] {
  if (topics === null) return here
  const wanted = new Map<string, Set<number>>()
  for (const { topic, partitions } of topics) {
    const indexes = wanted.get(topic) ?? new Set()
    wanted.set(topic, indexes)
    for (const index of partitions) indexes.add(index)
  }
  return here.filter(({ topic, index }) => wanted.get(topic)?.has(index) ?? false)
}

function topicsOf(partitions: readonly Partition[]): Result['topics'] {
  const topics = new Map<string, Result['topics'][number]['partitions'][number][]>()
  for (const { topic, index, log } of partitions) {
    const replicas = topics.get(topic) ?? []
    topics.set(topic, replicas)
    replicas.push({
      partitionIndex: index,
      partitionSize: int64Of(log.sizeBytes),
      offsetLag: int64Of(Math.max(0, log.highWatermark - log.logEndOffset)),
      isFutureKey: false,
    })
  }
  return [...topics].map(([name, replicas]) => ({ name, partitions: replicas }))
}
