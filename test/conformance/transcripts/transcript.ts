/** Recorded exchanges with a real single-node 4.4.0 broker, one JSON object per case. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** A value in the encoding of the transcripts: int64 as decimal strings, bytes and records in base64. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

export interface Step {
  /** Number of the connection inside the case. */
  readonly conn: number
  /** Null: `rawHex` was sent as it is. */
  readonly api: string | null
  readonly key?: number
  readonly version?: number
  readonly request?: Json
  /** Header and body, without the length. */
  readonly requestHex?: string
  /** Bytes with their length prefix. */
  readonly rawHex?: string
  readonly response?: Json
  readonly responseHex?: string
  readonly note?: string
  /** Field of the request → the earlier answer that its value came from. */
  readonly requestRefs?: { readonly [path: string]: { readonly step: number; readonly path: string } }
  /** Fields of the response that may differ; `a.*`: a list whose length varied. */
  readonly volatile?: readonly string[]
  /** The broker closed the connection in place of an answer. */
  readonly closed?: boolean
  /** No answer came. */
  readonly noResponse?: boolean
}

export interface Case {
  readonly id: string
  readonly family: string
  readonly case: string
  readonly steps: readonly Step[]
}

/** Families whose APIs are served; replayed. */
export const SERVED_FAMILIES = [
  'apiversions',
  'frames',
  'metadata',
  'describecluster',
  'describetopicpartitions',
  'createtopics',
  'deletetopics',
  'createpartitions',
  'describeconfigs',
  'alterconfigs',
  'produce',
  'corrupt-batch',
  'initproducerid',
  'idempotence',
  'fetch',
  'listoffsets',
  'offsetforleaderepoch',
  'deleterecords',
  'findcoordinator',
  'joingroup',
  'syncgroup',
  'heartbeat',
  'leavegroup',
  'describegroups',
  'listgroups',
  'groups',
  'deletegroups',
  'offsetcommit',
  'offsetfetch',
  'offsetdelete',
] as const

export function readFamily(directory: string, family: string): Case[] {
  const text = gunzipSync(readFileSync(join(directory, `${family}.jsonl.gz`))).toString('utf8')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Case)
}
