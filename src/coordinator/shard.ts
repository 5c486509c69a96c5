import { type ErrorName, Refusal } from '../protocol/errors.ts'
import type { Env } from '../runtime/env.ts'
import type { CoordinatorRecord, RecordLog, RecordProducer } from './record-log.ts'
import { Answer } from './runtime-answer.ts'
import { KeyedTimers } from './timers.ts'

/** What one shard of a coordinator knows. Hard state changes only here, by applying records. */
export interface ShardState {
  /**
   * Applies one record; the only way in which hard state changes. `producer`: the open transaction that it
   * belongs to.
   */
  apply(record: CoordinatorRecord, offset: number, producer: RecordProducer | null): void
  /** The transaction of `producer` ended: what it wrote becomes visible, or is dropped. */
  applyMarker(producer: RecordProducer, committed: boolean, offset: number): void
  /** Everything that the log holds is applied: sessions begin again. May write through its shard. */
  loaded(nowMs: number): void
  /**
   * This broker no longer leads the partition: everybody who waits gets `error`. Timers are cancelled
   * already.
   */
  unloaded(error: ErrorName): void
}

/** What a request decided. */
export interface Outcome<R> {
  readonly records: readonly CoordinatorRecord[]
  readonly response: R | Answer<R>
  /**
   * The state holds what the records say already (they describe soft state): they are not applied here, only
   * on load.
   */
  readonly held?: boolean | undefined
  /** The transaction that the records belong to. */
  readonly producer?: RecordProducer | undefined
  /**
   * Called once: with null when the records are committed (also when there are none), or with the error that
   * a client gets when they are not. With it a failure does not throw: it is this function's to tell whoever
   * waits. Not called when the shard was unloaded meanwhile.
   */
  readonly whenCommitted?: ((error: ErrorName | null) => void) | undefined
}

/** Source: GroupCoordinatorService.handleOperationException. */
const CLIENT_ERROR = new Map<ErrorName, ErrorName>([
  ['UNKNOWN_TOPIC_OR_PARTITION', 'COORDINATOR_NOT_AVAILABLE'],
  ['NOT_ENOUGH_REPLICAS', 'COORDINATOR_NOT_AVAILABLE'],
  ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'COORDINATOR_NOT_AVAILABLE'],
  ['REQUEST_TIMED_OUT', 'COORDINATOR_NOT_AVAILABLE'],
  ['NOT_LEADER_OR_FOLLOWER', 'NOT_COORDINATOR'],
  ['FENCED_LEADER_EPOCH', 'NOT_COORDINATOR'],
  ['KAFKA_STORAGE_ERROR', 'NOT_COORDINATOR'],
  ['MESSAGE_TOO_LARGE', 'UNKNOWN_SERVER_ERROR'],
  ['RECORD_LIST_TOO_LARGE', 'UNKNOWN_SERVER_ERROR'],
  ['INVALID_FETCH_SIZE', 'UNKNOWN_SERVER_ERROR'],
])

/** The error that a coordinator's client gets when its records could not be appended or committed. */
const clientError = (error: ErrorName): ErrorName => CLIENT_ERROR.get(error) ?? error

/**
 * One partition of the internal topic and the state that its records make. Requests, timers and load share
 * one door: decide, append, apply, wait for the commit, answer. Nothing here is asynchronous but the wait for
 * the commit.
 */
export class Shard<S extends ShardState> {
  readonly partition: number
  readonly state: S
  readonly #env: Env
  readonly #log: RecordLog
  readonly #commitTimeoutMs: number
  readonly #timers: KeyedTimers
  /** Ends every wait for a commit. */
  readonly #waiting = new Set<(error: ErrorName) => void>()
  #closed = false

  constructor(
    env: Env,
    options: {
      readonly partition: number
      readonly log: RecordLog
      readonly commitTimeoutMs: number
      readonly newState: (shard: Shard<S>) => S
    },
  ) {
    this.#env = env
    this.partition = options.partition
    this.#log = options.log
    this.#commitTimeoutMs = options.commitTimeoutMs
    this.#timers = new KeyedTimers(env.clock)
    this.state = options.newState(this)
  }

  /** Replays the log. Throws what the log throws. */
  load(): void {
    this.#log.replay({
      record: (record, offset, producer) => this.state.apply(record, offset, producer),
      marker: (producer, committed, offset) => this.state.applyMarker(producer, committed, offset),
    })
    this.state.loaded(this.#env.clock.now())
  }

  unload(error: ErrorName): void {
    if (this.#closed) return
    this.#closed = true
    this.#timers.cancelAll()
    for (const end of [...this.#waiting]) end(error)
    this.state.unloaded(error)
  }

  /** Looks at the state without changing it. */
  read<R>(look: (state: S, nowMs: number) => R): R {
    return look(this.state, this.#env.clock.now())
  }

  /**
   * Lets `decide` decide, appends its records, applies them, and answers when they are committed: at once,
   * without a promise, where one replica is enough. Throws, or rejects with, a Refusal carrying the error for
   * the client.
   */
  write<R>(decide: (state: S, nowMs: number) => Outcome<R>): R | Promise<R> {
    const nowMs = this.#env.clock.now()
    const outcome = decide(this.state, nowMs)
    if (outcome.records.length === 0) {
      outcome.whenCommitted?.(null)
      return answerOf(outcome)
    }
    let whenCommitted: Promise<void> | null
    try {
      whenCommitted = this.#append(outcome, nowMs)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return failed(outcome, clientError(error.code), error.message)
    }
    if (whenCommitted === null) {
      outcome.whenCommitted?.(null)
      return answerOf(outcome)
    }
    return this.#later(outcome, this.#await(whenCommitted))
  }

  #later<R>(outcome: Outcome<R>, committed: Promise<ErrorName | null>): R | Promise<R> {
    const told = outcome.whenCommitted
    // A parked answer that the outcome itself settles need not wait for this commit: a new rebalance may
    // settle it before.
    if (told !== undefined && outcome.response instanceof Answer) {
      committed.then((error) => this.#tell(told, error))
      return outcome.response.result
    }
    return committed.then((error) => {
      if (error !== null && (told === undefined || this.#closed)) throw new Refusal(error)
      if (told !== undefined) this.#tell(told, error)
      return answerOf(outcome)
    })
  }

  /**
   * Runs `decide` through `write` once, `delayMs` from now, unless the key is set again or cancelled before.
   */
  setTimer(key: string, delayMs: number, decide: (state: S, nowMs: number) => Outcome<void>): void {
    if (this.#closed) return
    this.#timers.set(key, delayMs, () => {
      try {
        const written = this.write(decide)
        if (written instanceof Promise) written.catch((error) => this.#timerFailed(key, error))
      } catch (error) {
        this.#timerFailed(key, error)
      }
    })
  }

  cancelTimer(key: string): void {
    this.#timers.cancel(key)
  }

  hasTimer(key: string): boolean {
    return this.#timers.has(key)
  }

  /** The transaction of `producer` ended: its marker is in the log. */
  applyMarker(producer: RecordProducer, committed: boolean, offset: number): void {
    this.state.applyMarker(producer, committed, offset)
  }

  #append<R>(outcome: Outcome<R>, nowMs: number): Promise<void> | null {
    const { records, held, producer } = outcome
    const { lastOffset, whenCommitted } = this.#log.append(records, nowMs, producer)
    if (!held) {
      let offset = lastOffset - records.length + 1
      for (const record of records) this.state.apply(record, offset++, producer ?? null)
    }
    return whenCommitted
  }

  /** Null when the commit came; otherwise the client's error. */
  #await(whenCommitted: Promise<void>): Promise<ErrorName | null> {
    return new Promise((resolve) => {
      const end = (error: ErrorName | null): void => {
        timer.cancel()
        this.#waiting.delete(end)
        resolve(error)
      }
      const timer = this.#env.clock.after(this.#commitTimeoutMs, () => end(clientError('REQUEST_TIMED_OUT')))
      this.#waiting.add(end)
      whenCommitted.then(
        () => end(null),
        (error) => end(error instanceof Refusal ? clientError(error.code) : 'UNKNOWN_SERVER_ERROR'),
      )
    })
  }

  #tell(told: (error: ErrorName | null) => void, error: ErrorName | null): void {
    if (!this.#closed) told(error)
  }

  #timerFailed(key: string, error: unknown): void {
    if (error instanceof Refusal)
      this.#env.log.warn('a coordinator timer was refused', { key, error: error.code })
    else this.#env.log.error('a coordinator timer failed', { key, error })
  }
}

const answerOf = <R>({ response }: Outcome<R>): R | Promise<R> =>
  response instanceof Answer ? response.result : response

/** Throws unless the outcome itself tells whoever waits. */
const failed = <R>(outcome: Outcome<R>, error: ErrorName, message?: string): R | Promise<R> => {
  if (outcome.whenCommitted === undefined) throw new Refusal(error, message)
  outcome.whenCommitted(error)
  return answerOf(outcome)
}
