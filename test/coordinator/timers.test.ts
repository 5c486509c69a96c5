import { describe, expect, test } from 'vitest'
import { KeyedTimers } from '../../src/coordinator/timers.ts'
import { ManualClock } from '../../src/runtime/manual-clock.ts'

describe('KeyedTimers', () => {
  test('a timer runs once, when its time has come', async () => {
    const clock = new ManualClock()
    const timers = new KeyedTimers(clock)
    let runs = 0
    timers.set('a', 100, () => runs++)
    await clock.advance(99)
    expect(runs).toBe(0)
    await clock.advance(1)
    await clock.advance(1000)
    expect(runs).toBe(1)
    expect(timers.has('a')).toBe(false)
  })

  test('setting a key again moves its deadline, in both directions', async () => {
    const clock = new ManualClock()
    const timers = new KeyedTimers(clock)
    const ran: string[] = []
    timers.set('later', 100, () => ran.push('first'))
    timers.set('later', 200, () => ran.push('later'))
    timers.set('sooner', 200, () => ran.push('first'))
    timers.set('sooner', 50, () => ran.push('sooner'))
    await clock.advance(150)
    expect(ran).toEqual(['sooner'])
    await clock.advance(50)
    expect(ran).toEqual(['sooner', 'later'])
  })

  test('ten thousand heartbeats leave one pending timer', () => {
    const clock = new ManualClock()
    const timers = new KeyedTimers(clock)
    for (let i = 0; i < 10_000; i++) timers.set('session', 10_000, () => {})
    expect(clock.pending).toBe(1)
    timers.cancelAll()
    expect(clock.pending).toBe(0)
  })

  test('a cancelled timer does not run', async () => {
    const clock = new ManualClock()
    const timers = new KeyedTimers(clock)
    let runs = 0
    timers.set('a', 10, () => runs++)
    timers.cancel('a')
    timers.cancel('never set')
    await clock.advance(100)
    expect(runs).toBe(0)
  })
})
