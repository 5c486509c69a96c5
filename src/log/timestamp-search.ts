import * as header from './batch-header.ts'
import { decompressRecords } from './compressed-records.ts'
import type { LogConfig } from './log-config.ts'
import { RecordBodies } from './record-walk.ts'
import { type LogSegment, WALK_BYTES } from './segment.ts'
import type { SegmentList } from './segment-list.ts'

export interface FoundTimestamp {
  readonly timestamp: number
  readonly offset: number
}

/**
 * First record at or after `fromOffset` whose timestamp is at least `timestamp`. Only the batch that has it is looked into (and
 * decompressed). Source: UnifiedLog.fetchOffsetByTimestamp, FileRecords.searchForTimestamp.
 */
export const firstRecordSince = (
  segments: SegmentList,
  timestamp: number,
  fromOffset: number,
  config: LogConfig,
): FoundTimestamp | undefined => {
  for (const segment of segments.all) {
    if (segment.maxTimestamp < timestamp) continue
    const found = firstInSegment(segment, timestamp, fromOffset, config)
    if (found !== undefined) return found
  }
  return undefined
}

const firstInSegment = (
  segment: LogSegment,
  timestamp: number,
  fromOffset: number,
  config: LogConfig,
): FoundTimestamp | undefined => {
  const start = Math.max(segment.timeIndex.lookup(timestamp), fromOffset)
  let found: FoundTimestamp | undefined
  segment.walk(segment.offsetIndex.lookup(start), WALK_BYTES, true, (buffer, at) => {
    if (header.maxTimestampOf(buffer, at) < timestamp || header.lastOffset(buffer, at) < fromOffset)
      return true
    found = recordIn(buffer, at, config, (each, offset) => each >= timestamp && offset >= fromOffset)
    return found === undefined
  })
  return found
}

/** The first record that has the largest timestamp of all; undefined when no record has one. */
export const recordOfMaxTimestamp = (
  segments: SegmentList,
  config: LogConfig,
): FoundTimestamp | undefined => {
  let newest = segments.at(0)
  for (const segment of segments.all) {
    if (newest !== undefined && segment.maxTimestamp > newest.maxTimestamp) newest = segment
  }
  if (newest === undefined || newest.maxTimestamp < 0) return undefined
  const { maxTimestamp, offsetOfMaxTimestamp } = newest
  const batch = newest.find(offsetOfMaxTimestamp)
  if (batch === undefined) return undefined
  const buffer = newest.logFile.read(batch.position, batch.sizeBytes)
  return recordIn(buffer, 0, config, (timestamp) => timestamp === maxTimestamp)
}

const recordIn = (
  buffer: Buffer,
  at: number,
  config: LogConfig,
  wanted: (timestamp: number, offset: number) => boolean,
): FoundTimestamp | undefined => {
  const base = header.baseOffset(buffer, at)
  if (header.magic(buffer, at) !== 2) {
    const timestamp = header.maxTimestampOf(buffer, at)
    return wanted(timestamp, base) ? { timestamp, offset: base } : undefined
  }
  const attributes = header.attributes(buffer, at)
  const body = buffer.subarray(at + header.BATCH_OVERHEAD, at + header.batchSize(buffer, at))
  const codec = header.codecOf(attributes)
  const plain = codec === 0 ? body : decompressRecords(codec, body, config).bytes
  const records = new RecordBodies(plain, 0, plain.length)
  const stamped = header.isLogAppendTime(attributes) ? header.maxTimestamp(buffer, at) : undefined
  const baseTimestamp = header.baseTimestamp(buffer, at)
  for (let left = header.recordCount(buffer, at); left > 0 && records.next(); left--) {
    const timestamp = stamped ?? baseTimestamp + records.timestampDelta
    const offset = base + records.offsetDelta
    if (wanted(timestamp, offset)) return { timestamp, offset }
  }
  return undefined
}
