import { DecodeError, Refusal } from '../protocol/errors.ts'
import { DECOMPRESSED_BYTES_MAX } from '../protocol/records/compression/index.ts'
import { RecordCursor } from '../protocol/records/record.ts'
import * as header from './batch-header.ts'
import type { LogConfig } from './log-config.ts'
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
  if (header.magic(buffer, at) !== 2) {
    const found = { timestamp: header.maxTimestampOf(buffer, at), offset: header.baseOffset(buffer, at) }
    return wanted(found.timestamp, found.offset) ? found : undefined
  }
  try {
    const maxBytes = Math.min(config.maxDecompressedMessageBytes, DECOMPRESSED_BYTES_MAX)
    const record = new RecordCursor(buffer, at, { maxBytes })
    while (record.next()) {
      const { timestamp, offset } = record
      if (wanted(timestamp, offset)) return { timestamp, offset }
    }
    return undefined
  } catch (error) {
    // It was readable when it was appended: the file has rotted since.
    if (error instanceof DecodeError) throw new Refusal('CORRUPT_MESSAGE', error.message)
    throw error
  }
}
