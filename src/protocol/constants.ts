/** Stands for "not asked for" in a bit field of authorized operations (KIP-430). */
export const OPERATIONS_NOT_REQUESTED = -2147483648
export const MAX_INT32 = 2147483647
export const MAX_INT64 = 9223372036854775807n
