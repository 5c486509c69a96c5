import { javaHashCode } from '../runtime.ts'

/**
 * Keys in the order in which a Java HashMap of them gives its keys: by bucket, then as they came. Where Kafka
 * breaks ties by it (the protocol vote) or answers in it (DeleteGroups), clients can see it. Buckets: 16,
 * doubled above 3/4 full.
 */
export const javaHashOrder = <K>(keys: readonly K[], hashOf: (key: K) => number): K[] => {
  let buckets = 16
  while (keys.length > buckets * 0.75) buckets *= 2
  const bucketOf = (key: K): number => {
    const hash = hashOf(key)
    return (hash ^ (hash >>> 16)) & (buckets - 1)
  }
  return [...keys].sort((a, b) => bucketOf(a) - bucketOf(b))
}

/** `TopicPartition.hashCode` of Java. */
export const topicPartitionHashCode = (topic: string, partition: number): number =>
  (Math.imul(31, 31 + partition) + javaHashCode(topic)) | 0
