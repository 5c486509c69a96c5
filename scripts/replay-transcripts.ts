/**
 * Replays recorded exchanges against a broker: `npx tsx scripts/replay-transcripts.ts HOST:PORT [DIRECTORY
 * [FAMILY…]]`. The broker should be fresh, with id 1 and the settings of
 * test/conformance/transcripts/broker-settings.ts. Prints each field that differs, and at the end how many
 * cases did.
 */

import { readdirSync } from 'node:fs'
import { SystemClock } from '../src/runtime/clock.ts'
import { SystemNetwork } from '../src/runtime/system-network.ts'
import { replay } from '../test/conformance/transcripts/replay.ts'
import { readFamily, SERVED_FAMILIES } from '../test/conformance/transcripts/transcript.ts'

const [address = '', directory = 'test/data/transcripts', ...families] = process.argv.slice(2)
const colon = address.lastIndexOf(':')
const host = address.slice(0, colon)
const port = Number(address.slice(colon + 1))
const present = new Set(readdirSync(directory))
const wanted = (families.length > 0 ? families : SERVED_FAMILIES).filter((family) =>
  present.has(`${family}.jsonl.gz`),
)

const network = new SystemNetwork()
const clock = new SystemClock()
const pass = (ms: number): Promise<void> => new Promise((resolve) => clock.after(ms, resolve))

let passed = 0
let failed = 0
for (const family of wanted) {
  for (const recorded of readFamily(directory, family)) {
    const mismatches = await replay(recorded, { network, host, port, time: { pass } })
    if (mismatches.length === 0) passed++
    else failed++
    for (const { step, path, expected, actual } of mismatches) {
      process.stdout.write(`${recorded.id} step ${step}: ${path}: expected ${expected}, got ${actual}\n`)
    }
  }
}
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1
