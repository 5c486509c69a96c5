/**
 * An immutable map by string whose copy with a few changes is cheap: entries lie in buckets, and only the buckets that
 * change are copied. A cluster that gets 10,000 topics one request at a time copies some 300 pointers for each.
 */

const BUCKET_COUNT = 256

const bucketOf = (key: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  return (hash ^ (hash >>> 15)) & (BUCKET_COUNT - 1)
}

type Bucket<V> = Map<string, V>

export class PersistentMap<V> {
  readonly size: number
  readonly #buckets: readonly (Bucket<V> | undefined)[]

  private constructor(buckets: readonly (Bucket<V> | undefined)[], size: number) {
    this.#buckets = buckets
    this.size = size
  }

  static empty<V>(): PersistentMap<V> {
    return new PersistentMap<V>(new Array(BUCKET_COUNT).fill(undefined), 0)
  }

  get(key: string): V | undefined {
    return this.#buckets[bucketOf(key)]?.get(key)
  }

  *values(): Iterable<V> {
    for (const bucket of this.#buckets) if (bucket) yield* bucket.values()
  }

  *keys(): Iterable<string> {
    for (const bucket of this.#buckets) if (bucket) yield* bucket.keys()
  }

  /** A copy in which each key has its new value; undefined removes it. Order of iteration is not that of insertion. */
  with(changes: ReadonlyMap<string, V | undefined>): PersistentMap<V> {
    if (changes.size === 0) return this
    const buckets = this.#buckets.slice()
    const own = new Set<number>()
    let size = this.size
    for (const [key, value] of changes) {
      const at = bucketOf(key)
      let bucket = buckets[at]
      if (!own.has(at)) {
        bucket = new Map(bucket)
        buckets[at] = bucket
        own.add(at)
      }
      const had = bucket?.has(key) ?? false
      if (value === undefined) {
        if (bucket?.delete(key)) size -= 1
      } else {
        bucket?.set(key, value)
        if (!had) size += 1
      }
    }
    return new PersistentMap(buckets, size)
  }
}
