import type { StoredOffset } from './group-records.ts'

type ByPartition = Map<number, StoredOffset>
type ByTopic = Map<string, ByPartition>
type ByGroup = Map<string, ByTopic>

/**
 * The committed offsets of a shard's groups, and those that open transactions have written: pending, by
 * producer, until the marker comes. Changes only by applying records. Source: OffsetMetadataManager.
 */
export class OffsetStore {
  readonly #committed: ByGroup = new Map()
  readonly #pending = new Map<bigint, ByGroup>()

  get(group: string, topic: string, partition: number): StoredOffset | undefined {
    return this.#committed.get(group)?.get(topic)?.get(partition)
  }

  /** Topics and partitions with a committed offset. */
  topicsOf(group: string): ReadonlyMap<string, ReadonlyMap<number, StoredOffset>> {
    return this.#committed.get(group) ?? new Map()
  }

  set(group: string, topic: string, partition: number, offset: StoredOffset): void {
    put(this.#committed, group, topic, partition, offset)
  }

  /** Forgets the committed offset and every pending one of this partition. */
  delete(group: string, topic: string, partition: number): void {
    drop(this.#committed, group, topic, partition)
    for (const [producerId, groups] of this.#pending) {
      drop(groups, group, topic, partition)
      if (groups.size === 0) this.#pending.delete(producerId)
    }
  }

  /** An open transaction has written an offset. */
  setPending(
    producerId: bigint,
    group: string,
    topic: string,
    partition: number,
    offset: StoredOffset,
  ): void {
    put(getOrAdd(this.#pending, producerId), group, topic, partition, offset)
  }

  deletePending(producerId: bigint, group: string, topic: string, partition: number): void {
    const groups = this.#pending.get(producerId)
    if (groups === undefined) return
    drop(groups, group, topic, partition)
    if (groups.size === 0) this.#pending.delete(producerId)
  }

  /** The transaction ended. A commit made outside of it after its own record stays. */
  endTransaction(producerId: bigint, committed: boolean): void {
    const groups = this.#pending.get(producerId)
    this.#pending.delete(producerId)
    if (groups === undefined || !committed) return
    for (const [group, topics] of groups)
      for (const [topic, partitions] of topics)
        for (const [partition, offset] of partitions) {
          const existing = this.get(group, topic, partition)
          if (existing === undefined || existing.recordOffset < offset.recordOffset)
            this.set(group, topic, partition, offset)
        }
  }

  /** Has an open transaction written an offset for this partition? */
  isUnstable(group: string, topic: string, partition: number): boolean {
    for (const groups of this.#pending.values())
      if (groups.get(group)?.get(topic)?.has(partition)) return true
    return false
  }

  hasOpenTransactions(group: string): boolean {
    for (const groups of this.#pending.values()) if (groups.has(group)) return true
    return false
  }

  /** Every partition with a committed or a pending offset. */
  *partitionsOf(group: string): Iterable<{ readonly topic: string; readonly partition: number }> {
    const seen = new Set<string>()
    const sources = [this.#committed, ...this.#pending.values()]
    for (const groups of sources)
      for (const [topic, partitions] of groups.get(group) ?? [])
        for (const partition of partitions.keys()) {
          const key = `${partition} ${topic}`
          if (seen.has(key)) continue
          seen.add(key)
          yield { topic, partition }
        }
  }

  /** Groups with an offset, committed or pending. */
  allGroups(): Set<string> {
    const names = new Set(this.#committed.keys())
    for (const groups of this.#pending.values()) for (const name of groups.keys()) names.add(name)
    return names
  }
}

const put = (
  groups: ByGroup,
  group: string,
  topic: string,
  partition: number,
  offset: StoredOffset,
): void => {
  getOrAdd(getOrAdd(groups, group), topic).set(partition, offset)
}

const drop = (groups: ByGroup, group: string, topic: string, partition: number): void => {
  const topics = groups.get(group)
  const partitions = topics?.get(topic)
  if (topics === undefined || partitions === undefined) return
  partitions.delete(partition)
  if (partitions.size === 0) topics.delete(topic)
  if (topics.size === 0) groups.delete(group)
}

const getOrAdd = <K, K2, V>(map: Map<K, Map<K2, V>>, key: K): Map<K2, V> => {
  let inner = map.get(key)
  if (inner === undefined) {
    inner = new Map()
    map.set(key, inner)
  }
  return inner
}
