/** How a follower's log follows its leader's when the two part. */

import type { EpochEndOffset } from '../log/log-types.ts'
import type { PartitionLog } from '../log/partition-log.ts'

/**
 * The leader said that its log has another end for the epoch of our last record: what it never had is cut off, one epoch at
 * a time; the next fetch tells whether that was enough. Source: KIP-101, KIP-279, KIP-595.
 */
export const truncateToLeader = (log: PartitionLog, leader: EpochEndOffset): void => {
  const own = log.endOffsetForEpoch(leader.leaderEpoch)
  const end = log.logEndOffset
  let target = Math.min(leader.endOffset, end)
  if (own.leaderEpoch === leader.leaderEpoch) target = Math.min(target, own.endOffset)
  // We do not have that epoch: back to the end of the one before it, and ask again.
  else if (own.leaderEpoch !== -1) target = Math.min(own.endOffset, end)
  log.truncateTo(Math.max(target, log.logStartOffset))
}

/**
 * The leader has nothing where our log ends: it lost its tail (an unclean election), or its retention ate what we would need
 * next. Source: fetchOffsetAndTruncate of Kafka's AbstractFetcherThread.
 */
export const alignWithLeader = (log: PartitionLog, leaderLogStart: number, leaderLogEnd: number): void => {
  if (leaderLogEnd < log.logEndOffset && leaderLogEnd >= log.logStartOffset) log.truncateTo(leaderLogEnd)
  else if (leaderLogStart > log.logEndOffset || leaderLogEnd < log.logStartOffset) {
    log.truncateFullyAndStartAt(leaderLogStart)
  }
}
