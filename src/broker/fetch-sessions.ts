import type { ErrorName } from '../protocol/errors.ts'
import type { Env } from '../runtime/env.ts'

/** A session that was not used for so long may be evicted for any new one. Source: KIP-227. */
const EVICT_AFTER_MS = 120_000
/** Partitions that all sessions together remember. Beyond it clients get no session, and send everything each time. */
const TARGETS_MAX = 1_000_000
const INITIAL_EPOCH = 0
/** The request wants no session, and ends the one that it names. */
const FINAL_EPOCH = -1
const EPOCH_MAX = 2 ** 31 - 1

/** A partition that a consumer or follower wants to read, as the newest request said. */
export interface FetchTarget {
  /** Name, or topic id when the client speaks version 13 or newer. */
  readonly topic: string
  readonly partition: number
  fetchOffset: number
  currentLeaderEpoch: number
  lastFetchedEpoch: number
  maxBytes: number
  /** What the client was told last; -1: nothing, or an error, so that the next answer includes it. */
  toldHighWatermark: number
  toldLogStartOffset: number
}

export interface ForgottenTopic {
  readonly topic: string
  readonly partitions: readonly number[]
}

export interface SessionRequest {
  readonly sessionId: number
  readonly sessionEpoch: number
  readonly usesTopicIds: boolean
  /** Follower fetches push consumers out of a full cache, never the other way round. */
  readonly isFollower: boolean
  readonly targets: readonly FetchTarget[]
  readonly forgotten: readonly ForgottenTopic[]
}

/** How a fetch is to be answered. */
export interface SessionFetch {
  /** The session cannot be used: the answer is this error alone. */
  readonly error: ErrorName | null
  /** What is read, in this order. */
  readonly targets: readonly FetchTarget[]
  /** Given: only what changed since the last answer is answered. */
  readonly session: FetchSession | null
  /** The full fetch may found a session, if there is room. */
  readonly mayCreate: boolean
}

/** What a client reads again and again: sent once, then only the differences. */
export class FetchSession {
  readonly id: number
  readonly usesTopicIds: boolean
  readonly isFollower: boolean
  readonly createdMs: number
  lastUsedMs: number
  epoch = 1
  /** In order of service: a partition that gave records goes to the end, so that none starves. */
  readonly targets = new Map<string, FetchTarget>()

  constructor(id: number, request: SessionRequest, nowMs: number) {
    this.id = id
    this.usesTopicIds = request.usesTopicIds
    this.isFollower = request.isFollower
    this.createdMs = nowMs
    this.lastUsedMs = nowMs
    for (const target of request.targets) this.targets.set(keyOf(target.topic, target.partition), target)
  }

  /** Moves a partition behind all others. */
  moveToEnd(target: FetchTarget): void {
    const key = keyOf(target.topic, target.partition)
    if (!this.targets.delete(key)) return
    this.targets.set(key, target)
  }

  update(request: SessionRequest): void {
    for (const target of request.targets) {
      const key = keyOf(target.topic, target.partition)
      const known = this.targets.get(key)
      if (known === undefined) {
        this.targets.set(key, target)
        continue
      }
      known.fetchOffset = target.fetchOffset
      known.currentLeaderEpoch = target.currentLeaderEpoch
      known.lastFetchedEpoch = target.lastFetchedEpoch
      known.maxBytes = target.maxBytes
    }
    for (const { topic, partitions } of request.forgotten) {
      for (const partition of partitions) this.targets.delete(keyOf(topic, partition))
    }
  }
}

/** A topic name holds no '/', nor does an id. */
const keyOf = (topic: string, partition: number): string => `${topic}/${partition}`

const NOTHING: readonly FetchTarget[] = []
const failed = (error: ErrorName): SessionFetch => ({
  error,
  targets: NOTHING,
  session: null,
  mayCreate: false,
})

/**
 * The fetch sessions of one broker (KIP-227, FetchSessionCache): at most `maxSessions`. When they are all
 * taken a new one replaces one that was unused for two minutes, or a smaller (or less privileged) one that
 * has lived for two minutes; otherwise the client gets none, and sends everything each time.
 */
export class FetchSessions {
  readonly #env: Env
  readonly #maxSessions: number
  /** In order of use: the first was unused for longest. */
  readonly #sessions = new Map<number, FetchSession>()
  #targetCount = 0

  constructor(env: Env, options: { readonly maxSessions: number }) {
    this.#env = env
    this.#maxSessions = options.maxSessions
  }

  get size(): number {
    return this.#sessions.size
  }

  /** Finds out what a request reads, by its session id and epoch. */
  begin(request: SessionRequest): SessionFetch {
    const { sessionId, sessionEpoch, targets } = request
    if (sessionEpoch === INITIAL_EPOCH || sessionEpoch === FINAL_EPOCH) {
      this.#drop(this.#sessions.get(sessionId))
      const mayCreate = sessionEpoch === INITIAL_EPOCH
      return { error: null, targets, session: null, mayCreate }
    }
    const session = this.#sessions.get(sessionId)
    if (session === undefined) return failed('FETCH_SESSION_ID_NOT_FOUND')
    if (session.epoch !== sessionEpoch) return failed('INVALID_FETCH_SESSION_EPOCH')
    if (session.usesTopicIds !== request.usesTopicIds) return failed('FETCH_SESSION_TOPIC_ID_ERROR')
    this.#drop(session)
    session.update(request)
    if (session.targets.size === 0 || this.#targetCount + session.targets.size > TARGETS_MAX) {
      return { error: null, targets: [...session.targets.values()], session: null, mayCreate: false }
    }
    session.lastUsedMs = this.#env.clock.now()
    session.epoch = session.epoch === EPOCH_MAX ? 1 : session.epoch + 1
    this.#keep(session)
    return { error: null, targets: [...session.targets.values()], session, mayCreate: false }
  }

  /** Founds a session for a full fetch. Null: no room, or nothing to read. */
  create(request: SessionRequest): FetchSession | null {
    const now = this.#env.clock.now()
    if (request.targets.length === 0 || !this.#makeRoom(request, now)) return null
    let id = 0
    while (id === 0 || this.#sessions.has(id)) id = this.#env.random.int(2 ** 31 - 1) + 1
    const session = new FetchSession(id, request, now)
    this.#keep(session)
    return session
  }

  #keep(session: FetchSession): void {
    this.#sessions.set(session.id, session)
    this.#targetCount += session.targets.size
  }

  #drop(session: FetchSession | undefined): boolean {
    if (session === undefined || !this.#sessions.delete(session.id)) return false
    this.#targetCount -= session.targets.size
    return true
  }

  #makeRoom(request: SessionRequest, now: number): boolean {
    if (this.#targetCount + request.targets.length > TARGETS_MAX) return false
    if (this.#sessions.size < this.#maxSessions) return true
    const oldest: FetchSession | undefined = this.#sessions.values().next().value
    if (oldest === undefined) return false
    if (now - oldest.lastUsedMs > EVICT_AFTER_MS) return this.#drop(oldest)
    let least: FetchSession | undefined
    for (const session of this.#sessions.values()) {
      if (now - session.createdMs <= EVICT_AFTER_MS) continue
      if (least === undefined || ranksBelow(session, least.isFollower, least.targets.size)) least = session
    }
    if (least === undefined || !ranksBelow(least, request.isFollower, request.targets.length)) return false
    return this.#drop(least)
  }
}

/** Followers rank above consumers, then the larger above the smaller. */
const ranksBelow = (session: FetchSession, isFollower: boolean, size: number): boolean =>
  session.isFollower === isFollower ? session.targets.size < size : isFollower
