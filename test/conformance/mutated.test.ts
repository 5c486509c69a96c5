import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { subjectOf } from '../../scripts/golden/messages.ts'
import { MESSAGE_FILES, messageVectors } from '../../scripts/golden/vectors.ts'
import { DecodeError } from '../../src/protocol/errors.ts'
import { Reader } from '../../src/protocol/reader.ts'
import { compileDecoder, type Decode } from '../../src/protocol/schema/compile.ts'
import { interpretDecoder } from '../../src/protocol/schema/interpret.ts'

/** What decoding came to: the value and where it ended, or the error. Any other error than DecodeError is a failure. */
const outcome = (decode: Decode, bytes: Buffer): unknown => {
  const reader = new Reader(bytes)
  try {
    return { value: decode(reader), end: reader.position }
  } catch (error) {
    if (error instanceof DecodeError) return error.message
    throw error
  }
}

/** One vector for each message and version, with everything set. */
const samples = [...messageVectors(MESSAGE_FILES)]
  .filter(({ id }) => id.endsWith('.full') || id.endsWith('.unknown-tags'))
  .flatMap((vector) => {
    const subject = subjectOf(vector)
    const bytes = Buffer.from(vector.hex, 'hex')
    if (subject === undefined || bytes.length === 0) return []
    const { layout } = subject
    return [{ bytes, compiled: compileDecoder(layout), interpreted: interpretDecoder(layout) }]
  })

describe('bytes that something has changed', () => {
  it('are read alike by the compiled and the interpreted codec, or refused alike, and never break either', () => {
    const change = fc.record({
      at: fc.nat(),
      bytes: fc.oneof(
        fc.uint8Array({ minLength: 1, maxLength: 4 }),
        fc.constantFrom([0xff], [0x00], [0x7f, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0xff, 0x0f], [0x80]),
      ),
    })
    const changes = fc.array(change, { minLength: 1, maxLength: 4 })
    const property = fc.property(fc.nat(samples.length - 1), changes, (index, list) => {
      const { bytes: original, compiled, interpreted } = samples[index]!
      const bytes = Buffer.from(original)
      for (const { at, bytes: patch } of list) Buffer.from(patch).copy(bytes, at % bytes.length)
      expect(outcome(compiled, bytes)).toEqual(outcome(interpreted, bytes))
    })
    fc.assert(property, { seed: 4, numRuns: 8000 })
  })
})
