import kafkajs, { type Kafka } from 'kafkajs'
import { codecId } from '../../src/protocol/records/batch.ts'
import { compress, decompress } from '../../src/protocol/records/compression/index.ts'
import type { Cluster } from '../../src/start.ts'

process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'

/** kafkajs brings gzip alone and takes the other codecs as plug-ins. */
for (const name of ['snappy', 'lz4', 'zstd'] as const) {
  const id = codecId(name)
  const codec = () => ({
    compress: async (encoder: { buffer: Buffer }) => compress(name, encoder.buffer),
    decompress: async (buffer: Buffer) => decompress(id, buffer),
  })
  Object.assign(kafkajs.CompressionCodecs, { [id]: codec })
}

export const connect = (cluster: Cluster, config: Partial<kafkajs.KafkaConfig> = {}): Kafka =>
  new kafkajs.Kafka({
    brokers: cluster.bootstrap.split(','),
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 0 },
    ...config,
  })

/** A promise and what fulfils it. */
export const signal = <T = void>(): { promise: Promise<T>; done: (value: T) => void } => {
  let done: (value: T) => void = () => {}
  const promise = new Promise<T>((resolve) => {
    done = resolve
  })
  return { promise, done }
}
