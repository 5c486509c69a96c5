import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { ErrorCode, errorName, RETRIABLE } from '../../src/protocol/errors.ts'

const recorded = readFileSync(join(import.meta.dirname, '../data/golden/errors.json.gz'))
const errors: { code: number; name: string; retriable: boolean }[] = JSON.parse(
  gunzipSync(recorded).toString(),
)

describe('the error codes', () => {
  it('are those of Kafka', () => {
    expect(ErrorCode).toEqual(Object.fromEntries(errors.map(({ name, code }) => [name, code])))
    for (const { name, code } of errors) expect(errorName(code)).toBe(name)
  })

  it('are retriable where a client retries them', () => {
    const retriable = errors.filter((error) => error.retriable).map((error) => error.name)
    expect([...RETRIABLE].sort()).toEqual(retriable.sort())
  })
})
