const { Kafka, logLevel } = require('kafkajs')
const { startCluster } = require('odradek')

let cluster
let kafka

beforeAll(async () => {
  cluster = await startCluster({ storage: 'memory', topics: ['orders:2'] })
  kafka = new Kafka({ brokers: cluster.bootstrap.split(','), logLevel: logLevel.ERROR })
})

afterAll(() => cluster.stop())

test('what was written is read', async () => {
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({
    topic: 'orders',
    messages: [{ key: 'c-1', value: 'a book', headers: { from: 'web' } }],
  })
  await producer.disconnect()

  const consumer = kafka.consumer({ groupId: 'shipping' })
  await consumer.connect()
  await consumer.subscribe({ topic: 'orders', fromBeginning: true })
  const message = await new Promise((resolve) => {
    consumer.run({ eachMessage: async ({ message }) => resolve(message) })
  })
  await consumer.disconnect()

  expect(message.value.toString()).toEqual('a book')
  expect(message.headers.from.toString()).toEqual('web')
})
