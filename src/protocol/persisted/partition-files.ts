/** Files of a partition beside its segments. */

import { data, NEVER } from '../schema/api.ts'
import { array, i16, i32, i64, u32 } from '../schema/field.ts'

const producerEntry = {
  producerId: i64,
  epoch: i16,
  lastSequence: i32,
  lastOffset: i64,
  offsetDelta: i32,
  timestamp: i64,
  coordinatorEpoch: i32,
  currentTxnFirstOffset: i64,
}

/**
 * ProducerSnapshot: a `.snapshot` file: the producers of a partition at an offset. The CRC-32C covers what
 * follows it.
 */
export const ProducerSnapshot = data({
  name: 'ProducerSnapshot',
  versions: [1, 1],
  flexible: NEVER,
  fields: { crc: u32, producerEntries: array(producerEntry) },
})

/** AbortedTxn: one entry of a `.txnindex` file. */
export const AbortedTxn = data({
  name: 'AbortedTxn',
  versions: [0, 0],
  flexible: NEVER,
  fields: {
    producerId: i64,
    firstOffset: i64,
    lastOffset: i64,
    lastStableOffset: i64,
  },
})
