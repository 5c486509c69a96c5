import { ListOffsets } from '../protocol/messages/02-list-offsets.ts'
import { throwIfRefused } from './client-error.ts'
import type { ClusterClient } from './cluster.ts'

/** Special timestamps of ListOffsets. */
const SPECIAL = { latest: -1n, earliest: -2n, 'max-timestamp': -3n } as const

/** Where in a partition: its first record, behind its last, the largest timestamp, or the first not older than a time. */
export type OffsetSpec = keyof typeof SPECIAL | { readonly timestampMs: number }

export interface PartitionOffset {
  readonly offset: number
  /** -1 where Kafka gives none (earliest, latest). */
  readonly timestampMs: number
  readonly leaderEpoch: number
}

export interface ListOffsetsOptions {
  /** `latest` is then the last stable offset. */
  readonly readCommitted?: boolean
}

/** Asks a partition's leader for an offset. Null: no record is that young. */
export const offsetOf = (
  cluster: ClusterClient,
  topic: string,
  partition: number,
  spec: OffsetSpec,
  options: ListOffsetsOptions = {},
): Promise<PartitionOffset | null> =>
  cluster.retrying(async () => {
    const connection = await cluster.node(await cluster.leader(topic, partition))
    const version = connection.versionOf(ListOffsets) ?? 0
    const timestamp = typeof spec === 'string' ? SPECIAL[spec] : BigInt(spec.timestampMs)
    const response = await connection.request(ListOffsets, {
      replicaId: -1,
      isolationLevel: options.readCommitted && version >= 2 ? 1 : 0,
      topics: [{ name: topic, partitions: [{ partitionIndex: partition, timestamp }] }],
      timeoutMs: cluster.options.requestTimeoutMs,
    })
    const answer = response.topics[0]?.partitions[0]
    throwIfRefused(answer?.errorCode ?? -1, `offsets of ${topic}-${partition}`)
    // Version 0 gives the bases of segments, newest first: the first that is not after the time asked for.
    const offset = Number(version === 0 ? (answer?.oldStyleOffsets[0] ?? -1n) : (answer?.offset ?? -1n))
    if (offset < 0) return null
    return { offset, timestampMs: Number(answer?.timestamp ?? -1n), leaderEpoch: answer?.leaderEpoch ?? -1 }
  })
