/**
 * What every coordinator stands on (groups, share state, transactions): a shard for each partition of an
 * internal topic that this broker leads. A shard's state is made by its records alone, so a restart or a new
 * leader replays them; there are no snapshots, compaction keeps the log short. Source: Kafka's
 * CoordinatorRuntime.
 */

import { type ErrorName, Refusal } from '../protocol/errors.ts'
import type { Env } from '../runtime/env.ts'
import type { RecordLog } from './record-log.ts'
import { Shard, type ShardState } from './shard.ts'

export interface RuntimeOptions<S extends ShardState> {
  /** Partitions of the internal topic; 0 while it does not exist. */
  readonly partitionCount: () => number
  /** How long a request waits for its records' commit (offsets.commit.timeout.ms). */
  readonly commitTimeoutMs: number
  readonly newState: (shard: Shard<S>) => S
}

/** `String.hashCode` of Java: over UTF-16 code units, wrapping to int32. */
export const javaHashCode = (text: string): number => {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return hash
}

/**
 * The partition of an internal topic that a key belongs to: abs(hash) % count, where abs(-2^31) is 0
 * (Utils.abs).
 */
export const partitionForKey = (key: string, partitionCount: number): number => {
  const hash = javaHashCode(key)
  return (hash === -(2 ** 31) ? 0 : Math.abs(hash)) % partitionCount
}

export class CoordinatorRuntime<S extends ShardState> {
  readonly #env: Env
  readonly #options: RuntimeOptions<S>
  readonly #shards = new Map<number, Shard<S>>()
  readonly #loading = new Set<number>()
  #closed = false

  constructor(env: Env, options: RuntimeOptions<S>) {
    this.#env = env
    this.#options = options
  }

  /**
   * This broker now leads `partition`: replays its log. A shard that was there is unloaded first. Throws what
   * the log throws.
   */
  load(partition: number, log: RecordLog): void {
    this.unload(partition)
    if (this.#closed) return
    const { commitTimeoutMs, newState } = this.#options
    const shard = new Shard(this.#env, { partition, log, commitTimeoutMs, newState })
    this.#loading.add(partition)
    try {
      shard.load()
      this.#shards.set(partition, shard)
    } finally {
      this.#loading.delete(partition)
    }
  }

  /** This broker no longer leads `partition`: whoever waits gets NOT_COORDINATOR and asks the new one. */
  unload(partition: number): void {
    const shard = this.#shards.get(partition)
    this.#shards.delete(partition)
    shard?.unload('NOT_COORDINATOR')
  }

  /** The partition that `key` belongs to; undefined while the internal topic does not exist. */
  partitionOf(key: string): number | undefined {
    const count = this.#options.partitionCount()
    return count > 0 ? partitionForKey(key, count) : undefined
  }

  /**
   * The shard of `key`. Refusal: NOT_COORDINATOR, COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE
   * (stopping).
   */
  shardOf(key: string): Shard<S> {
    const partition = this.partitionOf(key)
    const shard = partition === undefined ? undefined : this.#shards.get(partition)
    if (shard === undefined) throw new Refusal(this.#whyNot(partition))
    return shard
  }

  /** The shard of a partition, if this broker leads it. */
  shard(partition: number): Shard<S> | undefined {
    return this.#shards.get(partition)
  }

  shards(): Iterable<Shard<S>> {
    return this.#shards.values()
  }

  /** The broker stops: whoever waits gets COORDINATOR_NOT_AVAILABLE. */
  close(): void {
    this.#closed = true
    const shards = [...this.#shards.values()]
    this.#shards.clear()
    for (const shard of shards) shard.unload('COORDINATOR_NOT_AVAILABLE')
  }

  #whyNot(partition: number | undefined): ErrorName {
    if (this.#closed) return 'COORDINATOR_NOT_AVAILABLE'
    return partition !== undefined && this.#loading.has(partition)
      ? 'COORDINATOR_LOAD_IN_PROGRESS'
      : 'NOT_COORDINATOR'
  }
}
