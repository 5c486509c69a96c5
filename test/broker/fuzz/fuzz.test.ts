import { expect, it } from 'vitest'
import { fuzz } from './fuzz.ts'

/** `npm run fuzz` does more of it. */
const RUNS = 400
const SEED = 20_261_123

it('mutated requests disturb nobody else, take no memory, and lose nothing that was acknowledged', async () => {
  const report = await fuzz(RUNS, SEED)
  expect(report.lost).toEqual([])
  expect(report.acknowledged).toBeGreaterThanOrEqual(RUNS)
  expect(report.errors).toEqual([])
  expect(report.peakRssGrowthBytes).toBeLessThan(512 * 1024 * 1024)
}, 120_000)
