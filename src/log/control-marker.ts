import { controlRecordOf } from '../protocol/records/control.ts'
import * as header from './batch-header.ts'
import type { TransactionMarker } from './producer-state.ts'

/**
 * The commit or abort marker in the control batch at `at`; undefined for other control records and for batches that the
 * cleaner has emptied. Throws DecodeError when the record is damaged.
 */
export const markerOf = (buffer: Buffer, at: number): TransactionMarker | undefined => {
  const record = controlRecordOf(buffer, at)
  if (record?.type !== 'COMMIT' && record?.type !== 'ABORT') return undefined
  return {
    producerId: header.producerId(buffer, at),
    producerEpoch: header.producerEpoch(buffer, at),
    coordinatorEpoch: record.coordinatorEpoch,
    committed: record.type === 'COMMIT',
    offset: header.baseOffset(buffer, at),
    timestamp: header.maxTimestamp(buffer, at),
  }
}
