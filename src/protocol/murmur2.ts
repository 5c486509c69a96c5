/** MurmurHash2 as Kafka's producers use it to choose a partition: all clients that agree on it put a key in one place. */

const SEED = 0x9747b28c
const M = 0x5bd1e995
const R = 24

/** The hash of `bytes` as a signed 32-bit integer. Source: Kafka's `Utils.murmur2`. */
export const murmur2 = (bytes: Uint8Array): number => {
  const length = bytes.length
  let h = SEED ^ length
  const whole = length & ~3
  for (let i = 0; i < whole; i += 4) {
    let k = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
    k = Math.imul(k, M)
    k ^= k >>> R
    h = Math.imul(h, M) ^ Math.imul(k, M)
  }
  const rest = length - whole
  if (rest >= 3) h ^= bytes[whole + 2]! << 16
  if (rest >= 2) h ^= bytes[whole + 1]! << 8
  if (rest >= 1) h = Math.imul(h ^ bytes[whole]!, M)
  h ^= h >>> 13
  h = Math.imul(h, M)
  h ^= h >>> 15
  return h | 0
}

/** The partition of a record with this key among `partitionCount`, as the Java client's default partitioner has it. */
export const partitionOfKey = (key: Uint8Array, partitionCount: number): number =>
  (murmur2(key) & 0x7fffffff) % partitionCount
