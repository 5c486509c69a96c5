/** From this version on a fetch gives batches as they are stored. */
export const UNCONVERTED_SINCE = 4

import type { ReadResult } from '../replication/results.ts'
import type { FetchTarget } from './fetch-sessions.ts'
export const forOldClient = (read: ReadResult, _target: FetchTarget, _apiVersion: number): ReadResult => read
