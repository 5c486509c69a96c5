/**
 * Writes two readings and reads them back.
 *
 *     npm start -- --brokers 2 --topic greetings:4:2        in one terminal
 *     node examples/kafkajs.mjs                             in another
 */
import { Kafka, logLevel } from 'kafkajs'

const brokers = (process.env.BROKERS ?? '127.0.0.1:9092').split(',')
const kafka = new Kafka({ clientId: 'hello', brokers, logLevel: logLevel.ERROR })

const producer = kafka.producer()
await producer.connect()
await producer.send({
  topic: 'greetings',
  messages: [
    { key: 'uno-1', value: '23.5' },
    { key: 'uno-2', value: '19.0' },
  ],
})
await producer.disconnect()

const consumer = kafka.consumer({ groupId: 'readers' })
await consumer.connect()
await consumer.subscribe({ topic: 'greetings', fromBeginning: true })

let left = 2
await consumer.run({
  eachMessage: async ({ partition, message }) => {
    console.log(partition, message.offset, message.key.toString(), message.value.toString())
    // disconnect() waits for this very callback, so it is called from outside of it.
    if (--left === 0) setImmediate(() => consumer.disconnect())
  },
})
