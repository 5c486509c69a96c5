import { type ErrorName, Refusal } from '../../protocol/errors.ts'
import { ListOffsets } from '../../protocol/messages/02-list-offsets.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema/api.ts'
import type { Partition } from '../../replication/partition.ts'
import type { RequestContext } from '../context.ts'
import { handler } from '../handler.ts'
import { findReplica } from '../lookup.ts'
import { errorCodeOf, int64Of, offsetOf } from '../wire.ts'

type Request = RequestOf<typeof ListOffsets>
type AskedPartition = Request['topics'][number]['partitions'][number]
type PartitionResponse = ResponseOf<typeof ListOffsets>['topics'][number]['partitions'][number]

/** Timestamps that stand for a place in the log, and the version that brought them. */
const LATEST = -1
const EARLIEST = -2
const MAX_TIMESTAMP = -3
const EARLIEST_LOCAL = -4
const LATEST_TIERED = -5
const EARLIEST_PENDING_UPLOAD = -6
const SPECIAL_SINCE: ReadonlyMap<number, number> = new Map([
  [LATEST, 0],
  [EARLIEST, 0],
  [MAX_TIMESTAMP, 7],
  [EARLIEST_LOCAL, 8],
  [LATEST_TIERED, 9],
  [EARLIEST_PENDING_UPLOAD, 11],
])

const LEADER_EPOCH_SINCE = 4
const OFFSET_NOT_AVAILABLE_SINCE = 5
const CONSUMER = -1
const READ_UNCOMMITTED = 0
const READ_COMMITTED = 1
const EMPTY: readonly never[] = Object.freeze([])

/** Where a timestamp leads to; `leaderEpoch` -1: unknown. */
interface Found {
  readonly timestamp: number
  readonly offset: number
  readonly leaderEpoch: number
}
const NOTHING: Found = { timestamp: -1, offset: -1, leaderEpoch: -1 }

/**
 * ListOffsets, versions 0 to 11: the offset of the first record that is not older than a timestamp, or of a
 * special place: -1 latest (the high watermark; read_committed: the last stable offset), -2 earliest, -3
 * largest timestamp (v7), -4 earliest in this log directory (v8), -5 and -6 about tiered storage (v9, v11),
 * which is never used: nothing.
 *
 * Errors, of each partition: INVALID_REQUEST when it is asked for twice, UNSUPPORTED_VERSION for a special
 * timestamp that the version lacks, UNKNOWN_TOPIC_OR_PARTITION, NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH,
 * UNKNOWN_LEADER_EPOCH, OFFSET_NOT_AVAILABLE (before v5 LEADER_NOT_AVAILABLE) just after an election.
 *
 * Differs from Kafka: 4.x serves versions 1 to 11 alone. Version 0 once listed the first offsets of segment
 * files last written before the timestamp; here it answers by record, and with the log start offset as the
 * second one.
 */
export const listOffsets = handler(ListOffsets, {
  handle(request, context) {
    if (request.isolationLevel !== READ_COMMITTED && request.isolationLevel !== READ_UNCOMMITTED) {
      throw new Refusal('UNKNOWN_SERVER_ERROR')
    }
    const duplicates = duplicatesIn(request)
    const { image } = context.broker
    return {
      topics: request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map((asked) => {
          if (duplicates.has(`${name}/${asked.partitionIndex}`)) return failed(asked, 'INVALID_REQUEST')
          const replica = findReplica(context.broker, image.topic(name), asked.partitionIndex)
          if (!isServed(offsetOf(asked.timestamp), context)) return failed(asked, 'UNSUPPORTED_VERSION')
          if (typeof replica === 'string') return failed(asked, replica)
          return answer(replica, asked, request, context)
        }),
      })),
    }
  },

  refuse: (request, { code }) => ({
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map((asked) => failed(asked, code)),
    })),
  }),
})

const isServed = (timestamp: number, { apiVersion }: RequestContext): boolean => {
  if (timestamp >= 0) return true
  const since = SPECIAL_SINCE.get(timestamp)
  return since !== undefined && apiVersion >= since
}

const duplicatesIn = (request: Request): ReadonlySet<string> => {
  const seen = new Set<string>()
  const duplicates = new Set<string>()
  for (const { name, partitions } of request.topics) {
    for (const { partitionIndex } of partitions) {
      const key = `${name}/${partitionIndex}`
      if (seen.has(key)) duplicates.add(key)
      seen.add(key)
    }
  }
  return duplicates
}

const failed = ({ partitionIndex }: AskedPartition, error: ErrorName): PartitionResponse => ({
  partitionIndex,
  errorCode: errorCodeOf(error),
  oldStyleOffsets: EMPTY,
})

const answer = (
  partition: Partition,
  asked: AskedPartition,
  request: Request,
  context: RequestContext,
): PartitionResponse => {
  const error = partition.checkLeader(asked.currentLeaderEpoch)
  if (error !== null) return failed(asked, error)
  const isConsumer = request.replicaId === CONSUMER
  if (isConsumer && !partition.offsetsAvailable) {
    const isKnown = context.apiVersion >= OFFSET_NOT_AVAILABLE_SINCE
    return failed(asked, isKnown ? 'OFFSET_NOT_AVAILABLE' : 'LEADER_NOT_AVAILABLE')
  }
  const limit = !isConsumer
    ? partition.logEndOffset
    : request.isolationLevel === READ_COMMITTED
      ? partition.lastStableOffset
      : partition.highWatermark
  const timestamp = offsetOf(asked.timestamp)
  if (context.apiVersion === 0) return answerOldStyle(partition, asked, timestamp, limit)
  const found = find(partition, timestamp, limit)
  return {
    partitionIndex: asked.partitionIndex,
    errorCode: 0,
    oldStyleOffsets: EMPTY,
    timestamp: int64Of(found.timestamp),
    offset: int64Of(found.offset),
    leaderEpoch: context.apiVersion >= LEADER_EPOCH_SINCE ? found.leaderEpoch : -1,
  }
}

const find = (partition: Partition, timestamp: number, limit: number): Found => {
  const { log } = partition
  switch (timestamp) {
    case LATEST:
      return { timestamp: -1, offset: limit, leaderEpoch: partition.leaderEpoch }
    case EARLIEST:
    case EARLIEST_LOCAL:
      return { timestamp: -1, offset: log.logStartOffset, leaderEpoch: epochAtStart(partition) }
    case LATEST_TIERED:
    case EARLIEST_PENDING_UPLOAD:
      return NOTHING
    case MAX_TIMESTAMP:
      return visible(log.offsetOfMaxTimestamp(), limit)
    default:
      return visible(log.findOffsetByTimestamp(timestamp), limit)
  }
}

/** What lies at or beyond `limit` is not to be seen yet. */
const visible = (found: Found | undefined, limit: number): Found =>
  found === undefined || found.offset >= limit ? NOTHING : found

/** An empty log has no epochs yet: what comes first will be of the present one. */
const epochAtStart = (partition: Partition): number => {
  const { log } = partition
  return log.logStartOffset === log.logEndOffset ? partition.leaderEpoch : log.epochOf(log.logStartOffset)
}

const answerOldStyle = (
  partition: Partition,
  asked: AskedPartition,
  timestamp: number,
  limit: number,
): PartitionResponse => {
  const start = partition.logStartOffset
  const first =
    timestamp < 0 ? find(partition, timestamp, limit).offset : offsetBefore(partition, timestamp, limit)
  const offsets = first > start ? [first, start] : [start]
  return {
    partitionIndex: asked.partitionIndex,
    errorCode: 0,
    oldStyleOffsets: offsets.slice(0, Math.max(0, asked.maxNumOffsets)).map(int64Of),
  }
}

const offsetBefore = (partition: Partition, timestamp: number, limit: number): number => {
  const found = visible(partition.log.findOffsetByTimestamp(timestamp), limit)
  return found === NOTHING ? limit : found.offset
}
