/**
 * What members of a classic consumer group tell each other through the coordinator, which passes it on
 * unread. A reader of a newer version than it knows takes it for its newest: fields are only ever appended.
 */

import { data, NEVER } from '../schema/api.ts'
import { array, bytes, i32, string } from '../schema/field.ts'

const topicPartitions = { topic: string, partitions: array(i32) }

/**
 * ConsumerProtocolSubscription: what a member wants and has, in the metadata of JoinGroup.
 *
 * Versions: v1 owned partitions, for cooperative rebalancing (KIP-429) · v2 the generation in which they were
 * owned (KIP-792) · v3 rack (KIP-881).
 */
export const ConsumerProtocolSubscription = data({
  name: 'ConsumerProtocolSubscription',
  versions: [0, 3],
  flexible: NEVER,
  readsNewer: true,
  fields: {
    topics: array(string),
    userData: bytes.nullable().default(null),
    ownedPartitions: array(topicPartitions).in(1).ignorable(),
    generationId: i32.in(2).default(-1).ignorable(),
    rackId: string.nullable().in(3).default(null).ignorable(),
  },
})

/** ConsumerProtocolAssignment: what the leader gave to a member, in the assignment of SyncGroup. */
export const ConsumerProtocolAssignment = data({
  name: 'ConsumerProtocolAssignment',
  versions: [0, 3],
  flexible: NEVER,
  readsNewer: true,
  fields: {
    assignedPartitions: array(topicPartitions),
    userData: bytes.nullable().default(null),
  },
})
