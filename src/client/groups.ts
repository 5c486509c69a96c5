import { ErrorCode } from '../protocol/errors.ts'
import { OffsetFetch } from '../protocol/messages/09-offset-fetch.ts'
import { DescribeGroups } from '../protocol/messages/15-describe-groups.ts'
import { ListGroups } from '../protocol/messages/16-list-groups.ts'
import { DeleteGroups } from '../protocol/messages/42-delete-groups.ts'
import { type ClientError, refusalOf, throwIfRefused } from './client-error.ts'
import type { ClusterClient } from './cluster.ts'

export interface ListedGroup {
  readonly id: string
  readonly protocolType: string
  /** Empty from a broker older than 2.6. */
  readonly state: string
  /** Empty from a broker older than 3.8. */
  readonly type: string
}

export interface GroupMember {
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  /** As the members' own protocol has it: for "consumer", a ConsumerProtocolAssignment with its version in front. */
  readonly assignment: Buffer
}

export interface DescribedGroup {
  readonly id: string
  readonly state: string
  readonly protocolType: string
  /** The assignor that was chosen. */
  readonly protocol: string
  readonly members: readonly GroupMember[]
}

export interface CommittedOffset {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly leaderEpoch: number
  readonly metadata: string | null
}

/** Every group of the cluster, by id: each broker names those that it coordinates. */
export const listGroups = (cluster: ClusterClient): Promise<ListedGroup[]> =>
  cluster.retrying(async () => {
    const { brokers } = await cluster.cluster()
    const answers = await Promise.all(
      brokers.map(async ({ id }) => {
        const response = await (await cluster.node(id)).request(ListGroups, {
          statesFilter: [],
          typesFilter: [],
        })
        throwIfRefused(response.errorCode, `listing the groups of broker ${id}`)
        return response.groups
      }),
    )
    return answers
      .flat()
      .map((group) => ({
        id: group.groupId,
        protocolType: group.protocolType,
        state: group.groupState,
        type: group.groupType,
      }))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
  })

/** State and members of a classic group. A group that does not exist is described as Dead, as Kafka does up to 3.9. */
export const describeGroup = (cluster: ClusterClient, id: string): Promise<DescribedGroup> =>
  cluster.retrying(async () => {
    const coordinator = await cluster.coordinator(id)
    const response = await coordinator.request(DescribeGroups, {
      groups: [id],
      includeAuthorizedOperations: false,
    })
    const group = response.groups[0]
    throwIfRefused(group?.errorCode ?? -1, `group "${id}"`, group?.errorMessage)
    return {
      id,
      state: group?.groupState ?? '',
      protocolType: group?.protocolType ?? '',
      protocol: group?.protocolData ?? '',
      members: (group?.members ?? []).map((member) => ({
        memberId: member.memberId,
        instanceId: member.groupInstanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        assignment: Buffer.from(member.memberAssignment),
      })),
    }
  })

/** Deletes one group. Gives the refusal (NON_EMPTY_GROUP, GROUP_ID_NOT_FOUND), or null. */
export const deleteGroup = (cluster: ClusterClient, id: string): Promise<ClientError | null> =>
  cluster.retrying(async () => {
    const coordinator = await cluster.coordinator(id)
    const response = await coordinator.request(DeleteGroups, { groupsNames: [id] })
    const result = response.results[0]
    const code = result?.errorCode ?? -1
    const moved = code === ErrorCode.NOT_COORDINATOR || code === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
    if (moved) throwIfRefused(code, `group "${id}"`)
    return refusalOf(code, `group "${id}"`, result?.errorMessage)
  })

/** Every offset that a group has committed, by topic and partition. */
export const committedOffsets = (cluster: ClusterClient, id: string): Promise<CommittedOffset[]> =>
  cluster.retrying(async () => {
    const coordinator = await cluster.coordinator(id)
    // Version 10 names topics by id; up to 9 they have their names.
    const version = coordinator.versionOf(OffsetFetch, 9) ?? 0
    const request = {
      groupId: version >= 8 ? '' : id,
      topics: version >= 8 ? [] : null,
      groups: version >= 8 ? [{ groupId: id, topics: null }] : [],
      requireStable: false,
    }
    const response = await coordinator.request(OffsetFetch, request, { maxVersion: 9 })
    const answer = version >= 8 ? response.groups[0] : response
    throwIfRefused(answer?.errorCode ?? -1, `group "${id}"`)
    return (answer?.topics ?? [])
      .flatMap(({ name, partitions }) => partitions.map((partition) => committedOffset(name, partition)))
      .sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1))
  })

const committedOffset = (
  topic: string,
  partition: {
    partitionIndex: number
    committedOffset: bigint
    committedLeaderEpoch: number
    metadata: string | null
    errorCode: number
  },
): CommittedOffset => {
  throwIfRefused(partition.errorCode, `offset of ${topic}-${partition.partitionIndex}`)
  return {
    topic,
    partition: partition.partitionIndex,
    offset: Number(partition.committedOffset),
    leaderEpoch: partition.committedLeaderEpoch,
    metadata: partition.metadata,
  }
}
