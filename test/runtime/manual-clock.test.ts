import { expect, test } from 'vitest'
import { ManualClock } from '../../src/runtime/manual-clock.ts'

test('timers run by deadline, equal deadlines in the order set, and see their own deadline as the time', async () => {
  const clock = new ManualClock(1000)
  const seen: string[] = []
  const at = (name: string) => () => seen.push(`${name}@${clock.now()}`)
  clock.after(30, at('late'))
  clock.after(10, at('first'))
  clock.after(10, at('second'))
  clock.after(31, at('too late'))
  await clock.advance(30)
  expect(seen).toEqual(['first@1010', 'second@1010', 'late@1030'])
  expect(clock.now()).toBe(1030)
  expect(clock.pending).toBe(1)
})

test('a timer set by a timer runs in the same advance when it falls due', async () => {
  const clock = new ManualClock(0)
  const seen: number[] = []
  const tick = (): void => {
    seen.push(clock.now())
    clock.after(10, tick)
  }
  clock.after(10, tick)
  await clock.advance(35)
  expect(seen).toEqual([10, 20, 30])
  expect(clock.now()).toBe(35)
})

test('promise reactions and immediates of one timer are over before the next timer runs', async () => {
  const clock = new ManualClock(0)
  const seen: string[] = []
  clock.after(5, () => {
    Promise.resolve()
      .then(() => seen.push('reaction'))
      .then(() => setImmediate(() => seen.push('immediate')))
  })
  clock.after(5, () => seen.push('next timer'))
  await clock.advance(5)
  expect(seen).toEqual(['reaction', 'immediate', 'next timer'])
})

test('a cancelled timer never runs, and cancelling twice counts once', async () => {
  const clock = new ManualClock(0)
  const timer = clock.after(5, () => expect.unreachable())
  clock.after(6, () => {})
  timer.cancel()
  timer.cancel()
  expect(clock.pending).toBe(1)
  await clock.advance(10)
  expect(clock.pending).toBe(0)
})

test('advances asked for at once happen one after the other', async () => {
  const clock = new ManualClock(0)
  const seen: number[] = []
  clock.after(10, () => seen.push(clock.now()))
  await Promise.all([clock.advance(4), clock.advance(4), clock.advance(4)])
  expect(seen).toEqual([10])
  expect(clock.now()).toBe(12)
})

test('what a timer throws reaches the caller of advance, and the clock goes on working', async () => {
  const clock = new ManualClock(0)
  clock.after(1, () => {
    throw new Error('broken')
  })
  await expect(clock.advance(5)).rejects.toThrow('broken')
  await clock.advance(5)
  expect(clock.now()).toBe(6)
})
