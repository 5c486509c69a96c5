/** What consumer, share and streams groups store alike in `__consumer_offsets`. */

import { data, NEVER } from '../schema/api.ts'
import { i32, i64, string } from '../schema/field.ts'

/** A key that says which group. */
export const groupKey = (name: string, keyType: number) =>
  data({ name, versions: [0, 0], flexible: NEVER, keyType, fields: { groupId: string } })

/** A key that says which member of which group. */
export const memberKey = (name: string, keyType: number) =>
  data({ name, versions: [0, 0], flexible: NEVER, keyType, fields: { groupId: string, memberId: string } })

/** The epoch that a group's target assignment was computed for, and when. */
export const targetAssignmentMetadataValue = (name: string) =>
  data({
    name,
    versions: [0, 0],
    flexible: 0,
    fields: { assignmentEpoch: i32, assignmentTimestamp: i64.tag(0, 0).ignorable() },
  })
