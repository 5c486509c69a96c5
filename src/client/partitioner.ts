import type { Random } from '../runtime/random.ts'
import type { TopicMetadata } from './cluster.ts'

const SEED = 0x9747b28c | 0
const M = 0x5bd1e995
const R = 24

/**
 * The 32-bit MurmurHash2 that Kafka's Java producer hashes keys with, as a signed int32.
 * Source: Austin Appleby's MurmurHash2 (public domain), with the seed of Kafka's `Utils.murmur2`.
 */
export const murmur2 = (key: Buffer): number => {
  let hash = SEED ^ key.length
  const whole = key.length & ~3
  for (let at = 0; at < whole; at += 4) {
    let word = Math.imul(key.readInt32LE(at), M)
    word = Math.imul(word ^ (word >>> R), M)
    hash = Math.imul(hash, M) ^ word
  }
  const left = key.length - whole
  if (left >= 3) hash ^= (key[whole + 2] as number) << 16
  if (left >= 2) hash ^= (key[whole + 1] as number) << 8
  if (left >= 1) hash = Math.imul(hash ^ (key[whole] as number), M)
  hash = Math.imul(hash ^ (hash >>> 13), M)
  return hash ^ (hash >>> 15)
}

/** The partition of a key among `count`, as the Java producer's default puts it. */
export const partitionOfKey = (key: Buffer, count: number): number => (murmur2(key) & 0x7fffffff) % count

/**
 * Kafka's default partitioner: records with a key go where its hash says; those without go to one partition until a batch
 * of it is full or sent, then to another (KIP-480), so that batches get large. Partitions without a leader are passed over
 * while any has one.
 */
export class DefaultPartitioner {
  readonly #random: Random
  /** Topic → partition that records without a key go to now. */
  readonly #sticky = new Map<string, number>()

  constructor(random: Random) {
    this.#random = random
  }

  partition(topic: TopicMetadata, key: Buffer | null): number {
    const count = topic.partitions.length
    if (key !== null) return partitionOfKey(key, count)
    const current = this.#sticky.get(topic.name)
    if (current !== undefined && (topic.partitions[current]?.leaderId ?? -1) >= 0) return current
    return this.#choose(topic, current)
  }

  /** The batch that records without a key went to is closed: the next goes elsewhere. */
  batchClosed(topic: TopicMetadata, partition: number): void {
    if (this.#sticky.get(topic.name) === partition) this.#choose(topic, partition)
  }

  #choose(topic: TopicMetadata, previous: number | undefined): number {
    const led = topic.partitions.filter((partition) => partition.leaderId >= 0)
    const all = led.length > 0 ? led : topic.partitions
    const others = all.filter((partition) => partition.index !== previous)
    const candidates = others.length > 0 ? others : all
    const chosen = candidates[this.#random.int(candidates.length)]?.index ?? 0
    this.#sticky.set(topic.name, chosen)
    return chosen
  }
}
