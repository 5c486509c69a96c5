/**
 * Where share groups read (KIP-932), in `__share_group_state`: a snapshot, then updates until the next one.
 */

import { data, NEVER } from '../schema/api.ts'
import { array, i8, i16, i32, i64, string, uuid } from '../schema/field.ts'

/** ShareSnapshotKey: which group and partition. */
export const ShareSnapshotKey = data({
  name: 'ShareSnapshotKey',
  versions: [0, 0],
  flexible: NEVER,
  keyType: 0,
  fields: { groupId: string, topicId: uuid, partition: i32 },
})

const stateBatch = {
  firstOffset: i64,
  lastOffset: i64,
  deliveryState: i8,
  deliveryCount: i16,
}

/** ShareSnapshotValue: the whole state. */
export const ShareSnapshotValue = data({
  name: 'ShareSnapshotValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    snapshotEpoch: i32,
    stateEpoch: i32,
    leaderEpoch: i32,
    startOffset: i64,
    deliveryCompleteCount: i32.tag(0, 0).default(-1),
    createTimestamp: i64,
    writeTimestamp: i64,
    stateBatches: array(stateBatch),
  },
})

/** ShareUpdateKey: which group and partition. */
export const ShareUpdateKey = data({
  name: 'ShareUpdateKey',
  versions: [0, 0],
  flexible: NEVER,
  keyType: 1,
  fields: { groupId: string, topicId: uuid, partition: i32 },
})

/** ShareUpdateValue: what changed since. */
export const ShareUpdateValue = data({
  name: 'ShareUpdateValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    snapshotEpoch: i32,
    leaderEpoch: i32,
    startOffset: i64,
    deliveryCompleteCount: i32.tag(0, 0).default(-1),
    stateBatches: array(stateBatch),
  },
})
