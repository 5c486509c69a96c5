import { describe, expect, test } from 'vitest'
import type { Controller } from '../../../src/coordinator/cluster/controller.ts'
import type { ClusterChange } from '../../../src/coordinator/cluster/image.ts'
import { describeTopic, joinBrokers, newTopic, openController, registration, testEnv } from './fixture.ts'

const cluster = (ids: readonly number[], racks: Record<number, string> = {}): Controller => {
  const controller = openController(testEnv())
  joinBrokers(controller, ids, racks)
  return controller
}
const create = (controller: Controller, ...topics: Parameters<typeof newTopic>[]) =>
  controller.createTopics(topics.map((topic) => newTopic(...topic))).map(({ error }) => error)

describe('placement', () => {
  test('a fresh 2-broker cluster describes 4 partitions x 2 replicas as leaders 1,2,1,2', () => {
    const controller = cluster([1, 2])
    controller.ensureInternalTopic('__consumer_offsets', 50, 3)
    expect(create(controller, ['post', 4, 2])).toEqual([null])
    expect(describeTopic(controller.image, 'post')).toEqual([
      '0: leader 1 epoch 0 replicas 1,2 isr 1,2',
      '1: leader 2 epoch 0 replicas 2,1 isr 2,1',
      '2: leader 1 epoch 0 replicas 1,2 isr 1,2',
      '3: leader 2 epoch 0 replicas 2,1 isr 2,1',
    ])
  })

  test('many topics of one partition are led by all brokers in turn', () => {
    const controller = cluster([1, 2, 3])
    for (let i = 0; i < 9; i++) create(controller, [`t${i}`, 1, 2])
    const leaders = [...controller.image.topics()].map((topic) => topic.partitions[0]?.leader)
    expect(leaders).toEqual([1, 2, 3, 1, 2, 3, 1, 2, 3])
    const followers = [...controller.image.topics()].map((topic) => topic.partitions[0]?.replicas[1])
    expect(new Set(followers.slice(0, 6).map((id, i) => `${leaders[i]}-${id}`)).size).toBe(6)
  })

  test('replicas are spread over racks', () => {
    const controller = cluster([1, 2, 3, 4], { 1: 'a', 2: 'a', 3: 'b', 4: 'b' })
    create(controller, ['racks', 8, 2])
    const rackOf: Record<number, string> = { 1: 'a', 2: 'a', 3: 'b', 4: 'b' }
    for (const { replicas } of controller.image.topic('racks')?.partitions ?? []) {
      expect(new Set(replicas.map((id) => rackOf[id])).size).toBe(2)
    }
    const leaders = controller.image
      .topic('racks')
      ?.partitions.map(({ leader }) => leader)
      .toSorted()
    expect(leaders).toEqual([1, 1, 2, 2, 3, 3, 4, 4])
  })

  test('fenced brokers get replicas only when the others do not suffice', () => {
    const controller = cluster([1, 2, 3])
    controller.fenceBroker(1)
    create(controller, ['two', 2, 2], ['three', 1, 3])
    expect(describeTopic(controller.image, 'two')).toEqual([
      '0: leader 2 epoch 0 replicas 2,3 isr 2,3',
      '1: leader 3 epoch 0 replicas 3,2 isr 3,2',
    ])
    expect(controller.image.topic('three')?.partitions[0]?.replicas.at(-1)).toBe(1)
    expect(controller.image.topic('three')?.partitions[0]?.isr.toSorted()).toEqual([2, 3])
  })
})

describe('createTopics', () => {
  test.each([
    ['a/b', 'INVALID_TOPIC_EXCEPTION'],
    ['.', 'INVALID_TOPIC_EXCEPTION'],
    ['..', 'INVALID_TOPIC_EXCEPTION'],
    ['', 'INVALID_TOPIC_EXCEPTION'],
    ['y'.repeat(250), 'INVALID_TOPIC_EXCEPTION'],
    ['тема', 'INVALID_TOPIC_EXCEPTION'],
    ['y'.repeat(249), null],
    ['__proto__', null],
    ['constructor', null],
  ])('the name %j is answered as a 4.4 broker does', (name, error) => {
    const controller = cluster([1])
    expect(create(controller, [name])).toEqual([error])
    expect(controller.image.topic(name) !== undefined).toBe(error === null)
  })

  test('names that differ in dot and underscore only collide', () => {
    const controller = cluster([1])
    create(controller, ['ct.col_a'])
    expect(create(controller, ['ct_col_a'], ['ct.col_a'], ['ct.col_b'])).toEqual([
      'INVALID_TOPIC_EXCEPTION',
      'TOPIC_ALREADY_EXISTS',
      null,
    ])
    controller.deleteTopics([{ name: 'ct.col_a', id: null }])
    expect(create(controller, ['ct_col_a'])).toEqual([null])
  })

  test('counts, placement and settings are checked in the order of KRaft', () => {
    const controller = cluster([1, 2])
    expect(
      create(
        controller,
        ['p0', 0],
        ['p-2', -2],
        ['rf0', 1, 0],
        ['rf3', 1, 3],
        ['both', 0, 0],
        ['defaults', -1, -1],
        ['config', 1, 1, { 'min.insync.replicas': '0' }],
        ['unknown-config', 1, 1, { nonsense: '0' }],
      ),
    ).toEqual([
      'INVALID_PARTITIONS',
      'INVALID_PARTITIONS',
      'INVALID_REPLICATION_FACTOR',
      'INVALID_REPLICATION_FACTOR',
      'INVALID_REPLICATION_FACTOR',
      null,
      'INVALID_CONFIG',
      'INVALID_CONFIG',
    ])
    expect(describeTopic(controller.image, 'defaults')).toHaveLength(1)
  })

  test('a null setting is refused', () => {
    const [result] = cluster([1]).createTopics([
      { ...newTopic('t'), configs: [{ name: 'retention.ms', value: null }] },
    ])
    expect(result).toMatchObject({ error: 'INVALID_CONFIG', topicId: null, numPartitions: -1 })
  })

  test.each([
    [
      'good',
      [
        [0, [1]],
        [1, [2]],
      ],
      null,
    ],
    [
      'a gap',
      [
        [0, [1]],
        [2, [1]],
      ],
      'INVALID_REPLICA_ASSIGNMENT',
    ],
    ['the same broker twice', [[0, [1, 1]]], 'INVALID_REPLICA_ASSIGNMENT'],
    ['no broker', [[0, []]], 'INVALID_REPLICA_ASSIGNMENT'],
    ['an unknown broker', [[0, [7]]], 'INVALID_REPLICA_ASSIGNMENT'],
    ['a negative broker', [[0, [-1]]], 'INVALID_REPLICA_ASSIGNMENT'],
    [
      'different counts',
      [
        [0, [1, 2]],
        [1, [2]],
      ],
      'INVALID_REPLICA_ASSIGNMENT',
    ],
    [
      'a partition twice',
      [
        [0, [1]],
        [0, [2]],
      ],
      'INVALID_REPLICA_ASSIGNMENT',
    ],
  ] as const)('an assignment with %s', (_what, assignments, error) => {
    const [result] = cluster([1, 2]).createTopics([
      {
        ...newTopic('t', -1, -1),
        assignments: assignments.map(([partitionIndex, brokerIds]) => ({ partitionIndex, brokerIds })),
      },
    ])
    expect(result?.error).toBe(error)
  })

  test('an assignment with counts beside it is an invalid request', () => {
    const assignments = [{ partitionIndex: 0, brokerIds: [1] }]
    const results = cluster([1]).createTopics([
      { ...newTopic('a', 1, -1), assignments },
      { ...newTopic('b', -1, 1), assignments },
    ])
    expect(results.map(({ error }) => error)).toEqual(['INVALID_REQUEST', 'INVALID_REQUEST'])
  })

  test('a name that comes twice has one refused result', () => {
    const controller = cluster([1])
    expect(create(controller, ['dd'], ['other'], ['dd'])).toEqual(['INVALID_REQUEST', null])
  })

  test('a million partitions are refused before anything is placed', () => {
    const controller = cluster([1])
    expect(create(controller, ['small', 1], ['huge', 1_000_000])).toEqual([
      'POLICY_VIOLATION',
      'POLICY_VIOLATION',
    ])
    expect(create(controller, ['limit', 10_000])).toEqual([null])
  })

  test('validateOnly changes nothing and tells counts', () => {
    const controller = cluster([1])
    const before = controller.image
    const results = controller.createTopics([newTopic('v', 3), newTopic('w', 0)], { validateOnly: true })
    expect(results).toMatchObject([
      { error: null, numPartitions: 3, replicationFactor: 1 },
      { error: 'INVALID_PARTITIONS' },
    ])
    expect(controller.image).toBe(before)
  })

  test('a recreated topic has another id', () => {
    const controller = cluster([1])
    create(controller, ['t', 1, 1, { 'retention.ms': '5' }])
    const id = controller.image.topic('t')?.id
    controller.deleteTopics([{ name: null, id: id as string }])
    expect(controller.image.configs('topic', 't').size).toBe(0)
    create(controller, ['t'])
    expect(controller.image.topic('t')?.id).not.toBe(id)
    expect(controller.image.topicById(id as string)).toBeUndefined()
  })
})

test('deleteTopics answers as ControllerApis does', () => {
  const controller = cluster([1])
  create(controller, ['a'], ['b'], ['c'])
  const idOf = (name: string): string => controller.image.topic(name)?.id as string
  const zero = 'AAAAAAAAAAAAAAAAAAAAAA'
  const results = controller.deleteTopics([
    { name: 'a', id: zero },
    { name: 'none', id: null },
    { name: null, id: 'AAAAAAAAAAAAAAAAAAAAZg' },
    { name: 'b', id: idOf('b') },
    { name: null, id: null },
    { name: 'c', id: null },
    { name: 'c', id: null },
  ])
  expect(results.map(({ error }) => error)).toEqual([
    null,
    'UNKNOWN_TOPIC_OR_PARTITION',
    'UNKNOWN_TOPIC_ID',
    'INVALID_REQUEST',
    'INVALID_REQUEST',
    'INVALID_REQUEST',
    'INVALID_REQUEST',
  ])
  expect([...controller.image.topics()].map(({ name }) => name)).toEqual(['b', 'c'])
})

test('createPartitions grows a topic, and only grows it', () => {
  const controller = cluster([1, 2])
  create(controller, ['cp', 1, 1])
  const add = (count: number, assignments: number[][] | null = null, name = 'cp') =>
    controller.createPartitions([{ name, count, assignments }])[0]?.error
  expect(add(3)).toBe(null)
  expect(controller.image.topic('cp')?.partitions.map(({ leader }) => leader)).toEqual([1, 2, 1])
  expect(add(3)).toBe('INVALID_PARTITIONS')
  expect(add(0)).toBe('INVALID_PARTITIONS')
  expect(add(4, [[1], [2]])).toBe('INVALID_REPLICA_ASSIGNMENT')
  expect(add(4, [[5]])).toBe('INVALID_REPLICA_ASSIGNMENT')
  expect(add(4, [[1, 2]])).toBe('INVALID_REPLICA_ASSIGNMENT')
  expect(add(4, [[2]])).toBe(null)
  expect(add(2, null, 'cp-none')).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  expect(add(2 ** 31 - 1)).toBe('POLICY_VIOLATION')
})

describe('settings', () => {
  test('incremental changes set, delete, append and subtract', () => {
    const controller = cluster([1])
    create(controller, ['t', 1, 1, { 'retention.ms': '777' }])
    const alter = (
      name: string,
      operation: 'set' | 'delete' | 'append' | 'subtract',
      value: string | null,
      topic = 't',
    ) =>
      controller.incrementalAlterConfigs([
        { type: 'topic', name: topic, changes: [{ name, operation, value }] },
      ])[0]?.error
    expect(alter('cleanup.policy', 'append', 'compact')).toBe(null)
    expect(controller.image.configs('topic', 't').get('cleanup.policy')).toBe('delete,compact')
    expect(alter('cleanup.policy', 'subtract', 'delete')).toBe(null)
    expect(controller.image.configs('topic', 't').get('cleanup.policy')).toBe('compact')
    expect(alter('retention.ms', 'append', '1')).toBe('INVALID_CONFIG')
    expect(alter('retention.ms', 'delete', null)).toBe(null)
    expect(controller.image.configs('topic', 't').has('retention.ms')).toBe(false)
    expect(alter('no.such', 'set', '1')).toBe('INVALID_CONFIG')
    expect(alter('retention.ms', 'set', null)).toBe('INVALID_CONFIG')
    expect(alter('retention.ms', 'set', '1', 'none')).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })

  test('the older request replaces everything', () => {
    const controller = cluster([1])
    create(controller, ['t', 1, 1, { 'retention.ms': '777' }])
    controller.alterConfigs([
      { type: 'topic', name: 't', settings: [{ name: 'cleanup.policy', value: 'compact' }] },
    ])
    expect([...controller.image.configs('topic', 't')]).toEqual([['cleanup.policy', 'compact']])
  })

  test('an unknown broker has no settings', () => {
    const results = cluster([1]).incrementalAlterConfigs([
      { type: 'broker', name: '9', changes: [] },
      { type: 'broker', name: 'x', changes: [] },
      { type: 'broker', name: '', changes: [] },
    ])
    expect(results.map(({ error }) => error)).toEqual(['BROKER_ID_NOT_REGISTERED', 'INVALID_REQUEST', null])
  })
})

describe('elections', () => {
  test('a dead broker loses its leaderships and leaves each ISR; the epochs count leaders only', () => {
    const controller = cluster([1, 2, 3])
    create(controller, ['t', 3, 3])
    controller.fenceBroker(1)
    expect(describeTopic(controller.image, 't')).toEqual([
      '0: leader 2 epoch 1 replicas 1,2,3 isr 2,3',
      '1: leader 2 epoch 0 replicas 2,3,1 isr 2,3',
      '2: leader 3 epoch 0 replicas 3,1,2 isr 3,2',
    ])
  })

  test('without a live ISR member there is no leader, until an eligible one returns', () => {
    const controller = cluster([1, 2])
    create(controller, ['t', 1, 2])
    controller.fenceBroker(1)
    controller.fenceBroker(2)
    expect(describeTopic(controller.image, 't')).toEqual(['0: leader -1 epoch 2 replicas 1,2 isr  elr 2'])
    // Broker 1 lacks what 2 took alone: it may not lead.
    joinBrokers(controller, [1])
    expect(describeTopic(controller.image, 't')).toEqual(['0: leader -1 epoch 2 replicas 1,2 isr  elr 2'])
    joinBrokers(controller, [2])
    expect(describeTopic(controller.image, 't')).toEqual(['0: leader 2 epoch 3 replicas 1,2 isr 2'])
  })

  test('an unclean election happens where it is configured', () => {
    const controller = cluster([1, 2])
    create(controller, ['t', 1, 2, { 'unclean.leader.election.enable': 'true' }])
    controller.fenceBroker(1)
    controller.fenceBroker(2)
    joinBrokers(controller, [1])
    expect(describeTopic(controller.image, 't')).toEqual(['0: leader 1 epoch 3 replicas 1,2 isr 1'])
  })

  test('below min.insync.replicas those who left stay eligible (KIP-966)', () => {
    const controller = cluster([1, 2, 3])
    create(controller, ['t', 1, 3, { 'min.insync.replicas': '2' }])
    controller.fenceBroker(3)
    controller.fenceBroker(2)
    expect(describeTopic(controller.image, 't')).toEqual(['0: leader 1 epoch 0 replicas 1,2,3 isr 1 elr 2'])
    controller.fenceBroker(1)
    joinBrokers(controller, [2])
    expect(describeTopic(controller.image, 't')).toEqual(['0: leader 2 epoch 2 replicas 1,2,3 isr 2 elr 1'])
  })

  test('electLeaders answers as a broker does', () => {
    const controller = cluster([1, 2])
    create(controller, ['el', 2, 2])
    controller.fenceBroker(1)
    const answer = (type: 'preferred' | 'unclean', topic: string, partition: number) =>
      controller.electLeaders(type, [{ topic, partition }])[0]?.error
    expect(answer('preferred', 'el', 0)).toBe('PREFERRED_LEADER_NOT_AVAILABLE')
    expect(answer('preferred', 'el', 1)).toBe('ELECTION_NOT_NEEDED')
    expect(answer('preferred', 'el', 7)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(answer('preferred', 'el-none', 0)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(answer('unclean', 'el', 0)).toBe('ELECTION_NOT_NEEDED')
    joinBrokers(controller, [1])
    const [partition] = controller.image.topic('el')?.partitions ?? []
    const broker = controller.image.brokers.get(2)
    controller.alterPartition(2, broker?.epoch as number, [
      {
        topicId: controller.image.topic('el')?.id as string,
        partition: 0,
        leaderEpoch: partition?.leaderEpoch as number,
        partitionEpoch: partition?.partitionEpoch as number,
        isr: [2, 1],
      },
    ])
    expect(controller.electLeaders('preferred', null)).toEqual([
      { error: null, message: null, topic: 'el', partition: 0 },
    ])
    expect(controller.image.topic('el')?.partitions[0]?.leader).toBe(1)
  })

  test('controlled shutdown moves leaders while the broker still answers', () => {
    const controller = cluster([1, 2])
    create(controller, ['t', 2, 2])
    const epoch = controller.image.brokers.get(1)?.epoch as number
    expect(controller.beginControlledShutdown(1, epoch).error).toBe(null)
    expect(controller.image.brokers.get(1)).toMatchObject({ fenced: false, inControlledShutdown: true })
    expect(controller.image.topic('t')?.partitions.map(({ leader }) => leader)).toEqual([2, 2])
  })
})

test('alterPartition believes only the present leader with the present epochs', () => {
  const controller = cluster([1, 2, 3])
  create(controller, ['t', 1, 3])
  const topicId = controller.image.topic('t')?.id as string
  const epoch = controller.image.brokers.get(1)?.epoch as number
  const alter = (change: object, brokerId = 1, brokerEpoch = epoch) =>
    controller.alterPartition(brokerId, brokerEpoch, [
      { topicId, partition: 0, leaderEpoch: 0, partitionEpoch: 0, isr: [1, 2], ...change },
    ])[0]?.error
  expect(alter({}, 1, epoch + 1)).toBe('STALE_BROKER_EPOCH')
  expect(alter({ topicId: 'x' })).toBe('UNKNOWN_TOPIC_ID')
  expect(alter({ partition: 1 })).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  expect(alter({ leaderEpoch: 1 })).toBe('NOT_CONTROLLER')
  expect(alter({ isr: [1, 1] })).toBe('INVALID_REQUEST')
  expect(alter({ isr: [1, 9] })).toBe('INVALID_REQUEST')
  expect(alter({ isr: [2] })).toBe('INVALID_REQUEST')
  expect(alter({}, 2, controller.image.brokers.get(2)?.epoch)).toBe('INVALID_REQUEST')
  expect(alter({})).toBe(null)
  expect(alter({})).toBe('INVALID_UPDATE_VERSION')
  controller.fenceBroker(3)
  expect(alter({ partitionEpoch: 1, isr: [1, 2, 3] })).toBe('INELIGIBLE_REPLICA')
})

describe('listeners and storage', () => {
  test('hear of each change in order, with what changed, before the command returns', () => {
    const controller = cluster([1])
    const heard: string[] = []
    const note = (who: string) => (image: { offset: number }, _previous: unknown, change: ClusterChange) => {
      heard.push(`${who} ${image.offset} topics ${change.topicIds.size} configs ${[...change.configs]}`)
      // A change made by a listener is told after all have heard of this one.
      if (who === 'first' && change.topicIds.size === 1) controller.allocateProducerIds()
    }
    controller.subscribe(note('first'))
    const stop = controller.subscribe(note('second'))
    const { offset } = controller.image
    create(controller, ['t', 1, 1, { 'retention.ms': '1' }])
    expect(heard).toEqual([
      `first ${offset + 3} topics 1 configs topic/t`,
      `second ${offset + 3} topics 1 configs topic/t`,
      `first ${offset + 4} topics 0 configs `,
      `second ${offset + 4} topics 0 configs `,
    ])
    stop()
    controller.allocateProducerIds()
    expect(heard).toHaveLength(5)
  })

  test('everything is there after a restart, and brokers return to what they led', async () => {
    const env = testEnv()
    const first = openController(env)
    joinBrokers(first, [1, 2])
    create(first, ['t', 2, 2, { 'retention.ms': '1' }], ['gone'])
    first.deleteTopics([{ name: 'gone', id: null }])
    expect(first.allocateProducerIds()).toEqual({ firstProducerId: 0, count: 1000 })
    await first.close()

    const second = openController(env)
    expect(second.image.clusterId).toBe(first.image.clusterId)
    expect(second.image.offset).toBe(first.image.offset)
    expect(second.image.topic('t')).toEqual(first.image.topic('t'))
    expect(second.image.topic('gone')).toBeUndefined()
    expect(second.image.configs('topic', 't').get('retention.ms')).toBe('1')
    expect(second.allocateProducerIds().firstProducerId).toBe(1000)
    const { epoch, error } = second.registerBroker(registration(1))
    expect([error, epoch > (first.image.brokers.get(1)?.epoch as number)]).toEqual([null, true])
    second.fenceAbsentBrokers()
    expect(describeTopic(second.image, 't')).toEqual([
      '0: leader 1 epoch 1 replicas 1,2 isr 1',
      '1: leader 1 epoch 1 replicas 2,1 isr 1',
    ])
    expect(second.registerBroker(registration(1)).error).toBe('DUPLICATE_BROKER_REGISTRATION')
  })

  test('a snapshot replaces a long log and means the same', async () => {
    const env = testEnv()
    const first = openController(env, 2000)
    joinBrokers(first, [1])
    for (let i = 0; i < 40; i++) create(first, [`t${i}`, 2, 1, { 'retention.ms': String(i + 1) }])
    const files = env.disk.list('/data/__cluster_metadata-0')
    expect(files.some((name) => name.endsWith('.checkpoint'))).toBe(true)
    expect(files.length).toBeLessThanOrEqual(2)
    await first.close()
    const second = openController(env)
    expect([...second.image.topics()]).toEqual([...first.image.topics()])
    expect(second.image.offset).toBe(first.image.offset)
    expect(second.image.configs('topic', 't39').get('retention.ms')).toBe('40')
    expect(create(second, ['t39'], ['t40'])).toEqual(['TOPIC_ALREADY_EXISTS', null])
    // What placement balances is counted again.
    expect(second.image.features).toEqual(first.image.features)
  })

  test('a torn tail is cut off at every byte; damage in the middle is refused', async () => {
    const env = testEnv()
    const first = openController(env)
    joinBrokers(first, [1])
    const file = env.disk.open(`/data/__cluster_metadata-0/${'0'.repeat(20)}.log`)
    const before = file.size
    create(first, ['last', 2])
    const whole = Buffer.from(file.read(0, file.size))
    await first.close()
    for (let size = before; size < whole.length; size += 7) {
      file.truncate(0)
      file.append([whole.subarray(0, size)])
      const again = openController(env)
      expect(again.image.topic('last')).toBeUndefined()
      expect(again.image.brokers.size).toBe(1)
      await again.close()
    }
    const damaged = Buffer.from(whole)
    damaged[70] = (damaged[70] as number) ^ 1
    file.truncate(0)
    file.append([damaged])
    expect(() => openController(env)).toThrow(/damaged/)
  })
})

test('feature levels are those of a fresh 4.4 cluster, and all updates fail together', () => {
  const controller = cluster([1])
  expect([...controller.image.features]).toEqual([
    ['eligible.leader.replicas.version', 1],
    ['group.version', 1],
    ['metadata.version', 33],
    ['share.version', 2],
    ['streams.version', 1],
    ['transaction.version', 2],
  ])
  const update = (feature: string, level: number, upgradeType: 'upgrade' | 'safe-downgrade' = 'upgrade') =>
    controller.updateFeatures([{ feature, level, upgradeType }])[0]?.error
  expect(update('no.such.feature', 1)).toBe('INVALID_UPDATE_VERSION')
  expect(update('group.version', 0)).toBe('INVALID_UPDATE_VERSION')
  expect(update('group.version', 0, 'safe-downgrade')).toBe(null)
  expect(controller.image.features.has('group.version')).toBe(false)
})

test('an image shares with the one before all that did not change', () => {
  const controller = cluster([1, 2, 3])
  for (let i = 0; i < 1000; i++) create(controller, [`topic-${i}`, 1, 3])
  const before = controller.image
  create(controller, ['one-more', 2, 3])
  expect([before.topicCount, controller.image.topicCount]).toEqual([1000, 1001])
  expect(before.topic('one-more')).toBeUndefined()
  expect(controller.image.topic('topic-500')).toBe(before.topic('topic-500'))
  expect(controller.image.brokers).toBe(before.brokers)
})
