import { join } from 'node:path'
import { crc32c } from '../runtime/crc32c.ts'
import type { Disk } from '../runtime/disk.ts'
import type { Env } from '../runtime/env.ts'
import * as header from './batch-header.ts'
import { markerOf } from './control-marker.ts'
import type { LeaderEpochs } from './leader-epochs.ts'
import { decodeProducerSnapshot, encodeProducerSnapshot } from './producer-snapshot.ts'
import type { CompletedTransaction, ProducerBatch, ProducerState } from './producer-state.ts'
import { LogSegment, offsetOfName, segmentName, WALK_BYTES } from './segment.ts'
import type { SegmentList } from './segment-list.ts'

/** What is loaded from a partition's directory. */
export interface LoadRequest {
  readonly env: Env
  /** The partition's own directory. */
  readonly path: string
  readonly name: string
  /** The last stop was clean: files are taken as they are. */
  readonly clean: boolean
  /** All before this offset was synced: only later segments are scanned after an unclean stop. */
  readonly recoveryPoint: number
  readonly indexIntervalBytes: number
}

/**
 * Opens the segments of an existing directory. After an unclean stop, batches behind the recovery point are checked one by one
 * (length, magic, checksum, ascending offsets); the log ends in front of the first that fails, and segments behind it are
 * removed. Missing or impossible indexes are made anew. Returns false when there is no segment.
 * Source: LogLoader and LogSegment.recover.
 */
export const loadSegments = (request: LoadRequest, segments: SegmentList): boolean => {
  const { env, path } = request
  const { disk } = env
  const names = disk.list(path)
  for (const name of names) {
    // Left over from a cleaning or a deletion that did not end.
    if (/\.(cleaned|swap|deleted|tmp)$/.test(name)) disk.remove(join(path, name))
  }
  const bases = names.flatMap((name) => offsetOfName(name, '.log') ?? [])
  for (const [index, base] of bases.entries()) {
    const segment = new LogSegment(disk, path, base, env.clock.now())
    segment.open()
    segments.push(segment)
    const end = bases[index + 1] ?? Number.POSITIVE_INFINITY
    const trusted = request.clean || end <= request.recoveryPoint
    if (trusted ? loadTrusted(segment, request) : scan(segment, request)) continue
    for (const later of bases.slice(index + 1)) removeSegmentFiles(disk, path, later)
    break
  }
  return bases.length > 0
}

/** Takes the files as they are; true unless the log ends inside the segment. */
const loadTrusted = (segment: LogSegment, request: LoadRequest): boolean => {
  if (!segment.loadIndexes()) {
    request.env.log.info('indexes are made anew', { partition: request.name, segment: segment.baseOffset })
    segment.rebuildIndexes(request.indexIntervalBytes)
  }
  loadAborted(segment)
  const from = segment.offsetIndex.lookup(Number.MAX_SAFE_INTEGER)
  const end = segment.walk(from, header.BATCH_OVERHEAD * 64, false, () => true)
  return end === segment.sizeBytes || cut(segment, end, request)
}

/** Checks each batch; true when all are whole. */
const scan = (segment: LogSegment, request: LoadRequest): boolean => {
  loadAborted(segment)
  let expected = segment.baseOffset
  const end = segment.walk(0, WALK_BYTES, true, (buffer, at) => {
    const first = header.baseOffset(buffer, at)
    if (header.magic(buffer, at) === 2) {
      const size = header.batchSize(buffer, at)
      const last = header.lastOffset(buffer, at)
      const computed = crc32c(buffer, at + header.ATTRIBUTES_AT, at + size)
      if (first < expected || last < first || header.crc(buffer, at) !== computed) return false
      expected = last + 1
      return true
    }
    if (first < expected) return false
    expected = first + 1
    return true
  })
  const whole = end === segment.sizeBytes
  if (!whole) cut(segment, end, request)
  segment.transactionIndex.truncateTo(expected)
  segment.rebuildIndexes(request.indexIntervalBytes)
  return whole
}

const loadAborted = (segment: LogSegment): void => {
  if (!segment.transactionIndex.load()) segment.transactionIndex.clear()
}

const cut = (segment: LogSegment, end: number, request: LoadRequest): false => {
  request.env.log.warn('log was cut at the last whole batch', {
    partition: request.name,
    segment: segment.baseOffset,
    bytesCut: segment.sizeBytes - end,
  })
  segment.cutAt(end)
  segment.rebuildIndexes(request.indexIntervalBytes)
  return false
}

const removeSegmentFiles = (disk: Disk, path: string, base: number): void => {
  for (const suffix of ['.log', '.index', '.timeindex', '.txnindex', '.snapshot']) {
    disk.remove(join(path, segmentName(base) + suffix))
  }
}

/** Offset behind the last record of a segment; its base offset while it is empty. */
export const endOffsetOf = (segment: LogSegment): number => {
  let end = segment.baseOffset
  const from = segment.offsetIndex.lookup(Number.MAX_SAFE_INTEGER)
  segment.walk(from, header.BATCH_OVERHEAD * 64, false, (buffer, at) => {
    end = header.lastOffset(buffer, at) + 1
    return true
  })
  return end
}

/** Header of a batch with a producer id, as the producer state wants it. */
export const producerBatchOf = (buffer: Buffer, at: number, attributes: number): ProducerBatch => {
  const firstOffset = header.baseOffset(buffer, at)
  return {
    producerId: header.producerId(buffer, at),
    producerEpoch: header.producerEpoch(buffer, at),
    baseSequence: header.baseSequence(buffer, at),
    firstOffset,
    lastOffset: firstOffset + header.lastOffsetDelta(buffer, at),
    maxTimestamp: header.maxTimestamp(buffer, at),
    transactional: header.isTransactional(attributes),
  }
}

/** Takes a stored batch into the producer state. The transaction that it ended, if it did. */
export const applyStored = (
  buffer: Buffer,
  at: number,
  producers: ProducerState,
): CompletedTransaction | undefined => {
  if (header.magic(buffer, at) !== 2 || header.producerId(buffer, at) < 0) return undefined
  const attributes = header.attributes(buffer, at)
  if (header.isControl(attributes)) {
    const marker = markerOf(buffer, at)
    return marker === undefined ? undefined : producers.applyMarker(marker)
  }
  producers.apply(producerBatchOf(buffer, at, attributes))
  return undefined
}

/** Writes `<offset>.snapshot`: the producer state of everything before `offset`. */
export const writeSnapshot = (disk: Disk, path: string, offset: number, producers: ProducerState): void => {
  disk.writeFileAtomically(
    join(path, `${segmentName(offset)}.snapshot`),
    encodeProducerSnapshot(producers.snapshot()),
  )
}

export interface ReplayRequest {
  readonly env: Env
  readonly path: string
  readonly name: string
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly producerIdExpirationMs: number
}

/**
 * Makes the producer state as of the log end offset: from the newest snapshot that can be read, and the batches behind it.
 * Snapshots beyond the end are removed. Epochs and aborted transactions that the files do not know are added on the way.
 */
export const rebuildProducers = (
  request: ReplayRequest,
  segments: SegmentList,
  producers: ProducerState,
  epochs: LeaderEpochs,
): void => {
  const { env, path, logEndOffset } = request
  let from = request.logStartOffset
  producers.clear()
  const offsets = env.disk.list(path).flatMap((name) => offsetOfName(name, '.snapshot') ?? [])
  for (const offset of offsets.reverse()) {
    const file = join(path, `${segmentName(offset)}.snapshot`)
    if (offset > logEndOffset) {
      env.disk.remove(file)
      continue
    }
    try {
      const entries = decodeProducerSnapshot(env.disk.readFile(file))
      producers.restore(entries, env.clock.now(), request.producerIdExpirationMs)
      from = offset
      break
    } catch (error) {
      env.log.warn('producer snapshot is not usable', {
        partition: request.name,
        offset,
        error: String(error),
      })
      env.disk.remove(file)
    }
  }
  for (let index = segments.indexFor(from); index < segments.length; index++) {
    replay(segments.at(index) as LogSegment, from, producers, epochs)
  }
}

const replay = (segment: LogSegment, from: number, producers: ProducerState, epochs: LeaderEpochs): void => {
  const known = new Set(segment.transactionIndex.entries.map((entry) => entry.lastOffset))
  segment.walk(segment.offsetIndex.lookup(from), WALK_BYTES, true, (buffer, at) => {
    const first = header.baseOffset(buffer, at)
    if (header.lastOffset(buffer, at) < from) return true
    if (header.magic(buffer, at) === 2) epochs.assign(header.leaderEpoch(buffer, at), first)
    const completed = applyStored(buffer, at, producers)
    if (completed?.aborted && !known.has(completed.lastOffset)) {
      const lastStableOffset = producers.lastStableOffsetAfter(completed)
      const { producerId, firstOffset, lastOffset } = completed
      segment.transactionIndex.append({ producerId, firstOffset, lastOffset, lastStableOffset })
    }
    return true
  })
}
