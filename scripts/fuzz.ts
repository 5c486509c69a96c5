/**
 * Fuzzes a broker for longer than the tests do: `npm run fuzz -- [RUNS [SEED]]` (10,000 runs, a seed from the clock). A
 * failure prints the seed and the smallest case; the same seed finds it again.
 */

import { fuzz } from '../test/broker/fuzz/fuzz.ts'

const [runs = '10000', seed = String(Date.now() % 2 ** 31)] = process.argv.slice(2)
process.stdout.write(`seed ${seed}\n`)
const report = await fuzz(Number(runs), Number(seed))
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
process.exitCode = report.lost.length === 0 && report.errors.length === 0 ? 0 : 1
