import type { ClusterState } from './cluster-state.ts'
import type { ItemResult } from './commands.ts'
import type { MetadataRecord } from './records.ts'

/** What a command leads to. The records are appended and applied together or, when empty, nothing happens. */
export interface Decision<Result> {
  readonly records: readonly MetadataRecord[]
  readonly result: Result
}

/**
 * Partitions that one request may make, over all its topics: more get POLICY_VIOLATION before anything is looked at.
 * Source: MAX_PARTITIONS_PER_BATCH of KRaft's ReplicationControlManager.
 */
export const PARTITIONS_PER_REQUEST_MAX = 10_000

/**
 * Checks a placement that a client gives. `replicationFactor` is what the topic's other partitions have; null: the first.
 * Gives the ISR to start with (the brokers that live), or why not.
 */
export const checkAssignment = (
  image: ClusterState,
  partition: number,
  brokerIds: readonly number[],
  replicationFactor: number | null,
): { readonly isr: readonly number[] } | { readonly refusal: ItemResult } => {
  const bad = (message: string): { refusal: ItemResult } => ({
    refusal: { error: 'INVALID_REPLICA_ASSIGNMENT', message },
  })
  if (brokerIds.length === 0) return bad('The manual partition assignment includes an empty replica list.')
  const seen = new Set<number>()
  for (const id of brokerIds) {
    if (seen.has(id)) return bad(`The manual partition assignment names broker ${id} more than once.`)
    seen.add(id)
    if (!image.brokers.has(id)) {
      return bad(`The manual partition assignment names broker ${id}, which is not registered.`)
    }
  }
  if (replicationFactor !== null && brokerIds.length !== replicationFactor) {
    return bad(
      `The manual partition assignment has a partition with ${brokerIds.length} replica(s), others have ${replicationFactor}.`,
    )
  }
  const isr = brokerIds.filter((id) => image.isActive(id))
  if (isr.length === 0) {
    return bad(`All brokers assigned to partition ${partition} are fenced or in controlled shutdown.`)
  }
  return { isr }
}
