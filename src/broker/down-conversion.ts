import { Refusal } from '../protocol/errors.ts'
import { downConvert } from '../protocol/records/convert.ts'
import { type ReadResult, readFailed } from '../replication/results.ts'
import type { FetchTarget } from './fetch-sessions.ts'

/** From this version on a fetch gives batches as they are stored; before, message sets of magic 1. */
export const UNCONVERTED_SINCE = 4
/** Before this version messages have no timestamps: magic 0. */
const MAGIC_1_SINCE = 2
/**
 * Before this version the client counts on a first message that is cut where it exceeds the client's limit.
 */
const RESPONSE_LIMIT_SINCE = 3

/**
 * What was read, in the message format of an old client. UNSUPPORTED_COMPRESSION_TYPE where the records are
 * zstd, which these clients cannot read.
 */
export const forOldClient = (read: ReadResult, target: FetchTarget, apiVersion: number): ReadResult => {
  try {
    const buffers = downConvert(read.buffers, apiVersion < MAGIC_1_SINCE ? 0 : 1, target.fetchOffset)
    let sizeBytes = 0
    for (const buffer of buffers) sizeBytes += buffer.length
    if (apiVersion >= RESPONSE_LIMIT_SINCE || sizeBytes <= target.maxBytes)
      return { ...read, buffers, sizeBytes }
    const cut = Buffer.concat(buffers, Math.min(sizeBytes, target.maxBytes))
    return { ...read, buffers: [cut], sizeBytes: cut.length }
  } catch (error) {
    if (error instanceof Refusal) return readFailed(error.code)
    throw error
  }
}
