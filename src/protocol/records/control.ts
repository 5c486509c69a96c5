import { isControl } from './batch.ts'
import { encodeBatch } from './batch-builder.ts'
import { RecordCursor } from './record.ts'

/**
 * Control batches: one record that consumers do not see. Key: i16 version, i16 type; value by type. The end marker of a
 * transaction (Kafka's EndTransactionMarker) has i16 version, i32 coordinator epoch.
 */

/** Types of control records by their number. */
const CONTROL_TYPES = [
  'ABORT',
  'COMMIT',
  'LEADER_CHANGE',
  'SNAPSHOT_HEADER',
  'SNAPSHOT_FOOTER',
  'KRAFT_VERSION',
  'KRAFT_VOTERS',
] as const
type ControlType = (typeof CONTROL_TYPES)[number]

export interface EndTransactionMarker {
  readonly type: 'COMMIT' | 'ABORT'
  readonly producerId: number | bigint
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  readonly timestamp: number
  readonly baseOffset?: number | bigint | undefined
  readonly partitionLeaderEpoch?: number | undefined
}

/** The batch that ends a transaction in a partition. */
export function encodeEndTransactionMarker(marker: EndTransactionMarker): Buffer {
  const key = Buffer.alloc(4)
  key.writeInt16BE(CONTROL_TYPES.indexOf(marker.type), 2)
  const value = Buffer.alloc(6)
  value.writeInt32BE(marker.coordinatorEpoch, 2)
  return encodeBatch({
    baseOffset: marker.baseOffset,
    partitionLeaderEpoch: marker.partitionLeaderEpoch,
    producerId: marker.producerId,
    producerEpoch: marker.producerEpoch,
    isTransactional: true,
    isControl: true,
    records: [{ key, value, timestamp: marker.timestamp }],
  })
}

/** What a control batch says. `coordinatorEpoch` is -1 for other types than COMMIT and ABORT. */
export interface ControlRecord {
  readonly type: ControlType | 'UNKNOWN'
  readonly coordinatorEpoch: number
}

/**
 * The control record of the batch of magic 2 at `at`; undefined when it is no control batch, or one that compaction emptied.
 *
 * @throws DecodeError when it is damaged.
 */
export function controlRecordOf(batch: Buffer, at = 0): ControlRecord | undefined {
  if (!isControl(batch, at)) return undefined
  const cursor = new RecordCursor(batch, at)
  if (!cursor.next()) return undefined
  return controlRecord(cursor.key, cursor.value)
}

/** As `controlRecordOf`, from a record's key and value. Unknown versions and types are told as UNKNOWN, as Kafka does. */
export function controlRecord(key: Buffer | null, value: Buffer | null): ControlRecord {
  const type = key !== null && key.length >= 4 ? CONTROL_TYPES[key.readInt16BE(2)] : undefined
  const ends = type === 'COMMIT' || type === 'ABORT'
  const coordinatorEpoch = ends && value !== null && value.length >= 6 ? value.readInt32BE(2) : -1
  return { type: type ?? 'UNKNOWN', coordinatorEpoch }
}
