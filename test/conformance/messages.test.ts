import { describe, expect, it } from 'vitest'
import { checkMessage, EXCLUDED_KEYS, subjectOf } from '../../scripts/golden/messages.ts'
import { MESSAGE_FILES, messageVectors } from '../../scripts/golden/vectors.ts'
import { DecodeError } from '../../src/protocol/errors.ts'
import { Reader } from '../../src/protocol/reader.ts'
import { compileDecoder, type Decode } from '../../src/protocol/schema/compile.ts'
import type { Layout } from '../../src/protocol/schema/layout.ts'

/** Vectors up to this size are cut at every byte; the others at many bytes. */
const CUT_EVERYWHERE_BYTES = 1024
const CUTS_OF_A_LARGE_VECTOR = 256

describe.each(MESSAGE_FILES)('%s', (file) => {
  it('decodes to its values and encodes to its bytes, compiled and interpreted, headers and prefixes too', () => {
    const failures: string[] = []
    const skipped = new Set<number>()
    let passed = 0
    for (const vector of messageVectors([file])) {
      const subject = subjectOf(vector)
      if (subject === undefined) skipped.add(vector.key!)
      else {
        const wrong = checkMessage(vector, subject)
        if (wrong.length > 0) failures.push(`${vector.id}: ${wrong.join('; ')}`.slice(0, 500))
        else passed++
      }
    }
    expect(failures.slice(0, 20)).toEqual([])
    expect(passed).toBeGreaterThan(0)
    expect([...skipped].every((key) => EXCLUDED_KEYS.has(key))).toBe(true)
  })

  it('is refused with a DecodeError wherever it is cut', () => {
    const depth = Error.stackTraceLimit
    Error.stackTraceLimit = 0
    const failures: string[] = []
    try {
      for (const vector of messageVectors([file])) {
        const subject = subjectOf(vector)
        if (subject === undefined) continue
        const decode = decoderOf(subject.layout)
        const bytes = Buffer.from(vector.hex, 'hex')
        const step =
          bytes.length <= CUT_EVERYWHERE_BYTES ? 1 : Math.ceil(bytes.length / CUTS_OF_A_LARGE_VECTOR)
        for (let end = bytes.length - 1; end >= 0; end -= step) {
          const outcome = outcomeOf(() => decode(new Reader(bytes, 0, end)))
          if (outcome !== 'DecodeError') failures.push(`${vector.id} cut at ${end}: ${outcome}`)
        }
      }
    } finally {
      Error.stackTraceLimit = depth
    }
    expect(failures.slice(0, 20)).toEqual([])
  }, 120_000)
})

const decoders = new Map<string, Decode>()

/** Without the search for the field that failed, which a codec does: hundreds of thousands fail here. */
const decoderOf = (layout: Layout): Decode => {
  const name = `${layout.name}.${layout.version}`
  const decode = decoders.get(name) ?? compileDecoder(layout)
  decoders.set(name, decode)
  return decode
}

const outcomeOf = (run: () => unknown): string => {
  try {
    run()
    return 'no error'
  } catch (error) {
    return error instanceof DecodeError ? 'DecodeError' : String(error)
  }
}
