import type { CoordinatorRecord } from '../record-log.ts'
import type { Outcome } from '../shard.ts'

/**
 * What a step of a rebalance leaves to be stored. Classic groups keep their rebalance in memory and store its
 * end, as Kafka does: the records describe what the state holds.
 */
export type Effects = Pick<Outcome<unknown>, 'records' | 'whenCommitted'>

export const NO_EFFECTS: Effects = { records: [] }

export const store = (...records: readonly CoordinatorRecord[]): Effects => ({ records })

/** An outcome of effects alone. */
export const outcomeOf = <R>(effects: Effects, response: Outcome<R>['response']): Outcome<R> => ({
  records: effects.records,
  whenCommitted: effects.whenCommitted,
  response,
  held: true,
})

/** An outcome that nobody waits for: a timer's. */
export const unasked = (effects: Effects): Outcome<void> => outcomeOf<void>(effects, undefined)
