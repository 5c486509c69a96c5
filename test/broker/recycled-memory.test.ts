import * as fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { type ClusterOptions, resolveOptions } from '../../src/options.ts'
import { Produce } from '../../src/protocol/messages/00-produce.ts'
import { Fetch } from '../../src/protocol/messages/01-fetch.ts'
import { batchesOf } from '../../src/protocol/records/batch.ts'
import { encodeBatch } from '../../src/protocol/records/batch-builder.ts'
import { recordsOf } from '../../src/protocol/records/convert.ts'
import type { ResponseOutput } from '../../src/protocol/schema/api.ts'
import { crc32cByTables } from '../../src/runtime/crc32c.ts'
import { SlabPool } from '../../src/runtime/slab-pool.ts'
import { SystemNetwork } from '../../src/runtime/system-network.ts'
import { type Cluster, startClusterIn, systemEnv } from '../../src/start.ts'
import { fetchRequest, produceRequest } from './requests.ts'
import { TestClient } from './test-client.ts'

const KIB = 1024
const PARTITIONS = 3

/** Bytes that follow from a seed, unlike those of any other. */
const contentOf = (seed: number, bytes: number): Buffer => {
  const words = new Uint32Array(Math.ceil(bytes / 4))
  let word = (seed + 1) * 2_654_435_761
  for (let i = 0; i < words.length; i++) {
    word = Math.imul(word ^ (word >>> 15), 2_246_822_519) + i
    words[i] = word
  }
  return Buffer.from(words.buffer, 0, bytes)
}

const batchOf = (seed: number, bytes: number): Buffer => {
  const key = Buffer.alloc(8)
  key.writeUInt32BE(seed)
  key.writeUInt32BE(bytes, 4)
  return encodeBatch({ records: [{ timestamp: 1_700_000_000_000, key, value: contentOf(seed, bytes) }] })
}

/** Every batch has the checksum that it came with and the bytes that its key promises. Gives the seeds, by offset. */
const verified = (records: Buffer): Map<number, number> => {
  const seeds = new Map<number, number>()
  for (const { position, sizeBytes } of batchesOf(records)) {
    const batch = records.subarray(position, position + sizeBytes)
    expect(batch.readUInt32BE(17)).toBe(crc32cByTables(batch, 21))
    for (const { offset, key, value } of recordsOf(batch)) {
      const seed = key!.readUInt32BE(0)
      const isWhole = value!.equals(contentOf(seed, key!.readUInt32BE(4)))
      expect([offset, seed, isWhole]).toEqual([offset, seed, true])
      seeds.set(Number(offset), seed)
    }
  }
  return seeds
}

const open: { close(): void }[] = []
let cluster: Cluster | undefined
let slabs: SlabPool
afterEach(async () => {
  for (const each of open.splice(0)) each.close()
  await cluster?.stop()
  cluster = undefined
})

const start = async (options: ClusterOptions, readInto = true): Promise<void> => {
  slabs = new SlabPool({ poison: true, maxFreeBytes: 8 * KIB * KIB })
  const replicas = options.brokers ?? 1
  const all = { ...options, topics: [`t:${PARTITIONS}:${replicas}`] }
  const settings = resolveOptions(all)
  const network = new SystemNetwork({ readInto, slabs })
  cluster = await startClusterIn({ ...systemEnv(all, settings), slabs, network }, settings)
}

/** A client of the broker that leads the partition: replicas are placed from the first broker on. */
const clientOf = async (partition: number): Promise<TestClient> => {
  const { brokers } = cluster!
  const client = await TestClient.connect(brokers[partition % brokers.length]!.port)
  open.push(client)
  return client
}

const recordsIn = (answer: ResponseOutput<typeof Fetch>): Buffer => {
  const found = answer.responses[0]?.partitions[0]
  expect(found?.errorCode ?? 0).toBe(0)
  return Buffer.from(found?.records ?? Buffer.alloc(0))
}

/** What was acknowledged, by partition and offset. */
const acknowledged = Array.from({ length: PARTITIONS }, () => new Map<number, number>())

interface Load {
  readonly sizes: readonly number[]
  readonly acks: 1 | -1
  readonly inFlight: number
  readonly slowFetches: number
  readonly fetchBytes: number
}

/** One producer, one consumer that waits for news, and one that does not read for most of the time, on one partition. */
const work = async (partition: number, load: Load): Promise<void> => {
  const known = acknowledged[partition]!
  known.clear()
  const [producer, follower, slow] = await Promise.all([0, 1, 2].map(() => clientOf(partition)))
  const { sizes } = load
  const fetchFrom = (offset: number, maxBytes: number, maxWaitMs = 0) =>
    fetchRequest([{ topic: 't', partition, offset, maxBytes }], { maxWaitMs, maxBytes: 50_000_000 })

  const follow = async (): Promise<void> => {
    for (let offset = 0; offset < sizes.length; ) {
      const request = fetchFrom(offset, load.fetchBytes, 10_000)
      const seeds = verified(recordsIn(await follower!.ask(Fetch, 11, request)))
      for (const [at, seed] of seeds) {
        expect(at).toBe(offset++)
        expect(seed).toBe(at * PARTITIONS + partition)
      }
    }
  }
  const produce = async (): Promise<void> => {
    const ids: number[] = []
    for (let i = 0; i < sizes.length + load.inFlight; i++) {
      if (i < sizes.length) {
        const records = batchOf(i * PARTITIONS + partition, sizes[i]!)
        const request = produceRequest('t', records, { partition, acks: load.acks })
        ids.push(producer!.send(Produce, 9, request))
        if (i === 0) slow!.connection.pause()
        else if (i % 4 === 0 && i / 4 <= load.slowFetches) {
          slow!.send(Fetch, 11, fetchFrom(Math.max(0, i - load.inFlight - 4), 2_000_000))
        }
      }
      if (i < load.inFlight) continue
      const answer = await producer!.receive(Produce, 9, ids.shift()!)
      const result = answer.responses[0]!.partitionResponses[0]!
      expect(result.errorCode).toBe(0)
      known.set(Number(result.baseOffset), (i - load.inFlight) * PARTITIONS + partition)
    }
  }
  await Promise.all([follow(), produce()])
  slow!.connection.resume()
  const answers = Math.min(load.slowFetches, Math.floor((sizes.length - 1) / 4))
  for (let id = 1; id <= answers; id++) {
    for (const [offset, seed] of verified(recordsIn(await slow!.receive(Fetch, 11, id)))) {
      expect(seed).toBe(known.get(offset))
    }
  }
}

/** All that was acknowledged is there, and as it was sent: read from the beginning, by every size of fetch. */
const readAll = async (partition: number, fetchBytes: number): Promise<void> => {
  const client = await clientOf(partition)
  const known = acknowledged[partition]!
  for (let offset = 0; offset < known.size; ) {
    const request = fetchRequest([{ topic: 't', partition, offset, maxBytes: fetchBytes }])
    const seeds = verified(recordsIn(await client.ask(Fetch, 11, request)))
    expect(seeds.size).toBeGreaterThan(0)
    for (const [at, seed] of seeds) {
      expect(at).toBe(offset++)
      expect(seed).toBe(known.get(at))
    }
  }
}

/** Mostly sizes that lie in slabs, some that are too small or nearly too large for a batch. */
const sizes = fc.array(
  fc.oneof(
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 30 * KIB }) },
    { weight: 3, arbitrary: fc.integer({ min: 30 * KIB, max: 70 * KIB }) },
    { weight: 3, arbitrary: fc.integer({ min: 70 * KIB, max: 400 * KIB }) },
    { weight: 1, arbitrary: fc.integer({ min: 400 * KIB, max: 1_000_000 }) },
  ),
  { minLength: 25, maxLength: 45 },
)
const loads = fc.record({
  sizes,
  acks: fc.constantFrom<1 | -1>(1, -1),
  inFlight: fc.integer({ min: 1, max: 5 }),
  slowFetches: fc.integer({ min: 0, max: 12 }),
  fetchBytes: fc.constantFrom(1, 100 * KIB, 1_000_000, 5_000_000),
})

describe('memory that is used again never shows in what is fetched', () => {
  it.each<[string, ClusterOptions, boolean]>([
    ['one broker', { cacheBytes: 2 * KIB * KIB }, true],
    ['one broker that reads chunks', { cacheBytes: 2 * KIB * KIB }, false],
    ['one broker without a cache', { cacheBytes: 0 }, true],
    ['one broker with a cache of less than a batch', { cacheBytes: 50 * KIB }, true],
    ['three replicas', { brokers: 3, cacheBytes: 3 * KIB * KIB }, true],
    ['three replicas without a cache', { brokers: 3, cacheBytes: 0 }, true],
    ['memory storage', { storage: 'memory', cacheBytes: 2 * KIB * KIB }, true],
    ['three replicas in memory', { brokers: 3, storage: 'memory', cacheBytes: 2 * KIB * KIB }, true],
  ])(
    'with %s',
    async (_, options, readInto) => {
      const property = fc.asyncProperty(
        fc.tuple(loads, loads, loads),
        fc.constantFrom(1, 300 * KIB, 3_000_000),
        async (each, fetchBytes) => {
          await start(options, readInto)
          try {
            await Promise.all(each.map((load, partition) => work(partition, load)))
            for (let partition = 0; partition < PARTITIONS; partition++) await readAll(partition, fetchBytes)
            expect(slabs.freeBytes > 0).toBe(options.storage !== 'memory')
          } finally {
            for (const client of open.splice(0)) client.close()
            await cluster!.stop()
          }
        },
      )
      await fc.assert(property, {
        seed: 17,
        numRuns: Number(process.env.RECYCLING_RUNS ?? 1),
        endOnFailure: true,
      })
    },
    600_000,
  )
})
