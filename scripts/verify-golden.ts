/**
 * `npm run verify-golden -- DIR`: checks every golden vector in a directory against this project's codecs. Prints what is
 * wrong (the first 20) and ends with `N passed, M failed, K skipped`; exit code 1 if anything failed.
 */

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type CorruptVector, checkCorrupt } from './golden/corrupt-batches.ts'
import { checkMessage, subjectOf } from './golden/messages.ts'
import { checkMisc, type MiscSample } from './golden/misc.ts'
import { verifyRecordBatches } from './golden/records.ts'
import { GOLDEN, jsonLines, type MessageVector } from './golden/vectors.ts'

const SHOWN_FAILURES = 20

/** What is wrong with our answers to the lines of a file, one by one; undefined: the line is not ours to answer. */
type Check = (lines: readonly unknown[]) => Promise<(readonly string[] | undefined)[]>

const each =
  (check: (line: never) => readonly string[] | undefined): Check =>
  async (lines) =>
    lines.map((line) => {
      try {
        return check(line as never)
      } catch (error) {
        return [String(error)]
      }
    })

const message = (vector: MessageVector): readonly string[] | undefined => {
  const subject = subjectOf(vector)
  return subject && checkMessage(vector, subject)
}

const records = (vector: unknown): readonly string[] =>
  verifyRecordBatches([JSON.stringify(vector)]).failures.map((failure) => failure.message)

/** The check of a file, by its name. */
const CHECKS: readonly (readonly [name: RegExp, check: Check])[] = [
  [/^messages-.*\.jsonl(\.gz)?$/, each(message)],
  [/^record-batches-.*\.jsonl(\.gz)?$/, each(records)],
  [/^misc.*\.jsonl(\.gz)?$/, each((sample: MiscSample) => checkMisc(sample))],
  [/^corrupt-batches.*\.jsonl(\.gz)?$/, (lines) => checkCorrupt(lines as CorruptVector[])],
]

/** Files without vectors that such a directory may hold. */
const NO_VECTORS = /^(README\.md|counts\.json|schemas\.jsonl\.gz|(apis|errors|releases)\.json(\.gz)?)$/

interface Tally {
  passed: number
  skipped: number
  readonly failures: string[]
}

const verifyFile = async (path: string, check: Check, tally: Tally): Promise<void> => {
  const lines = [...jsonLines(path)]
  const results = await check(lines)
  for (const [i, wrong] of results.entries()) {
    const { id = `${path}:${i + 1}`, kind = '' } = lines[i] as { id?: string; kind?: string }
    if (wrong === undefined) tally.skipped++
    else if (wrong.length === 0) tally.passed++
    else tally.failures.push(`${id} (${kind}): ${wrong.join('; ')}`)
  }
  if (lines.length === 0) tally.failures.push(`${path}: no vectors`)
}

const verify = async (directory: string): Promise<Tally> => {
  const tally: Tally = { passed: 0, skipped: 0, failures: [] }
  for (const file of readdirSync(directory).sort()) {
    const path = join(directory, file)
    const check = CHECKS.find(([name]) => name.test(file))?.[1]
    if (check !== undefined) {
      const before = { passed: tally.passed, failed: tally.failures.length, skipped: tally.skipped }
      await verifyFile(path, check, tally)
      const passed = tally.passed - before.passed
      const failed = tally.failures.length - before.failed
      console.log(`${file}: ${passed} passed, ${failed} failed, ${tally.skipped - before.skipped} skipped`)
    } else if (NO_VECTORS.test(file)) console.log(`${file}: holds no vectors`)
    else tally.failures.push(`${file}: there is no check for a file of this name`)
  }
  return tally
}

const { passed, skipped, failures } = await verify(process.argv[2] ?? GOLDEN)
for (const failure of failures.slice(0, SHOWN_FAILURES)) console.log(`FAILED ${failure.slice(0, 1000)}`)
if (failures.length > SHOWN_FAILURES) console.log(`… and ${failures.length - SHOWN_FAILURES} more`)
console.log(`${passed} passed, ${failures.length} failed, ${skipped} skipped`)
process.exitCode = failures.length > 0 || passed === 0 ? 1 : 0
