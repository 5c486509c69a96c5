import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { DIFFERENCES_FILE, differencesPage } from '../scripts/differences.ts'

test('docs/differences.md says what the doc comments say (npx tsx scripts/differences.ts)', () => {
  expect(readFileSync(DIFFERENCES_FILE, 'utf8')).toBe(differencesPage())
})
