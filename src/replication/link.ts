/**
 * The links between the brokers of a cluster: what a follower asks and a leader answers passes here, by reference. A link
 * is one way (follower → leader) and can be cut and slowed; a broker that is not attached is as unreachable as a dead one.
 *
 * A message is delivered in the same turn of the event loop, after the work that sent it is over (a microtask), so that a
 * produce request to three replicas is done within the turn in which it came. After a few MB the next turn takes over, or a
 * follower that reads gigabytes to catch up would leave the sockets waiting.
 */

import type { Uuid } from '../coordinator/cluster/image.ts'
import type { EpochEndOffset } from '../log/log-types.ts'
import type { ErrorName } from '../protocol/errors.ts'
import type { Clock } from '../runtime/clock.ts'
import { releaseSlab, retainSlab } from '../runtime/slab-pool.ts'

/** Where a follower is in one partition. */
export interface FollowerPosition {
  readonly topicId: Uuid
  readonly index: number
  readonly currentLeaderEpoch: number
  /** The follower's log end offset. */
  readonly fetchOffset: number
  /** Epoch of its last record, -1: it has none. */
  readonly lastFetchedEpoch: number
  readonly logStartOffset: number
}

/** One fetch of a follower. As in KIP-227 it names only what changed since the one before on the same connection. */
export interface FollowerFetch {
  readonly followerId: number
  readonly positions: readonly FollowerPosition[]
  readonly forgotten: readonly { readonly topicId: Uuid; readonly index: number }[]
}

/** News of one partition. Nothing is said of the others. */
export interface FetchedPartition {
  /** What it answers, the very object: an answer to an older position is void. */
  readonly position: FollowerPosition
  /** With OFFSET_OUT_OF_RANGE the offsets say what the leader has. */
  readonly error: ErrorName | null
  /** Whole batches, by reference: never change them. */
  readonly buffers: readonly Buffer[]
  readonly sizeBytes: number
  readonly highWatermark: number
  readonly logStartOffset: number
  readonly logEndOffset: number
  /** Where the follower's log left the leader's. */
  readonly divergingEpoch: EpochEndOffset | null
}

/** What each broker offers to the others. */
export interface ReplicationEndpoint {
  /** A follower has connected. What it sends goes to the result; `reply` is called once at most for each fetch. */
  accept(followerId: number, reply: (partitions: readonly FetchedPartition[]) => void): LeaderSide
  /** `brokerId` can be reached (again). */
  reachable(brokerId: number): void
}

export interface LeaderSide {
  fetch(request: FollowerFetch): void
  close(): void
}

/** What a follower hears of its connection. Nothing comes after `disconnected`. */
export interface FollowerSide {
  fetched(partitions: readonly FetchedPartition[]): void
  /** The connection broke or could not be made; what was asked may or may not have arrived. */
  disconnected(): void
}

export interface LinkConnection {
  /** Asks. A fetch may follow another before it is answered: it adds to it. */
  send(request: FollowerFetch): void
  close(): void
}

/** Bytes that pass in one turn of the event loop before the sockets get theirs. */
const BYTES_PER_TURN_MAX = 4 * 2 ** 20

export class ReplicationLinks {
  readonly #clock: Clock
  readonly #endpoints = new Map<number, ReplicationEndpoint>()
  readonly #links = new Map<string, Link>()
  #turnBytes = 0
  #turnCounted = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The broker answers from now on. */
  attach(brokerId: number, endpoint: ReplicationEndpoint): void {
    this.#endpoints.set(brokerId, endpoint)
    for (const [id, other] of this.#endpoints) {
      if (id !== brokerId && !this.#link(id, brokerId).cut) other.reachable(brokerId)
    }
  }

  /** The broker is gone, as a dead process: all that was under way from and to it is lost. */
  detach(brokerId: number): void {
    if (!this.#endpoints.delete(brokerId)) return
    for (const link of this.#links.values()) {
      if (link.followerId === brokerId || link.leaderId === brokerId) link.connection?.break()
    }
  }

  /** Cuts what `followerId` fetches from `leaderId`, or joins it again. */
  setCut(followerId: number, leaderId: number, cut: boolean): void {
    const link = this.#link(followerId, leaderId)
    if (link.cut === cut) return
    link.cut = cut
    if (cut) link.connection?.break()
    else if (this.#endpoints.has(leaderId)) this.#endpoints.get(followerId)?.reachable(leaderId)
  }

  /** Time that each message takes, one way; 0: at once. */
  setDelay(followerId: number, leaderId: number, delayMs: number): void {
    this.#link(followerId, leaderId).delayMs = delayMs
  }

  /** Connects; a broken or impossible connection is told to `follower` later, never before this returns. */
  connect(followerId: number, leaderId: number, follower: FollowerSide): LinkConnection {
    const link = this.#link(followerId, leaderId)
    link.connection?.close()
    const endpoint = link.cut ? undefined : this.#endpoints.get(leaderId)
    const connection = new Connection(link, follower, (lane, sizeBytes, run) => {
      this.#deliver(link, lane, sizeBytes, run)
    })
    link.connection = connection
    if (endpoint) connection.open(endpoint)
    else connection.break()
    return connection
  }

  /** Messages of a lane arrive in the order in which they were sent. */
  #deliver(link: Link, lane: Lane, sizeBytes: number, run: () => void): void {
    lane.queue.push(run)
    const next = (): void => lane.queue.shift()?.()
    if (link.delayMs > 0 || lane.lastArrivalMs > this.#clock.now()) {
      const nowMs = this.#clock.now()
      lane.lastArrivalMs = Math.max(lane.lastArrivalMs, nowMs + link.delayMs)
      this.#clock.after(lane.lastArrivalMs - nowMs, next)
    } else if (this.#countBytes(sizeBytes) > BYTES_PER_TURN_MAX) setImmediate(next)
    else queueMicrotask(next)
  }

  #countBytes(sizeBytes: number): number {
    this.#turnBytes += sizeBytes
    if (!this.#turnCounted) {
      this.#turnCounted = true
      setImmediate(() => {
        this.#turnCounted = false
        this.#turnBytes = 0
      })
    }
    return this.#turnBytes
  }

  #link(followerId: number, leaderId: number): Link {
    const key = `${followerId}>${leaderId}`
    let link = this.#links.get(key)
    if (!link) {
      link = { followerId, leaderId, cut: false, delayMs: 0, connection: null }
      this.#links.set(key, link)
    }
    return link
  }
}

interface Link {
  readonly followerId: number
  readonly leaderId: number
  cut: boolean
  delayMs: number
  connection: Connection | null
}

/** One direction of a connection. Each delivery takes the oldest message, so none overtakes another. */
interface Lane {
  readonly queue: (() => void)[]
  lastArrivalMs: number
}

type Deliver = (lane: Lane, sizeBytes: number, run: () => void) => void

class Connection implements LinkConnection {
  readonly #link: Link
  readonly #follower: FollowerSide
  readonly #deliver: Deliver
  readonly #requests: Lane = { queue: [], lastArrivalMs: 0 }
  readonly #replies: Lane = { queue: [], lastArrivalMs: 0 }
  #leader: LeaderSide | null = null
  #ended = false

  constructor(link: Link, follower: FollowerSide, deliver: Deliver) {
    this.#link = link
    this.#follower = follower
    this.#deliver = deliver
  }

  open(endpoint: ReplicationEndpoint): void {
    this.#leader = endpoint.accept(this.#link.followerId, (partitions) => {
      let sizeBytes = 0
      for (const partition of partitions) {
        sizeBytes += partition.sizeBytes
        // They may arrive in a later turn.
        for (const buffer of partition.buffers) retainSlab(buffer)
      }
      this.#deliver(this.#replies, sizeBytes, () => {
        if (!this.#ended) this.#follower.fetched(partitions)
        for (const { buffers } of partitions) for (const buffer of buffers) releaseSlab(buffer)
      })
    })
  }

  send(request: FollowerFetch): void {
    this.#deliver(this.#requests, 0, () => {
      if (!this.#ended) this.#leader?.fetch(request)
    })
  }

  close(): void {
    if (this.#ended) return
    this.#ended = true
    if (this.#link.connection === this) this.#link.connection = null
    this.#leader?.close()
  }

  break(): void {
    if (this.#ended) return
    this.close()
    queueMicrotask(() => this.#follower.disconnected())
  }
}
