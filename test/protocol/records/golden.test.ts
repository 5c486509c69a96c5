import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import { verifyRecordBatches } from '../../../scripts/golden/records.ts'
import { linesOf } from '../../../scripts/golden/verdict.ts'
import { allowNativeLz4 } from '../../../src/protocol/records/compression/lz4.ts'
import { allowNativeSnappy } from '../../../src/protocol/records/compression/snappy.ts'
import { allowBuiltInZstd } from '../../../src/protocol/records/compression/zstd.ts'

const linesIn = (name: string): string[] =>
  linesOf(
    gunzipSync(readFileSync(new URL(`../../data/records/${name}.jsonl.gz`, import.meta.url))).toString(),
  )

function allowNative(allowed: boolean): void {
  allowNativeLz4(allowed)
  allowNativeSnappy(allowed)
  allowBuiltInZstd(allowed)
}

afterEach(() => allowNative(true))

for (const [name, count] of [
  ['record-batches-v0', 24],
  ['record-batches-v1', 28],
  ['record-batches-v2', 112],
] as const) {
  for (const native of [true, false]) {
    const how = native ? 'what the machine has' : 'plain JavaScript and WASM'
    test(`all batches of the Java clients in ${name} are read and written by ${how}`, () => {
      allowNative(native)
      const verdict = verifyRecordBatches(linesIn(name))
      expect(verdict.failures).toEqual([])
      expect(verdict.passed).toBe(count)
    })
  }
}

test('a changed byte in a batch, or a changed field, is noticed', () => {
  const vector = JSON.parse(linesIn('record-batches-v2')[6] as string)
  const spoiled = { ...vector, hex: vector.hex.replace(/..$/, 'ff') }
  const renamed = structuredClone(vector)
  renamed.batches[0].records[0].timestamp = '5'
  const verdict = verifyRecordBatches([JSON.stringify(spoiled), JSON.stringify(renamed)])
  expect(verdict).toMatchObject({ passed: 0, failed: 2 })
})
