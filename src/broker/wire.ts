import { ErrorCode, type ErrorName, Refusal } from '../protocol/errors.ts'

/** The code of an error on the wire; null is NONE. */
export const errorCodeOf = (error: ErrorName | null): number => (error === null ? 0 : ErrorCode[error])

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER)

/**
 * An offset of the wire as a number. What lies outside the safe integers is clamped to them: it is out of
 * range in every log just the same.
 */
export const offsetOf = (value: bigint): number => {
  if (value > MAX_SAFE) return Number.MAX_SAFE_INTEGER
  if (value < -MAX_SAFE) return Number.MIN_SAFE_INTEGER
  return Number(value)
}

/** An offset or time for the wire. The small constants that most answers hold are not made anew. */
export const int64Of = (value: number): bigint => {
  if (value === -1) return -1n
  if (value === 0) return 0n
  return BigInt(value)
}

/** The name of what was thrown, for an item of a response; anything but a Refusal is a bug and thrown on. */
export const refusalOf = (error: unknown): Refusal => {
  if (error instanceof Refusal) return error
  throw error
}

/** What a Refusal says beside its code; null: nothing. */
export const wordsOf = ({ code, message }: Refusal): string | null => (message === code ? null : message)
