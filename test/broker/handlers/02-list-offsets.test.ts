import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../../../src/index.ts'
import { Produce } from '../../../src/protocol/messages/00-produce.ts'
import { ListOffsets } from '../../../src/protocol/messages/02-list-offsets.ts'
import { encodeBatch } from '../../../src/protocol/records/batch-builder.ts'
import { produceRequest } from '../requests.ts'
import { TestClient } from '../test-client.ts'

// Versions 1 to 10 are compared with a recorded broker (test/conformance/transcripts); here is what it does
// not show.

let cluster: Cluster
let client: TestClient
beforeAll(async () => {
  cluster = await startCluster({ storage: 'memory', topics: ['t', 'empty'] })
  client = await TestClient.connect(cluster.brokers[0]?.port ?? 0)
  for (const timestamp of [1000, 2000, 3000]) {
    const records = encodeBatch({ records: [{ timestamp, key: null, value: Buffer.from('x') }] })
    await client.ask(Produce, 9, produceRequest('t', records))
  }
})
afterAll(async () => {
  client.close()
  await cluster.stop()
})

const list = async (version: number, topic: string, timestamps: readonly bigint[], over: object = {}) => {
  const partitions = timestamps.map((timestamp) => ({ partitionIndex: 0, timestamp, ...over }))
  const topics = [{ name: topic, partitions }]
  const answer = await client.ask(ListOffsets, version, {
    replicaId: -1,
    isolationLevel: 0,
    topics,
    timeoutMs: 0,
  })
  return answer.topics[0]?.partitions ?? []
}

describe('ListOffsets', () => {
  it.each([
    [-1n, [3n, 0n]],
    [-2n, [0n]],
    [2000n, [1n, 0n]],
    [9000n, [3n, 0n]],
    [0n, [0n]],
  ])('version 0 lists offsets for %i, the newest first', async (timestamp, offsets) => {
    const [partition] = await list(0, 't', [timestamp], { maxNumOffsets: 10 })
    expect(partition).toMatchObject({ errorCode: 0, oldStyleOffsets: offsets })
    const [one] = await list(0, 't', [timestamp], { maxNumOffsets: 1 })
    expect(one?.oldStyleOffsets).toEqual(offsets.slice(0, 1))
  })

  it.each([-1, 0, -(2 ** 31)])('version 0 with room for %i offsets gives none', async (maxNumOffsets) => {
    const [partition] = await list(0, 't', [-1n], { maxNumOffsets })
    expect(partition).toMatchObject({ errorCode: 0, oldStyleOffsets: [] })
  })

  it('refuses a partition that is asked for twice', async () => {
    const partitions = await list(5, 't', [-1n, -2n])
    expect(partitions.map(({ errorCode }) => errorCode)).toEqual([42, 42])
  })

  it('knows nothing of tiered storage', async () => {
    for (const timestamp of [-5n, -6n]) {
      const [partition] = await list(11, 't', [timestamp])
      expect(partition).toMatchObject({ errorCode: 0, offset: -1n, timestamp: -1n, leaderEpoch: -1 })
    }
  })

  it('finds nothing by time in an empty log', async () => {
    const [partition] = await list(11, 'empty', [1000n])
    expect(partition).toMatchObject({ errorCode: 0, offset: -1n, timestamp: -1n })
  })

  it('takes timestamps beyond what a number holds', async () => {
    const [late] = await list(11, 't', [2n ** 63n - 1n])
    expect(late).toMatchObject({ errorCode: 0, offset: -1n })
    const [early] = await list(11, 't', [-(2n ** 63n)])
    expect(early).toMatchObject({ errorCode: 35 })
  })
})
