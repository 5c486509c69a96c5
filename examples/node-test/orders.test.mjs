import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Kafka, logLevel } from 'kafkajs'
import { startCluster } from 'odradek'

test('each test may have a cluster of its own', async (t) => {
  // With Node 24, or TypeScript: await using cluster = await startCluster(...)
  const cluster = await startCluster({ topics: ['orders:2'] })
  t.after(() => cluster.stop())

  const admin = new Kafka({ brokers: cluster.bootstrap.split(','), logLevel: logLevel.ERROR }).admin()
  await admin.connect()
  assert.deepEqual(await admin.listTopics(), ['orders'])
  assert.equal(await admin.createTopics({ topics: [{ topic: 'invoices', numPartitions: 3 }] }), true)
  const offsets = await admin.fetchTopicOffsets('invoices')
  await admin.disconnect()
  assert.deepEqual(
    offsets.map(({ offset }) => offset),
    ['0', '0', '0'],
  )
})
