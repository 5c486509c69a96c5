/**
 * The leader's side of replication to one other broker: which partitions it follows, what it was told, and its fetch while
 * there is nothing to tell. Only partitions with news are looked at, so that a broker with thousands of idle ones costs
 * nothing.
 */

import type { Uuid } from '../coordinator/cluster/image.ts'
import type { EpochEndOffset } from '../log/log-types.ts'
import type { ErrorName } from '../protocol/errors.ts'
import type { FetchedPartition, FollowerFetch, FollowerPosition, LeaderSide } from './link.ts'
import type { Partition } from './partition.ts'

/** As `replica.fetch.max.bytes` and `replica.fetch.response.max.bytes`. */
const PARTITION_BYTES_MAX = 2 ** 20
const RESPONSE_BYTES_MAX = 10 * 2 ** 20

const NO_BUFFERS: readonly Buffer[] = Object.freeze([])

interface Followed {
  position: FollowerPosition
  partition: Partition | undefined
  /** What the follower must hear instead of records. */
  problem: ErrorName | EpochEndOffset | null
  /** It was told something that makes its position an old one: the next word is its. */
  awaitsPosition: boolean
  /** What it was told last; -1: nothing yet. */
  toldHighWatermark: number
  toldLogStart: number
}

export const partitionKey = (topicId: Uuid, index: number): string => `${topicId}-${index}`

export class FollowerSession implements LeaderSide {
  readonly followerId: number
  readonly #find: (topicId: Uuid, index: number) => Partition | undefined
  readonly #reply: (partitions: readonly FetchedPartition[]) => void
  readonly #closed: (session: FollowerSession) => void
  readonly #followed = new Map<string, Followed>()
  readonly #news = new Set<Followed>()
  /** A fetch waits for news. */
  #parked = false
  #replyQueued = false

  constructor(
    followerId: number,
    find: (topicId: Uuid, index: number) => Partition | undefined,
    reply: (partitions: readonly FetchedPartition[]) => void,
    closed: (session: FollowerSession) => void,
  ) {
    this.followerId = followerId
    this.#find = find
    this.#reply = reply
    this.#closed = closed
  }

  fetch(request: FollowerFetch): void {
    for (const { topicId, index } of request.forgotten) {
      const key = partitionKey(topicId, index)
      const followed = this.#followed.get(key)
      if (followed) this.#news.delete(followed)
      this.#followed.delete(key)
    }
    // Taking positions moves high watermarks, whose news must not answer a fetch that is half read.
    this.#parked = false
    for (const position of request.positions) this.#take(position)
    this.#parked = true
    this.#answer()
  }

  /** The partition has something new, or changed its role. */
  wake(partition: Partition): void {
    const followed = this.#followed.get(partitionKey(partition.topicId, partition.index))
    if (!followed || !hasNews(followed)) return
    this.#news.add(followed)
    if (!this.#parked || this.#replyQueued) return
    // One answer for all that happens in this turn.
    this.#replyQueued = true
    queueMicrotask(() => {
      this.#replyQueued = false
      this.#answer()
    })
  }

  close(): void {
    this.#parked = false
    this.#followed.clear()
    this.#news.clear()
    this.#closed(this)
  }

  #take(position: FollowerPosition): void {
    const { topicId, index, fetchOffset, logStartOffset } = position
    const key = partitionKey(topicId, index)
    const partition = this.#find(topicId, index)
    let followed = this.#followed.get(key)
    if (!followed) {
      followed = {
        position,
        partition,
        problem: null,
        awaitsPosition: false,
        toldHighWatermark: -1,
        toldLogStart: -1,
      }
      this.#followed.set(key, followed)
    }
    followed.position = position
    followed.partition = partition
    followed.awaitsPosition = false
    followed.problem = partition
      ? partition.checkFollowerFetch(
          this.followerId,
          fetchOffset,
          position.currentLeaderEpoch,
          position.lastFetchedEpoch,
        )
      : 'UNKNOWN_TOPIC_OR_PARTITION'
    if (partition && followed.problem === null) {
      partition.followerFetched(this.followerId, fetchOffset, logStartOffset)
    }
    if (hasNews(followed)) this.#news.add(followed)
    else this.#news.delete(followed)
  }

  #answer(): void {
    if (!this.#parked || this.#news.size === 0) return
    const partitions: FetchedPartition[] = []
    let budget = RESPONSE_BYTES_MAX
    for (const followed of this.#news) {
      if (budget <= 0) break
      this.#news.delete(followed)
      const fetched = fetchedPartition(followed, Math.min(budget, PARTITION_BYTES_MAX))
      budget -= fetched.sizeBytes
      partitions.push(fetched)
    }
    this.#parked = false
    this.#reply(partitions)
  }
}

const hasNews = ({
  partition,
  problem,
  position,
  awaitsPosition,
  toldHighWatermark,
  toldLogStart,
}: Followed): boolean => {
  if (awaitsPosition) return false
  if (problem !== null || !partition) return true
  if (partition.checkLeader(position.currentLeaderEpoch) !== null) return true
  return (
    partition.logEndOffset > position.fetchOffset ||
    partition.highWatermark > toldHighWatermark ||
    partition.logStartOffset > toldLogStart
  )
}

const fetchedPartition = (followed: Followed, maxBytes: number): FetchedPartition => {
  const { partition, position } = followed
  const problem = followed.problem ?? partition?.checkLeader(position.currentLeaderEpoch) ?? null
  const highWatermark = partition?.highWatermark ?? -1
  const logStartOffset = partition?.logStartOffset ?? -1
  const logEndOffset = partition?.logEndOffset ?? -1
  let buffers = NO_BUFFERS
  let sizeBytes = 0
  if (problem !== null) followed.awaitsPosition = true
  else if (partition) {
    followed.toldHighWatermark = highWatermark
    followed.toldLogStart = logStartOffset
    if (logEndOffset > position.fetchOffset) {
      ;({ buffers, sizeBytes } = partition.readForFollower(position.fetchOffset, maxBytes))
      followed.awaitsPosition = true
    }
  }
  return {
    position,
    error: typeof problem === 'string' ? problem : null,
    buffers,
    sizeBytes,
    highWatermark,
    logStartOffset,
    logEndOffset,
    divergingEpoch: typeof problem === 'object' ? problem : null,
  }
}
