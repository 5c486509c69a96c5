import { describe, expect, it } from 'vitest'
import type { ConnectionInfo } from '../../src/broker/context.ts'
import { type Parked, Purgatory } from '../../src/broker/purgatory.ts'
import { ManualClock } from '../../src/runtime/manual-clock.ts'

interface Key {
  readonly name: string
}

const setUp = () => {
  const clock = new ManualClock()
  const purgatory = new Purgatory<Key>(clock)
  const connection = { waiting: new Set() } as unknown as ConnectionInfo
  const calls: string[] = []
  let satisfied = false
  const park = (name: string, keys: Key[], waitMs: number): void => {
    const request: Parked<Key> = {
      keys,
      tryComplete(expired) {
        calls.push(`${name}${expired ? ' expired' : ''}`)
        return satisfied
      },
    }
    purgatory.park(request, connection, waitMs)
  }
  const satisfy = (): void => {
    satisfied = true
  }
  return { clock, purgatory, connection, calls, park, satisfy }
}

const a: Key = { name: 'a' }
const b: Key = { name: 'b' }

describe('Purgatory', () => {
  it('looks at a request once after a turn with many changes of its keys', async () => {
    const { clock, purgatory, calls, park } = setUp()
    park('one', [a, b], 500)
    purgatory.touch(a)
    purgatory.touch(a)
    purgatory.touch(b)
    expect(calls).toEqual([])
    await clock.advance(0)
    expect(calls).toEqual(['one'])
    purgatory.touch(b)
    await clock.advance(0)
    expect(calls).toEqual(['one', 'one'])
  })

  it('lets go of a request that is complete, and never looks at it again', async () => {
    const { clock, purgatory, connection, calls, park, satisfy } = setUp()
    park('one', [a, b], 500)
    satisfy()
    purgatory.touch(a)
    await clock.advance(0)
    expect(purgatory.size).toBe(0)
    expect(connection.waiting.size).toBe(0)
    purgatory.touch(b)
    await clock.advance(1000)
    expect(calls).toEqual(['one'])
  })

  it('completes each request at its own deadline, whatever the order of parking', async () => {
    const { clock, purgatory, calls, park } = setUp()
    park('late', [a], 500)
    park('early', [a], 100)
    park('never', [a], Number.POSITIVE_INFINITY)
    await clock.advance(99)
    expect(calls).toEqual([])
    await clock.advance(1)
    expect(calls).toEqual(['early expired'])
    await clock.advance(10_000)
    expect(calls).toEqual(['early expired', 'late expired'])
    expect(purgatory.size).toBe(1)
  })

  it('keeps one timer for all deadlines', () => {
    const { clock, park } = setUp()
    for (let i = 0; i < 100; i++) park(String(i), [a], 500 + i)
    expect(clock.pending).toBe(1)
  })

  it('forgets a request whose connection gives it up', async () => {
    const { clock, purgatory, connection, calls, park } = setUp()
    park('one', [a], 500)
    for (const waiting of connection.waiting) waiting.abandon()
    expect(purgatory.size).toBe(0)
    purgatory.touch(a)
    await clock.advance(1000)
    expect(calls).toEqual([])
  })

  it('does not keep requests that are over until their deadline', async () => {
    const { clock, purgatory, park, satisfy } = setUp()
    satisfy()
    for (let i = 0; i < 10_000; i++) {
      park('short', [a], 2 ** 31)
      purgatory.touch(a)
      await Promise.resolve()
    }
    expect(purgatory.size).toBe(0)
    expect(purgatory.deadlineCount).toBeLessThan(2000)
    await clock.advance(0)
  })
})
