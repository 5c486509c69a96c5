/**
 * The follower's side of replication from one leading broker: one fetch is always open there, and each answer leads to the
 * next one. Nothing runs while nothing happens.
 */

import { type ErrorName, Refusal } from '../protocol/errors.ts'
import type { Timer } from '../runtime/clock.ts'
import type { Env } from '../runtime/env.ts'
import { partitionKey } from './follower-session.ts'
import type {
  FetchedPartition,
  FollowerPosition,
  FollowerSide,
  LinkConnection,
  ReplicationLinks,
} from './link.ts'
import type { Partition } from './partition.ts'
import { alignWithLeader, truncateToLeader } from './truncation.ts'

/** `replica.fetch.backoff.ms` */
const BACKOFF_MS = 1000

interface Followed {
  readonly partition: Partition
  /** What the leader knows of us; null: nothing that counts. */
  sent: FollowerPosition | null
  retry: Timer | null
}

export class Fetcher implements FollowerSide {
  readonly leaderId: number
  readonly #env: Env
  readonly #brokerId: number
  readonly #links: ReplicationLinks
  readonly #followed = new Map<string, Followed>()
  /** Partitions whose position the leader must hear. */
  readonly #unsent = new Set<Followed>()
  #forgotten: Partition[] = []
  #connection: LinkConnection | null = null
  #reconnect: Timer | null = null
  #flushQueued = false
  #closed = false

  constructor(env: Env, brokerId: number, leaderId: number, links: ReplicationLinks) {
    this.#env = env
    this.#brokerId = brokerId
    this.leaderId = leaderId
    this.#links = links
  }

  get isIdle(): boolean {
    return this.#followed.size === 0
  }

  /** Follows a partition, or goes on under its new leader epoch. */
  add(partition: Partition): void {
    const key = partitionKey(partition.topicId, partition.index)
    const before = this.#followed.get(key)
    if (before) this.#drop(before)
    const followed: Followed = { partition, sent: null, retry: null }
    this.#followed.set(key, followed)
    this.#unsent.add(followed)
    this.#flushSoon()
  }

  remove(partition: Partition): void {
    const key = partitionKey(partition.topicId, partition.index)
    const followed = this.#followed.get(key)
    if (!followed) return
    this.#drop(followed)
    this.#followed.delete(key)
    this.#forgotten.push(partition)
    this.#flushSoon()
  }

  /** The leader's broker answers again. */
  reachable(): void {
    this.#reconnect?.cancel()
    this.#reconnect = null
    this.#flushSoon()
  }

  close(): void {
    this.#closed = true
    this.#connection?.close()
    this.#connection = null
    this.#reconnect?.cancel()
    for (const followed of this.#followed.values()) this.#drop(followed)
    this.#followed.clear()
  }

  fetched(partitions: readonly FetchedPartition[]): void {
    if (this.#closed) return
    for (const news of partitions) {
      const followed = this.#followed.get(partitionKey(news.position.topicId, news.position.index))
      if (followed && followed.sent === news.position) this.#take(followed, news)
    }
    this.#flush(true)
  }

  disconnected(): void {
    this.#connection = null
    if (this.#closed) return
    this.#forgotten = []
    for (const followed of this.#followed.values()) {
      followed.sent = null
      if (!followed.retry) this.#unsent.add(followed)
    }
    this.#reconnect ??= this.#env.clock.after(BACKOFF_MS, () => this.reachable())
  }

  #take(followed: Followed, news: FetchedPartition): void {
    const { partition } = followed
    try {
      if (news.error === 'OFFSET_OUT_OF_RANGE') {
        alignWithLeader(partition.log, news.logStartOffset, news.logEndOffset)
      } else if (news.error) {
        this.#retryLater(followed, news.error)
        return
      } else if (news.divergingEpoch) truncateToLeader(partition.log, news.divergingEpoch)
      else partition.appendAsFollower(news.buffers, news.highWatermark, news.logStartOffset)
    } catch (error) {
      const code = error instanceof Refusal ? error.code : 'UNKNOWN_SERVER_ERROR'
      this.#retryLater(followed, code, error)
      return
    }
    const position = positionOf(partition)
    if (!samePlace(position, news.position)) this.#unsent.add(followed)
    // The leader cannot use where we are and we found nothing to change: asking again at once would spin.
    else if (news.error || news.divergingEpoch)
      this.#retryLater(followed, news.error ?? 'FENCED_LEADER_EPOCH')
  }

  #retryLater(followed: Followed, reason: ErrorName, error?: unknown): void {
    const { topic, index } = followed.partition
    this.#env.log.warn('a replica cannot follow its leader, trying again', {
      topic,
      partition: index,
      broker: this.#brokerId,
      leader: this.leaderId,
      reason,
      ...(error !== undefined && { error }),
    })
    followed.sent = null
    followed.retry = this.#env.clock.after(BACKOFF_MS, () => {
      followed.retry = null
      this.#unsent.add(followed)
      this.#flushSoon()
    })
  }

  #drop(followed: Followed): void {
    followed.retry?.cancel()
    this.#unsent.delete(followed)
  }

  #flushSoon(): void {
    if (this.#flushQueued || this.#closed) return
    this.#flushQueued = true
    queueMicrotask(() => {
      this.#flushQueued = false
      this.#flush(false)
    })
  }

  /** Tells the leader what changed. `answered`: it used up our open fetch, so that a new one is needed in any case. */
  #flush(answered: boolean): void {
    if (this.#closed || this.#reconnect) return
    const nothing = this.#unsent.size === 0 && this.#forgotten.length === 0
    if (nothing && !answered) return
    this.#connection ??= this.#links.connect(this.#brokerId, this.leaderId, this)
    const positions: FollowerPosition[] = []
    for (const followed of this.#unsent) {
      followed.sent = positionOf(followed.partition)
      positions.push(followed.sent)
    }
    this.#unsent.clear()
    const forgotten = this.#forgotten
    this.#forgotten = []
    this.#connection.send({ followerId: this.#brokerId, positions, forgotten })
  }
}

const positionOf = (partition: Partition): FollowerPosition => ({
  topicId: partition.topicId,
  index: partition.index,
  currentLeaderEpoch: partition.leaderEpoch,
  fetchOffset: partition.logEndOffset,
  lastFetchedEpoch: partition.log.latestEpoch,
  logStartOffset: partition.logStartOffset,
})

const samePlace = (a: FollowerPosition, b: FollowerPosition): boolean =>
  a.fetchOffset === b.fetchOffset &&
  a.lastFetchedEpoch === b.lastFetchedEpoch &&
  a.logStartOffset === b.logStartOffset
