/** Thrown where our own code broke a promise; never because of what a client sent. */
class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

/** Checks an invariant of ours. `why` states what should have been true. */
export function assert(condition: unknown, why: string): asserts condition {
  if (!condition) throw new AssertionError(why)
}
