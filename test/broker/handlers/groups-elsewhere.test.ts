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
import { GroupCluster } from './group-cluster.ts'
import { commitRequest, enter, fetchRequest, find, joinRequest, versionsOf } from './group-requests.ts'

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
    for (const version of versionsOf(offsetCommit).filter((each) => each > 0)) {
      const { topics } = await cluster.ask(offsetCommit, version, commitRequest(cluster, version, 'g', 0))
      expect(topics[0]!.partitions[0]!.errorCode).toBe(16)
    }
    for (const version of versionsOf(offsetFetch).filter((each) => each > 0)) {
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

  test('stores and tells the offsets of clients that know no coordinator (v0)', async () => {
    const cluster = new GroupCluster(3)
    cluster.createTopic('t', 3)
    for (const groupId of ['a', 'b', 'c', 'd', 'e', 'f'])
      for (const brokerId of [1, 2, 3]) {
        const partition = brokerId - 1
        const { topics } = await cluster.ask(
          offsetCommit,
          0,
          commitRequest(cluster, 0, groupId, partition),
          brokerId,
        )
        expect(topics[0]!.partitions).toEqual([{ partitionIndex: partition, errorCode: 0 }])
        for (const askedId of [1, 2, 3]) {
          const request = fetchRequest(cluster, 0, groupId, [partition])
          const fetched = await cluster.ask(offsetFetch, 0, request, askedId)
          expect(fetched.topics[0]!.partitions[0]).toMatchObject({ errorCode: 0, committedOffset: 100n })
        }
      }
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
