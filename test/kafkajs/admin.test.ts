import kafkajs, { type Admin, type Kafka } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../../src/index.ts'
import { connect, signal } from './clients.ts'

describe.each([1, 3])('kafkajs administers %i broker(s)', (brokers) => {
  let cluster: Cluster
  let kafka: Kafka
  let admin: Admin
  beforeAll(async () => {
    cluster = await startCluster({ brokers, config: { 'default.replication.factor': brokers } })
    kafka = connect(cluster)
    admin = kafka.admin()
    await admin.connect()
  })
  afterAll(async () => {
    await admin.disconnect()
    await cluster.stop()
  })

  const produce = async (topic: string, count: number): Promise<void> => {
    const producer = kafka.producer()
    await producer.connect()
    await producer.send({ topic, messages: Array.from({ length: count }, (_, i) => ({ value: String(i) })) })
    await producer.disconnect()
  }

  it('describes the cluster', async () => {
    const described = await admin.describeCluster()
    expect(described.clusterId).toBe(cluster.clusterId)
    expect(described.brokers).toEqual(
      cluster.brokers.map(({ id, host, port }) => ({ nodeId: id, host, port })),
    )
    expect(cluster.brokers.map(({ id }) => id)).toContain(described.controller)
  })

  it('creates, lists, grows and deletes topics', async () => {
    const made = { topic: 'life', numPartitions: 2, replicationFactor: brokers }
    expect(await admin.createTopics({ topics: [made] })).toBe(true)
    expect(await admin.createTopics({ topics: [made] })).toBe(false)
    expect(await admin.listTopics()).toContain('life')
    await admin.createPartitions({ topicPartitions: [{ topic: 'life', count: 5 }] })
    const { topics } = await admin.fetchTopicMetadata({ topics: ['life'] })
    expect(topics[0]?.partitions).toHaveLength(5)
    for (const { leader, replicas, isr } of topics[0]?.partitions ?? []) {
      expect([replicas.length, isr.length, replicas.includes(leader)]).toEqual([brokers, brokers, true])
    }
    await admin.deleteTopics({ topics: ['life'] })
    expect(await admin.listTopics()).not.toContain('life')
    await expect(admin.deleteTopics({ topics: ['life'] })).rejects.toMatchObject({
      cause: { type: 'UNKNOWN_TOPIC_OR_PARTITION' },
    })
  })

  it('describes and alters configs', async () => {
    await admin.createTopics({
      topics: [{ topic: 'settings', configEntries: [{ name: 'cleanup.policy', value: 'compact' }] }],
    })
    const type = kafkajs.ConfigResourceTypes.TOPIC
    const setting = async (name: string): Promise<string | undefined> => {
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type, name: 'settings', configNames: [name] }],
      })
      return resources[0]?.configEntries[0]?.configValue
    }
    expect(await setting('cleanup.policy')).toBe('compact')
    expect(await setting('retention.ms')).toBe('604800000')
    const configEntries = [{ name: 'retention.ms', value: '1000' }]
    await admin.alterConfigs({ validateOnly: false, resources: [{ type, name: 'settings', configEntries }] })
    expect(await setting('retention.ms')).toBe('1000')
    expect(await setting('cleanup.policy')).toBe('delete')
    const wrong = [{ name: 'retention.ms', value: 'soon' }]
    await expect(
      admin.alterConfigs({
        validateOnly: false,
        resources: [{ type, name: 'settings', configEntries: wrong }],
      }),
    ).rejects.toMatchObject({ type: 'INVALID_CONFIG' })
  })

  it('finds offsets by time, and deletes records', async () => {
    await admin.createTopics({ topics: [{ topic: 'offsets', numPartitions: 1 }] })
    const before = Date.now()
    await produce('offsets', 10)
    expect(await admin.fetchTopicOffsets('offsets')).toEqual([
      { partition: 0, offset: '10', high: '10', low: '0' },
    ])
    expect(await admin.fetchTopicOffsetsByTimestamp('offsets', before)).toEqual([
      { partition: 0, offset: '0' },
    ])
    expect(await admin.fetchTopicOffsetsByTimestamp('offsets', before + 3_600_000)).toEqual([
      { partition: 0, offset: '10' },
    ])
    await admin.deleteTopicRecords({ topic: 'offsets', partitions: [{ partition: 0, offset: '4' }] })
    expect(await admin.fetchTopicOffsets('offsets')).toEqual([
      { partition: 0, offset: '10', high: '10', low: '4' },
    ])
  })

  it('sets and shows the offsets of a group, lists and deletes it', async () => {
    const groupId = 'administered'
    await admin.createTopics({ topics: [{ topic: 'grouped', numPartitions: 1 }] })
    await produce('grouped', 10)
    const offsets = async (): Promise<string | undefined> =>
      (await admin.fetchOffsets({ groupId, topics: ['grouped'] }))[0]?.partitions[0]?.offset
    expect(await offsets()).toBe('-1')
    await admin.setOffsets({ groupId, topic: 'grouped', partitions: [{ partition: 0, offset: '7' }] })
    expect(await offsets()).toBe('7')
    expect((await admin.listGroups()).groups).toContainEqual({ groupId, protocolType: 'consumer' })
    await admin.deleteGroups([groupId])
    expect((await admin.listGroups()).groups.map((group) => group.groupId)).not.toContain(groupId)
  })

  it('describes a group with its members, and refuses to delete it', async () => {
    const groupId = 'described'
    await admin.createTopics({ topics: [{ topic: 'member', numPartitions: 3 }] })
    const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 50 })
    const joined = signal()
    consumer.on(consumer.events.GROUP_JOIN, () => joined.done())
    await consumer.connect()
    await consumer.subscribe({ topics: ['member'] })
    await consumer.run({ eachMessage: async () => {} })
    await joined.promise
    const { groups } = await admin.describeGroups([groupId])
    expect(groups[0]).toMatchObject({ errorCode: 0, groupId, state: 'Stable', protocolType: 'consumer' })
    const [member] = groups[0]?.members ?? []
    expect(member).toMatchObject({ clientId: 'kafkajs', clientHost: '/127.0.0.1' })
    const assigned = kafkajs.AssignerProtocol.MemberAssignment.decode(member?.memberAssignment as Buffer)
    expect(assigned?.assignment).toEqual({ member: [0, 1, 2] })
    await expect(admin.deleteGroups([groupId])).rejects.toMatchObject({
      groups: [{ groupId, error: { type: 'NON_EMPTY_GROUP' } }],
    })
    await consumer.disconnect()
  })
})
