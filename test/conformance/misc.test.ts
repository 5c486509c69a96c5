import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkMisc, type MiscSample } from '../../scripts/golden/misc.ts'
import { GOLDEN, jsonLines } from '../../scripts/golden/vectors.ts'

const samples = [...jsonLines(join(GOLDEN, 'misc.jsonl.gz'))] as MiscSample[]

describe('what surrounds the messages is as Kafka has it', () => {
  it.each([...new Set(samples.map(({ kind }) => kind))])('%s', (kind) => {
    const failures = samples.filter((sample) => sample.kind === kind).flatMap(checkMisc)
    expect(failures).toEqual([])
  })
})
