import { javaHashCode } from '../runtime.ts'

/**
 * Strings in the order in which a Java HashMap gives its keys: by bucket, then as they came. Kafka breaks ties by it (the
 * protocol vote), so a client can see it. Exact up to 12 keys with distinct buckets; HashMaps begin with 16 buckets.
 */
export const javaHashOrder = (keys: readonly string[]): string[] => {
  let buckets = 16
  while (keys.length > buckets * 0.75) buckets *= 2
  const bucketOf = (key: string): number => {
    const hash = javaHashCode(key)
    return (hash ^ (hash >>> 16)) & (buckets - 1)
  }
  return [...keys].sort((a, b) => bucketOf(a) - bucketOf(b))
}
