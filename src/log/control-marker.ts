import * as header from './batch-header.ts'
import type { TransactionMarker } from './producer-state.ts'
import { RecordBodies } from './record-walk.ts'

const ABORT = 0
const COMMIT = 1

/**
 * The commit or abort marker in the control batch at `at`; undefined for other control records and for batches that the
 * cleaner has emptied.
 *
 *     record key: int16 version, int16 type (0 abort, 1 commit)     value: int16 version, int32 coordinatorEpoch
 */
export const markerOf = (buffer: Buffer, at: number): TransactionMarker | undefined => {
  if (header.recordCount(buffer, at) < 1) return undefined
  const end = at + header.batchSize(buffer, at)
  const cursor = new RecordBodies(buffer, at + header.BATCH_OVERHEAD, end)
  if (!cursor.next()) return undefined
  const { keyAt, keySize, valueAt, valueSize } = cursor.fields()
  if (keySize < 4) return undefined
  const type = buffer.readInt16BE(keyAt + 2)
  if (type !== ABORT && type !== COMMIT) return undefined
  return {
    producerId: header.producerId(buffer, at),
    producerEpoch: header.producerEpoch(buffer, at),
    coordinatorEpoch: valueSize >= 6 ? buffer.readInt32BE(valueAt + 2) : -1,
    committed: type === COMMIT,
    offset: header.baseOffset(buffer, at),
    timestamp: header.baseTimestamp(buffer, at) + cursor.timestampDelta,
  }
}
