import { describe, expect, test } from 'vitest'
import { javaHashOrder } from '../../../src/coordinator/group/java-hash-order.ts'
import type { JoinResult } from '../../../src/coordinator/group/types.ts'
import { javaHashCode } from '../../../src/coordinator/runtime.ts'
import { GroupMetadataKey, GroupMetadataValue } from '../../../src/protocol/persisted/classic-group.ts'
import { decodePrefixed } from '../../../src/protocol/prefixed.ts'
import { GroupFixture } from './fixture.ts'

describe('classic groups', () => {
  test.each([
    ['an empty group id', { groupId: '' }, 'INVALID_GROUP_ID'],
    ['a session timeout below the least', { sessionTimeoutMs: 5_999 }, 'INVALID_SESSION_TIMEOUT'],
    ['a session timeout above the greatest', { sessionTimeoutMs: 1_800_001 }, 'INVALID_SESSION_TIMEOUT'],
    ['no protocols', { protocols: [] }, 'INCONSISTENT_GROUP_PROTOCOL'],
    ['no protocol type', { protocolType: '' }, 'INCONSISTENT_GROUP_PROTOCOL'],
    ['a member id in a group that does not exist', { memberId: 'ghost' }, 'UNKNOWN_MEMBER_ID'],
  ])('joining with %s is refused', (_, request, error) => {
    expect(new GroupFixture().join(request)).toMatchObject({
      error,
      generationId: -1,
      leader: '',
      members: [],
    })
  })

  test('member ids begin with the client id, or with the instance id', () => {
    const fixture = new GroupFixture()
    const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}'
    expect((fixture.join() as JoinResult).memberId).toMatch(new RegExp(`^client-${uuid}$`))
    const isStatic = fixture.join({ groupId: 'h', groupInstanceId: 'i1' }) as JoinResult
    expect(isStatic.memberId).toMatch(new RegExp(`^i1-${uuid}$`))
  })

  test('the record of a generation says what a restarted broker needs', () => {
    const fixture = new GroupFixture()
    const memberId = fixture.stable('g', {
      groupInstanceId: 'i1',
      protocols: [{ name: 'range', metadata: Buffer.from('m') }],
    })
    const { key, value } = fixture.log.records.at(-1)!
    expect(decodePrefixed(GroupMetadataKey, key)).toEqual({ group: 'g' })
    expect(value!.readInt16BE(0)).toBe(3)
    expect(decodePrefixed(GroupMetadataValue, value!)).toEqual({
      protocolType: 'consumer',
      generation: 1,
      protocol: 'range',
      leader: memberId,
      currentStateTimestamp: BigInt(fixture.clock.now()),
      members: [
        {
          memberId,
          groupInstanceId: 'i1',
          clientId: 'client',
          clientHost: '/127.0.0.1',
          rebalanceTimeout: 60_000,
          sessionTimeout: 10_000,
          subscription: Buffer.from('m'),
          assignment: Buffer.from('a'),
        },
      ],
    })
  })

  test('a group is stored when it comes to be, when it is assigned, and when its last member leaves', () => {
    const fixture = new GroupFixture()
    const memberId = fixture.stable()
    fixture.groups.leaveGroup('g', [{ memberId, groupInstanceId: null, reason: null }])
    const generations = fixture.log.records.map(({ value }) => {
      const { generation, members, protocolType } = decodePrefixed(GroupMetadataValue, value!)
      return [generation, members.length, protocolType]
    })
    expect(generations).toEqual([
      [0, 0, ''],
      [1, 1, 'consumer'],
      [2, 0, 'consumer'],
    ])
  })

  test('heartbeats and offset fetches write nothing', () => {
    const fixture = new GroupFixture()
    const memberId = fixture.stable()
    const { appends } = fixture.log
    fixture.groups.heartbeat({ groupId: 'g', memberId, generationId: 1, groupInstanceId: null })
    fixture.groups.fetchOffsets('g', null, true)
    expect(fixture.log.appends).toBe(appends)
  })

  test('a group without offsets and members is forgotten by the next check', async () => {
    const fixture = new GroupFixture()
    const memberId = fixture.stable()
    fixture.groups.leaveGroup('g', [{ memberId, groupInstanceId: null, reason: null }])
    await fixture.clock.advance(600_000)
    expect(fixture.groups.listGroups({ states: [], types: [] })).toEqual([])
    fixture.restart()
    expect(fixture.groups.listGroups({ states: [], types: [] })).toEqual([])
  })

  test('list filters take any case; what they do not know matches nothing', () => {
    const fixture = new GroupFixture()
    fixture.stable()
    fixture.commit({ 't:0': 1 }, { groupId: 'simple' })
    const list = (states: string[], types: string[]) =>
      fixture.groups.listGroups({ states, types }).map(({ groupId }) => groupId)
    expect(list([], [])).toEqual(['g', 'simple'])
    expect(list(['stable'], ['Classic'])).toEqual(['g'])
    expect(list(['EMPTY', 'Dead'], [])).toEqual(['simple'])
    expect(list(['Nonsense'], [])).toEqual([])
    expect(list([], ['consumer'])).toEqual([])
  })

  test('a freshly loaded group that is larger than allowed rebalances', async () => {
    const fixture = new GroupFixture()
    const first = fixture.stable()
    const second = fixture.join() as Promise<JoinResult>
    fixture.join({ memberId: first })
    const { memberId } = await second
    fixture.sync({ memberId: first, generationId: 2, assignments: [] })
    fixture.settings = { ...fixture.settings, maxSize: 1 }
    fixture.restart()
    expect(fixture.state()).toBe('PreparingRebalance')
    fixture.join({ memberId: first })
    expect(fixture.join({ memberId })).toMatchObject({ error: 'GROUP_MAX_SIZE_REACHED', memberId: '' })
  })

  test('a rebalance timeout of 0 leaves time to ask for the assignment, not for ever', async () => {
    const fixture = new GroupFixture()
    const quick = fixture.join({ rebalanceTimeoutMs: 0 }) as JoinResult
    await fixture.clock.advance(10)
    expect(fixture.sync(quick)).toMatchObject({ error: 'NONE' })
    const slow = fixture.join({ groupId: 'h', rebalanceTimeoutMs: 0 }) as JoinResult
    await fixture.clock.advance(200)
    expect(fixture.sync({ ...slow, groupId: 'h' })).toMatchObject({ error: 'UNKNOWN_MEMBER_ID' })
  })

  test('a thousand members rebalance in one generation', async () => {
    const fixture = new GroupFixture()
    const leader = fixture.stable()
    const joins = Array.from({ length: 1_000 }, () => fixture.join())
    const last = fixture.join({ memberId: leader }) as JoinResult
    expect(last.members).toHaveLength(1_001)
    const results = await Promise.all(joins)
    expect(new Set(results.map(({ generationId }) => generationId))).toEqual(new Set([2]))
    expect(fixture.log.appends).toBe(2)
  })

  test('a record of another kind of group, or a damaged one, does not hinder the others', () => {
    const fixture = new GroupFixture()
    fixture.stable()
    fixture.log.append([{ key: Buffer.from('0003000167', 'hex'), value: Buffer.alloc(2) }], 0)
    fixture.log.append([{ key: Buffer.from('00', 'hex'), value: null }], 0)
    fixture.restart()
    expect(fixture.state()).toBe('Stable')
  })

  test('strings come in the order of a Java HashMap', () => {
    // One letter hashes to its code: p is 112, in bucket 0 of 16; a is 97, in bucket 1; q is 113, in bucket 1
    // too, after a.
    expect(javaHashOrder(['b', 'a', 'q', 'p'], javaHashCode)).toEqual(['p', 'a', 'q', 'b'])
  })
})
