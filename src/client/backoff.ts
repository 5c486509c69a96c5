import type { ClientEnv } from './connection.ts'

const FIRST_MS = 50
const LONGEST_MS = 1_000

/** Resolves after `ms` on the injected clock. */
export const sleep = (env: Pick<ClientEnv, 'clock'>, ms: number): Promise<void> =>
  new Promise((resolve) => {
    env.clock.after(ms, resolve)
  })

/** Wait before try number `attempt` (1: the first retry): doubling from 50 ms to 1 s, less up to a fifth by chance. */
export const backoffMs = (env: Pick<ClientEnv, 'random'>, attempt: number): number => {
  const full = Math.min(FIRST_MS * 2 ** Math.min(attempt - 1, 10), LONGEST_MS)
  return full - env.random.int(Math.floor(full / 5) + 1)
}
