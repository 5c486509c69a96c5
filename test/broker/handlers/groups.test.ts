import { describe, expect, test } from 'vitest'
import { offsetCommit } from '../../../src/broker/handlers/08-offset-commit.ts'
import { offsetFetch } from '../../../src/broker/handlers/09-offset-fetch.ts'
import { findCoordinator } from '../../../src/broker/handlers/10-find-coordinator.ts'
import { joinGroup } from '../../../src/broker/handlers/11-join-group.ts'
import { heartbeat } from '../../../src/broker/handlers/12-heartbeat.ts'
import { leaveGroup } from '../../../src/broker/handlers/13-leave-group.ts'
import { syncGroup } from '../../../src/broker/handlers/14-sync-group.ts'
import { describeGroups } from '../../../src/broker/handlers/15-describe-groups.ts'
import { listGroups } from '../../../src/broker/handlers/16-list-groups.ts'
import { deleteGroups } from '../../../src/broker/handlers/42-delete-groups.ts'
import { offsetDelete } from '../../../src/broker/handlers/47-offset-delete.ts'
import { Refusal } from '../../../src/protocol/errors.ts'
import type { RequestInput } from '../../../src/protocol/schema/api.ts'
import { GroupCluster } from './group-cluster.ts'

const versionsOf = ({ versions: [first, last] }: { versions: readonly [number, number] }): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i)

const find = (cluster: GroupCluster, key: string, version = 4) =>
  cluster.ask(
    findCoordinator,
    version,
    version < 4 ? { key, keyType: 0, coordinatorKeys: [] } : { key: '', keyType: 0, coordinatorKeys: [key] },
  )

const joinRequest = (groupId: string, memberId = ''): RequestInput<(typeof joinGroup)['api']> => ({
  groupId,
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 60_000,
  memberId,
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: Buffer.from('m') }],
})

/** Joins as the only member, as far as the assignment. */
const enter = async (cluster: GroupCluster, groupId: string, version = 3) => {
  const { memberId, generationId } = await cluster.ask(joinGroup, version, joinRequest(groupId))
  const assignments = [{ memberId, assignment: Buffer.from('a') }]
  await cluster.ask(syncGroup, 3, { groupId, memberId, generationId, assignments })
  return { memberId, generationId }
}

const commitRequest = (
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

const fetchRequest = (
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

describe('FindCoordinator', () => {
  test.each(versionsOf(findCoordinator))(
    'v%i: the first answer of a cluster names the coordinator',
    async (version) => {
      const cluster = new GroupCluster()
      const found = await find(cluster, 'g', version)
      const node = version < 4 ? found : found.coordinators[0]
      expect(node).toMatchObject({ errorCode: 0, nodeId: 1, host: 'host1', port: 9092 })
      expect(cluster.controller.image.topic('__consumer_offsets')?.isInternal).toBe(true)
      const message = version < 4 ? found.errorMessage : found.coordinators[0]!.errorMessage
      expect(message).toBe(version > 0 && version < 4 ? 'NONE' : '')
    },
  )

  test('every group has the coordinator that its hash says, whichever broker is asked', async () => {
    const cluster = new GroupCluster(3)
    // java: "g".hashCode() is 103, of 5 partitions the 3rd; "dgr" the 2nd; "dgr-none" the 4th.
    for (const [key, partition] of [
      ['g', 3],
      ['dgr', 2],
      ['dgr-none', 4],
    ] as const) {
      const leader = (): number | undefined =>
        cluster.controller.image.topic('__consumer_offsets')?.partitions[partition]?.leader
      for (const asked of [1, 2, 3]) {
        const request = { key: '', keyType: 0, coordinatorKeys: [key] }
        const found = await cluster.ask(findCoordinator, 4, request, asked)
        expect(found.coordinators[0]?.nodeId).toBe(leader())
      }
    }
  })

  test('key types that are not served are refused at once', async () => {
    const cluster = new GroupCluster()
    const coordinatorKeys = ['k']
    for (const keyType of [1, 2, 9]) {
      const { coordinators } = await cluster.ask(findCoordinator, 5, { key: '', keyType, coordinatorKeys })
      expect(coordinators[0]).toMatchObject({ errorCode: 42, nodeId: -1, host: '', port: -1 })
    }
  })
})

describe('the life of a group', () => {
  test.each(versionsOf(joinGroup))('JoinGroup v%i, then sync, heartbeat, leave', async (version) => {
    const cluster = new GroupCluster()
    await find(cluster, 'g')
    let joined = await cluster.ask(joinGroup, version, joinRequest('g'))
    if (version >= 4) {
      expect(joined).toMatchObject({
        errorCode: 79,
        protocolName: version < 7 ? '' : null,
        leader: '',
        members: [],
      })
      joined = await cluster.ask(joinGroup, version, joinRequest('g', joined.memberId))
    }
    const { memberId } = joined
    expect(memberId).toMatch(/^client-/)
    expect(joined).toMatchObject({ errorCode: 0, generationId: 1, protocolName: 'range', leader: memberId })
    expect(joined.protocolType).toBe(version < 7 ? null : 'consumer')
    const syncVersion = Math.min(version, 5)
    const sync = {
      groupId: 'g',
      generationId: 1,
      memberId,
      assignments: [{ memberId, assignment: Buffer.from('a') }],
    }
    const protocol = syncVersion < 5 ? {} : { protocolType: 'consumer', protocolName: 'range' }
    const synced = await cluster.ask(syncGroup, syncVersion, { ...sync, ...protocol })
    expect(synced).toMatchObject({ errorCode: 0, assignment: Buffer.from('a') })
    const otherVersion = Math.min(version, 4)
    const alive = await cluster.ask(heartbeat, otherVersion, { groupId: 'g', generationId: 1, memberId })
    expect(alive.errorCode).toBe(0)
    const leaving = otherVersion < 3 ? { memberId, members: [] } : { memberId: '', members: [{ memberId }] }
    expect(await cluster.ask(leaveGroup, otherVersion, { groupId: 'g', ...leaving })).toMatchObject({
      errorCode: 0,
    })
    const again = await cluster.ask(leaveGroup, otherVersion, { groupId: 'g', ...leaving })
    if (otherVersion < 3) expect(again.errorCode).toBe(25)
    else expect(again).toMatchObject({ errorCode: 0, members: [{ memberId, errorCode: 25 }] })
  })

  test('SyncGroup v5 without protocol type and name is inconsistent', async () => {
    const cluster = new GroupCluster()
    await find(cluster, 'g')
    const { memberId, generationId } = await enter(cluster, 'g')
    const request = { groupId: 'g', memberId, generationId, assignments: [] }
    expect(await cluster.ask(syncGroup, 5, request)).toMatchObject({ errorCode: 23 })
    expect(await cluster.ask(syncGroup, 4, request)).toMatchObject({ errorCode: 0 })
  })

  test.each(versionsOf(describeGroups))(
    'DescribeGroups v%i of a stable and an unknown group',
    async (version) => {
      const cluster = new GroupCluster()
      await find(cluster, 'g')
      const { memberId } = await enter(cluster, 'g')
      const request = { groups: ['g', 'none'], includeAuthorizedOperations: version >= 3 }
      const { groups } = await cluster.ask(describeGroups, version, request)
      expect(groups[0]).toMatchObject({
        errorCode: 0,
        groupState: 'Stable',
        protocolType: 'consumer',
        protocolData: 'range',
        members: [
          {
            memberId,
            clientId: 'client',
            clientHost: '/127.0.0.1',
            memberMetadata: Buffer.from('m'),
            memberAssignment: Buffer.from('a'),
          },
        ],
        authorizedOperations: version < 3 ? -2147483648 : 3400,
      })
      const isError = version >= 6
      expect(groups[1]).toMatchObject({ errorCode: isError ? 69 : 0, groupState: 'Dead', members: [] })
      expect(groups[1]!.errorMessage).toBe(isError ? 'Group none not found.' : null)
    },
  )

  test.each(versionsOf(listGroups))('ListGroups v%i', async (version) => {
    const cluster = new GroupCluster()
    await find(cluster, 'g')
    await enter(cluster, 'g')
    const filters = {
      statesFilter: version < 4 ? [] : ['stable'],
      typesFilter: version < 5 ? [] : ['CLASSIC'],
    }
    expect((await cluster.ask(listGroups, version, filters)).groups).toEqual([
      {
        groupId: 'g',
        protocolType: 'consumer',
        groupState: version < 4 ? '' : 'Stable',
        groupType: version < 5 ? '' : 'classic',
      },
    ])
  })

  test.each(versionsOf(deleteGroups))(
    'DeleteGroups v%i answers partition by partition, as Kafka does',
    async (version) => {
      const cluster = new GroupCluster()
      await find(cluster, 'g')
      await enter(cluster, 'dgr')
      cluster.createTopic('t')
      await cluster.ask(offsetCommit, 8, commitRequest(cluster, 8, '', 0))
      const { results } = await cluster.ask(deleteGroups, version, { groupsNames: ['dgr', 'dgr-none', ''] })
      expect(results.map(({ groupId, errorCode }) => [groupId, errorCode])).toEqual([
        ['', 0],
        ['dgr-none', 69],
        ['dgr', 68],
      ])
    },
  )
})

describe('offsets', () => {
  test.each(versionsOf(offsetCommit))(
    'OffsetCommit v%i stores, and refuses a partition that is not there',
    async (version) => {
      const cluster = new GroupCluster()
      await find(cluster, 'g')
      cluster.createTopic('t')
      const good = await cluster.ask(offsetCommit, version, commitRequest(cluster, version, 'g', 0))
      expect(good.topics[0]!.partitions).toEqual([{ partitionIndex: 0, errorCode: 0 }])
      const bad = await cluster.ask(offsetCommit, version, commitRequest(cluster, version, 'g', 7))
      expect(bad.topics[0]!.partitions).toEqual([{ partitionIndex: 7, errorCode: 3 }])
      const fetched = await cluster.ask(offsetFetch, version, fetchRequest(cluster, version, 'g', [0]))
      const topics = version < 8 ? fetched.topics : fetched.groups[0]!.topics
      expect(topics[0]!.partitions).toMatchObject([
        { partitionIndex: 0, committedOffset: BigInt(100 + version), metadata: 'm', errorCode: 0 },
      ])
    },
  )

  test('OffsetCommit v10 of an id that does not exist', async () => {
    const cluster = new GroupCluster()
    await find(cluster, 'g')
    const topicId = 'AAAAAAAAAAAAAAAAAAAABQ'
    const partitions = [{ partitionIndex: 0, committedOffset: 1n, committedMetadata: null }]
    const request = { groupId: 'g', memberId: '', topics: [{ name: '', topicId, partitions }] }
    expect((await cluster.ask(offsetCommit, 10, request)).topics).toMatchObject([
      { topicId, partitions: [{ partitionIndex: 0, errorCode: 100 }] },
    ])
  })

  test.each(versionsOf(offsetFetch))('OffsetFetch v%i where nothing is committed', async (version) => {
    const cluster = new GroupCluster()
    await find(cluster, 'g')
    cluster.createTopic('t')
    const fetched = await cluster.ask(offsetFetch, version, fetchRequest(cluster, version, 'g', [0]))
    const topics = version < 8 ? fetched.topics : fetched.groups[0]!.topics
    // Offsets of v0 lay in ZooKeeper, where a missing one was an unknown partition.
    expect(topics[0]!.partitions).toMatchObject([
      { committedOffset: -1n, committedLeaderEpoch: -1, metadata: '', errorCode: version === 0 ? 3 : 0 },
    ])
    if (version < 2) return
    const all = await cluster.ask(offsetFetch, version, fetchRequest(cluster, version, 'g', null))
    expect(version < 8 ? all.topics : all.groups[0]!.topics).toEqual([])
  })

  test('a deleted topic takes its offsets along', async () => {
    const cluster = new GroupCluster()
    await find(cluster, 'g')
    cluster.createTopic('t')
    await cluster.ask(offsetCommit, 8, commitRequest(cluster, 8, 'g', 0))
    cluster.controller.deleteTopics([{ name: 't', id: 'AAAAAAAAAAAAAAAAAAAAAA' }])
    cluster.createTopic('t')
    const all = await cluster.ask(offsetFetch, 8, fetchRequest(cluster, 8, 'g', null))
    expect(all.groups[0]!.topics).toEqual([])
  })

  test('OffsetDelete tells unknown partitions first, and deletes the others', async () => {
    const cluster = new GroupCluster()
    await find(cluster, 'g')
    cluster.createTopic('t')
    await cluster.ask(offsetCommit, 8, commitRequest(cluster, 8, 'g', 0))
    const partitions = [{ partitionIndex: 0 }, { partitionIndex: 4 }]
    const topics = [{ name: 't', partitions }]
    expect(await cluster.ask(offsetDelete, 0, { groupId: 'g', topics })).toMatchObject({
      errorCode: 0,
      topics: [
        {
          name: 't',
          partitions: [
            { partitionIndex: 4, errorCode: 3 },
            { partitionIndex: 0, errorCode: 0 },
          ],
        },
      ],
    })
    expect(await cluster.ask(offsetDelete, 0, { groupId: 'none', topics })).toMatchObject({
      errorCode: 69,
      topics: [],
    })
  })
})

describe('a broker that does not coordinate the group', () => {
  test('says so in every version of every API', async () => {
    const cluster = new GroupCluster()
    cluster.createTopic('t')
    for (const version of versionsOf(joinGroup))
      expect((await cluster.ask(joinGroup, version, joinRequest('g'))).errorCode).toBe(16)
    const member = { groupId: 'g', generationId: 1, memberId: 'm' }
    for (const version of versionsOf(heartbeat))
      expect((await cluster.ask(heartbeat, version, member)).errorCode).toBe(16)
    for (const version of versionsOf(syncGroup)) {
      const protocol = version < 5 ? {} : { protocolType: 'consumer', protocolName: 'range' }
      expect(
        (await cluster.ask(syncGroup, version, { ...member, ...protocol, assignments: [] })).errorCode,
      ).toBe(16)
    }
    for (const version of versionsOf(leaveGroup)) {
      const request =
        version < 3 ? { memberId: 'm', members: [] } : { memberId: '', members: [{ memberId: 'm' }] }
      expect((await cluster.ask(leaveGroup, version, { groupId: 'g', ...request })).errorCode).toBe(16)
    }
    for (const version of versionsOf(offsetCommit)) {
      const { topics } = await cluster.ask(offsetCommit, version, commitRequest(cluster, version, 'g', 0))
      expect(topics[0]!.partitions[0]!.errorCode).toBe(16)
    }
    for (const version of versionsOf(offsetFetch)) {
      const fetched = await cluster.ask(offsetFetch, version, fetchRequest(cluster, version, 'g', [0]))
      if (version < 2) expect(fetched.topics[0]!.partitions[0]!.errorCode).toBe(16)
      else if (version < 8) expect(fetched.errorCode).toBe(16)
      else expect(fetched.groups[0]!.errorCode).toBe(16)
    }
    for (const version of versionsOf(describeGroups)) {
      const { groups } = await cluster.ask(describeGroups, version, {
        groups: ['g'],
        includeAuthorizedOperations: false,
      })
      expect(groups[0]!.errorCode).toBe(16)
    }
    for (const version of versionsOf(deleteGroups)) {
      const { results } = await cluster.ask(deleteGroups, version, { groupsNames: ['g'] })
      expect(results[0]!.errorCode).toBe(16)
    }
    expect((await cluster.ask(offsetDelete, 0, { groupId: 'g', topics: [] })).errorCode).toBe(16)
  })

  test('what a handler refuses as a whole can be encoded in every version', async () => {
    const cluster = new GroupCluster()
    const refused = <R>(handler: R): R => ({
      ...handler,
      handle: () => {
        throw new Refusal('UNKNOWN_SERVER_ERROR')
      },
    })
    for (const version of versionsOf(findCoordinator)) {
      const found = await cluster.ask(refused(findCoordinator), version, {
        key: version < 4 ? 'g' : '',
        keyType: 0,
        coordinatorKeys: version < 4 ? [] : ['g'],
      })
      expect(version < 4 ? found.errorCode : found.coordinators[0]!.errorCode).toBe(-1)
    }
    for (const version of versionsOf(listGroups)) {
      const request = { statesFilter: [], typesFilter: [] }
      expect((await cluster.ask(refused(listGroups), version, request)).errorCode).toBe(-1)
    }
    for (const version of versionsOf(offsetFetch))
      await cluster.ask(
        refused(offsetFetch),
        version,
        fetchRequest(
          {
            controller: { image: { topic: () => ({ id: 'AAAAAAAAAAAAAAAAAAAABQ' }) } },
          } as unknown as GroupCluster,
          version,
          'g',
          [0],
        ),
      )
    for (const version of versionsOf(describeGroups))
      await cluster.ask(refused(describeGroups), version, {
        groups: ['g'],
        includeAuthorizedOperations: false,
      })
    for (const version of versionsOf(deleteGroups))
      await cluster.ask(refused(deleteGroups), version, { groupsNames: ['g'] })
  })
})

describe('groups in the log', () => {
  test('a restarted broker knows members, assignments and offsets', async () => {
    const cluster = new GroupCluster()
    await find(cluster, 'g')
    cluster.createTopic('t')
    const { memberId, generationId } = await enter(cluster, 'g')
    const commit = commitRequest(cluster, 8, 'g', 0, { memberId, generationIdOrMemberEpoch: generationId })
    await cluster.ask(offsetCommit, 8, commit)
    const restarted = await cluster.restart()
    expect((await restarted.ask(heartbeat, 4, { groupId: 'g', generationId, memberId })).errorCode).toBe(0)
    const { groups } = await restarted.ask(describeGroups, 5, {
      groups: ['g'],
      includeAuthorizedOperations: false,
    })
    expect(groups[0]).toMatchObject({
      groupState: 'Stable',
      members: [{ memberId, memberAssignment: Buffer.from('a') }],
    })
    const all = await restarted.ask(offsetFetch, 8, fetchRequest(restarted, 8, 'g', null))
    expect(all.groups[0]!.topics[0]!.partitions).toMatchObject([{ committedOffset: 108n }])
  })

  test('a commit is answered when the followers have it, and outlives the coordinator', async () => {
    const cluster = new GroupCluster(3)
    cluster.createTopic('t')
    const first = (await find(cluster, 'g')).coordinators[0]!.nodeId
    const committed = cluster.ask(offsetCommit, 8, commitRequest(cluster, 8, 'g', 0), first)
    let answered = false
    committed.then(() => {
      answered = true
    })
    await Promise.resolve()
    expect(answered).toBe(false)
    for (let i = 0; i < 20 && !answered; i++) await cluster.clock.advance(100)
    expect((await committed).topics[0]!.partitions[0]!.errorCode).toBe(0)
    cluster.controller.fenceBroker(first)
    const second = (await find(cluster, 'g')).coordinators[0]!.nodeId
    expect(second).not.toBe(first)
    const old = await cluster.ask(offsetFetch, 8, fetchRequest(cluster, 8, 'g', null), first)
    expect(old.groups[0]!.errorCode).toBe(16)
    const all = await cluster.ask(offsetFetch, 8, fetchRequest(cluster, 8, 'g', null), second)
    expect(all.groups[0]!.topics[0]!.partitions).toMatchObject([{ committedOffset: 108n }])
  })

  test('whoever waits for a rebalance is told when the coordinator moves', async () => {
    const cluster = new GroupCluster(3)
    const first = (await find(cluster, 'g')).coordinators[0]!.nodeId
    // The group is stored before its first answer, and its followers take their time.
    const ask = async <R>(answer: Promise<R>): Promise<R> => {
      let done = false
      answer.then(() => {
        done = true
      })
      for (let i = 0; i < 50 && !done; i++) await cluster.clock.advance(10)
      return answer
    }
    const leader = await ask(cluster.ask(joinGroup, 3, joinRequest('g'), first))
    expect(leader.generationId).toBe(1)
    const waiting = cluster.ask(joinGroup, 3, joinRequest('g'), first)
    await Promise.resolve()
    cluster.controller.fenceBroker(first)
    expect((await waiting).errorCode).toBe(16)
  })
})
