import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SystemClock } from '../../../src/runtime/clock.ts'
import { ManualClock } from '../../../src/runtime/manual-clock.ts'
import { SystemNetwork } from '../../../src/runtime/system-network.ts'
import { type Cluster, startCluster } from '../../../src/start.ts'
import { BROKER_ID, BROKER_SETTINGS, CLUSTER_ID } from './broker-settings.ts'
import { DIFFERENCES, type Difference, differenceFor } from './differences.ts'
import { EARLIER } from './earlier.ts'
import { replay } from './replay.ts'
import { readFamily, SERVED_FAMILIES } from './transcript.ts'

const DIRECTORY = fileURLToPath(new URL('../../data/transcripts', import.meta.url))

let cluster: Cluster
// Long polls and sessions take no time; records of the transcripts are as old as they are.
const clock = new ManualClock(new SystemClock().now())
const advance = (ms: number): Promise<void> => clock.advance(ms)
const used = new Set<Difference>()

beforeAll(async () => {
  cluster = await startCluster({
    ids: [BROKER_ID],
    clusterId: CLUSTER_ID,
    config: BROKER_SETTINGS,
    storage: 'memory',
    clock,
  })
})
afterAll(() => cluster.stop())

const target = () => ({
  network: new SystemNetwork(),
  host: cluster.brokers[0]?.host ?? '',
  port: cluster.brokers[0]?.port ?? 0,
  time: { pass: advance, move: advance },
})

test('what the recorded broker had been asked before can be asked', async () => {
  expect(await replay(EARLIER, target())).toEqual([])
})

describe.each(SERVED_FAMILIES)('a recorded broker is answered for: %s', (family) => {
  test.each(readFamily(DIRECTORY, family))('$case', async (recorded) => {
    const mismatches = await replay(recorded, target())
    const unexplained = mismatches.filter(({ path }) => {
      const difference = differenceFor(recorded.id, path)
      if (difference !== undefined) used.add(difference)
      return difference === undefined
    })
    expect(unexplained).toEqual([])
  })
})

test('every difference that is allowed is there', () => {
  expect(DIFFERENCES.filter((difference) => !used.has(difference))).toEqual([])
})

test('the families of APIs that are not served yet are known', () => {
  const families = readdirSync(DIRECTORY).map((file) => file.replace('.jsonl.gz', ''))
  const later = families.filter((family) => !(SERVED_FAMILIES as readonly string[]).includes(family))
  expect(later.sort()).toEqual([
    'acl',
    'cluster',
    'consumergroup',
    'electleaders',
    'features',
    'quorum',
    'quotas',
    'reassignments',
    'sasl',
    'scram',
    'security',
    'sharegroup',
    'streamsgroup',
    'telemetry',
    'token',
    'transactions',
  ])
})
