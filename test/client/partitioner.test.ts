import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { TopicMetadata } from '../../src/client/cluster.ts'
import { DefaultPartitioner, murmur2, partitionOfKey } from '../../src/client/partitioner.ts'
import { SeededRandom } from '../../src/runtime/random.ts'

/** Made by the Java client's Utils.murmur2. */
interface Vector {
  readonly kind: string
  readonly keyHex: string
  readonly murmur2: number
  readonly partition: Record<string, number>
}

const vectors = gunzipSync(readFileSync(join(import.meta.dirname, '../data/golden/misc.jsonl.gz')))
  .toString('utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Vector)
  .filter(({ kind }) => kind === 'murmur2')

const topic = (leaders: readonly number[]): TopicMetadata => ({
  name: 't',
  id: null,
  isInternal: false,
  partitions: leaders.map((leaderId, index) => ({
    index,
    leaderId,
    leaderEpoch: 0,
    replicas: [1],
    isr: [1],
    offlineReplicas: [],
  })),
})

describe('the key hash', () => {
  it("equals the Java client's for every golden key, and so do the partitions", () => {
    expect(vectors.length).toBeGreaterThan(20)
    for (const vector of vectors) {
      const key = Buffer.from(vector.keyHex, 'hex')
      expect(murmur2(key)).toBe(vector.murmur2)
      for (const [count, partition] of Object.entries(vector.partition))
        expect(partitionOfKey(key, Number(count))).toBe(partition)
    }
  })
})

describe('records without a key', () => {
  it('stay on one partition until its batch is closed, then go to another', () => {
    const partitioner = new DefaultPartitioner(new SeededRandom(1))
    const three = topic([1, 1, 1])
    const first = partitioner.partition(three, null)
    expect(partitioner.partition(three, null)).toBe(first)
    partitioner.batchClosed(three, first)
    expect(partitioner.partition(three, null)).not.toBe(first)
  })

  it('avoid partitions that have no leader, unless none has one', () => {
    const partitioner = new DefaultPartitioner(new SeededRandom(2))
    const oneLed = topic([-1, 2, -1])
    expect(partitioner.partition(oneLed, null)).toBe(1)
    partitioner.batchClosed(oneLed, 1)
    expect(partitioner.partition(oneLed, null)).toBe(1)
    expect([0, 1]).toContain(partitioner.partition(topic([-1, -1]), null))
  })
})
