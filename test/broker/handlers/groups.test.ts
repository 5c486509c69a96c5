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
import { GroupCluster } from './group-cluster.ts'
import { commitRequest, enter, fetchRequest, find, joinRequest, versionsOf } from './group-requests.ts'

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
