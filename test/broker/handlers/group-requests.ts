import { findCoordinator } from '../../../src/broker/handlers/10-find-coordinator.ts'
import { joinGroup } from '../../../src/broker/handlers/11-join-group.ts'
import { syncGroup } from '../../../src/broker/handlers/14-sync-group.ts'
import type { RequestInput } from '../../../src/protocol/schema/api.ts'
import type { GroupCluster } from './group-cluster.ts'

export const versionsOf = ({ versions: [first, last] }: { versions: readonly [number, number] }): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i)

export const find = (cluster: GroupCluster, key: string, version = 4) =>
  cluster.ask(
    findCoordinator,
    version,
    version < 4 ? { key, keyType: 0, coordinatorKeys: [] } : { key: '', keyType: 0, coordinatorKeys: [key] },
  )

export const joinRequest = (groupId: string, memberId = ''): RequestInput<(typeof joinGroup)['api']> => ({
  groupId,
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 60_000,
  memberId,
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: Buffer.from('m') }],
})

/** Joins as the only member, as far as the assignment. */
export const enter = async (cluster: GroupCluster, groupId: string, version = 3) => {
  const { memberId, generationId } = await cluster.ask(joinGroup, version, joinRequest(groupId))
  const assignments = [{ memberId, assignment: Buffer.from('a') }]
  await cluster.ask(syncGroup, 3, { groupId, memberId, generationId, assignments })
  return { memberId, generationId }
}

export const commitRequest = (
  cluster: GroupCluster,
  version: number,
  groupId: string,
  partitionIndex: number,
  more = {},
) => ({
  groupId,
  memberId: '',
  ...more,
  topics: [
    {
      name: version < 10 ? 't' : '',
      topicId: version < 10 ? 'AAAAAAAAAAAAAAAAAAAAAA' : cluster.controller.image.topic('t')!.id,
      partitions: [{ partitionIndex, committedOffset: BigInt(100 + version), committedMetadata: 'm' }],
    },
  ],
})

export const fetchRequest = (
  cluster: GroupCluster,
  version: number,
  groupId: string,
  partitions: number[] | null,
) => {
  const topicId = version < 10 ? 'AAAAAAAAAAAAAAAAAAAAAA' : cluster.controller.image.topic('t')!.id
  const one = [{ name: 't', topicId, partitionIndexes: partitions ?? [] }]
  const topics = partitions === null ? null : one
  const byId = version < 10 ? topics : (topics?.map((topic) => ({ ...topic, name: '' })) ?? null)
  return version < 8
    ? {
        groupId,
        topics: topics?.map(({ name, partitionIndexes }) => ({ name, partitionIndexes })) ?? null,
        groups: [],
        requireStable: false,
      }
    : { groupId: '', topics: [], groups: [{ groupId, topics: byId }], requireStable: false }
}
