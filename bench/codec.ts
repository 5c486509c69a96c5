/**
 * `npm run bench:codec`: nanoseconds to decode and encode one message with the compiled codec, with code written by hand
 * (codec-by-hand.ts) and with the interpreter, in turns, the best of several rounds; and records iterated per second.
 */

import { Produce } from '../src/protocol/messages/00-produce.ts'
import { Fetch } from '../src/protocol/messages/01-fetch.ts'
import { Metadata } from '../src/protocol/messages/03-metadata.ts'
import { Heartbeat } from '../src/protocol/messages/12-heartbeat.ts'
import { Reader } from '../src/protocol/reader.ts'
import { encodeBatch } from '../src/protocol/records/batch-builder.ts'
import { RecordCursor } from '../src/protocol/records/record.ts'
import {
  type Codec,
  requestCodec,
  requestLayout,
  responseCodec,
  responseLayout,
} from '../src/protocol/schema/codec.ts'
import { interpretDecoder, interpretEncoder } from '../src/protocol/schema/interpret.ts'
import type { Layout } from '../src/protocol/schema/layout.ts'
import { Writer } from '../src/protocol/writer.ts'
import { fetchV12, heartbeatV4, metadataV12, produceV9 } from './codec-by-hand.ts'

const ROUNDS = 12
const ROUND_MS = 60
const TOPIC_ID = 'qPw9kXH1R0mG3sUoXkTz6A'

interface Case {
  readonly name: string
  readonly value: unknown
  readonly layout: Layout
  readonly compiled: Codec<never, unknown>
  readonly byHand: { decode(r: Reader): unknown; encode(w: Writer, value: never): void }
}

const records = (bytes: number): Buffer => Buffer.alloc(bytes, 7)
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

const CASES: readonly Case[] = [
  {
    name: 'Heartbeat request v4',
    value: {
      groupId: 'orders-service',
      generationId: 17,
      memberId: 'consumer-1-0b9d4a52-5a0b-4a0e-8f5e-0c9b4a1b2c3d',
      groupInstanceId: null,
    },
    layout: requestLayout(Heartbeat, 4),
    compiled: requestCodec(Heartbeat, 4),
    byHand: heartbeatV4,
  },
  {
    name: 'Produce request v9, 4 partitions',
    value: {
      transactionalId: null,
      acks: -1,
      timeoutMs: 30_000,
      topicData: [
        {
          name: 'orders',
          topicId: 'A'.repeat(22),
          partitionData: range(4).map((index) => ({ index, records: records(1024) })),
        },
      ],
    },
    layout: requestLayout(Produce, 9),
    compiled: requestCodec(Produce, 9),
    byHand: produceV9,
  },
  {
    name: 'Fetch response v12, 4 partitions',
    value: {
      throttleTimeMs: 0,
      errorCode: 0,
      sessionId: 99,
      responses: [
        {
          topic: 'orders',
          topicId: 'A'.repeat(22),
          partitions: range(4).map((partitionIndex) => ({
            partitionIndex,
            errorCode: 0,
            highWatermark: 1_000_000n,
            lastStableOffset: 1_000_000n,
            logStartOffset: 0n,
            abortedTransactions: null,
            preferredReadReplica: -1,
            records: records(16_384),
          })),
        },
      ],
    },
    layout: responseLayout(Fetch, 12),
    compiled: responseCodec(Fetch, 12),
    byHand: fetchV12,
  },
  {
    name: 'Metadata response v12, 60 partitions',
    value: {
      throttleTimeMs: 0,
      brokers: range(3).map((nodeId) => ({ nodeId, host: '127.0.0.1', port: 9092 + nodeId, rack: null })),
      clusterId: TOPIC_ID,
      controllerId: 1,
      topics: range(10).map((n) => ({
        errorCode: 0,
        name: `topic-number-${n}`,
        topicId: TOPIC_ID,
        isInternal: false,
        partitions: range(6).map((partitionIndex) => ({
          errorCode: 0,
          partitionIndex,
          leaderId: 1,
          leaderEpoch: 5,
          replicaNodes: [1, 2, 3],
          isrNodes: [1, 2, 3],
          offlineReplicas: [],
        })),
        topicAuthorizedOperations: -2147483648,
      })),
      clusterAuthorizedOperations: -2147483648,
      errorCode: 0,
    },
    layout: responseLayout(Metadata, 12),
    compiled: responseCodec(Metadata, 12),
    byHand: metadataV12,
  },
]

/** Nanoseconds of one call in each of several functions that do the same: the best round of each, measured in turns. */
const compare = (functions: readonly (() => void)[]): number[] => {
  const best = functions.map(() => Number.POSITIVE_INFINITY)
  const calls = functions.map((run) => callsIn(run, ROUND_MS))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, run] of functions.entries()) {
      const start = process.hrtime.bigint()
      for (let n = calls[i]!; n > 0; n--) run()
      best[i] = Math.min(best[i]!, Number(process.hrtime.bigint() - start) / calls[i]!)
    }
  }
  return best
}

/** How often `run` can be called in that time, once it is warm. */
const callsIn = (run: () => void, ms: number): number => {
  for (let n = 2000; n > 0; n--) run()
  let calls = 0
  const end = performance.now() + ms
  while (performance.now() < end) {
    for (let n = 50; n > 0; n--) run()
    calls += 50
  }
  return calls
}

const encodeWith = (codec: { encode(w: Writer, value: never): void }, value: unknown) => (): void => {
  const writer = new Writer()
  codec.encode(writer, value as never)
  writer.finish()
}

const row = (cells: readonly string[]): void =>
  console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(46) : cell.padStart(12))).join(''))

const benchCase = ({ name, value, layout, compiled, byHand }: Case): void => {
  const interpreted = { decode: interpretDecoder(layout), encode: interpretEncoder(layout) }
  const codecs = [compiled, byHand, interpreted]
  const images = codecs.map((codec) => {
    const writer = new Writer()
    codec.encode(writer, value as never)
    return writer.toBuffer()
  })
  const [image] = images as [Buffer, Buffer, Buffer]
  if (!images.every((each) => each.equals(image))) throw new Error(`${name}: the codecs disagree`)
  const measured = [
    ['decode', compare(codecs.map((codec) => () => void codec.decode(new Reader(image))))],
    ['encode', compare(codecs.map((codec) => encodeWith(codec, value)))],
  ] as const
  for (const [what, [fast, hand, slow]] of measured) {
    const ns = (each: number | undefined) => each!.toFixed(0)
    row([`${name}, ${what}`, ns(fast), ns(hand), ns(slow), `${(fast! / hand!).toFixed(2)}x`])
  }
}

const benchRecords = (valueBytes: number, codec: 'none' | 'gzip'): void => {
  const count = Math.floor(1_000_000 / valueBytes)
  const value = Buffer.alloc(valueBytes, 'value')
  const list = range(count).map((n) => ({
    key: Buffer.from(`key-${n}`),
    value,
    timestamp: 1_700_000_000_000 + n,
  }))
  const batch = encodeBatch({ codec, records: list })
  let seen = 0
  const [ns] = compare([
    () => {
      const cursor = new RecordCursor(batch)
      while (cursor.next()) seen += cursor.offsetDelta
    },
  ])
  if (seen < 0) throw new Error('offsets are not negative')
  const perSecond = ((count * 1e9) / ns!).toExponential(2)
  row([`${count} records of ${valueBytes} bytes, ${codec}`, perSecond, (ns! / count).toFixed(1)])
}

console.log(`Node ${process.version}, ${process.arch}\n`)
row(['ns per message', 'compiled', 'by hand', 'interpreter', 'ratio'])
for (const each of CASES) benchCase(each)
console.log()
row(['iterating', 'records/s', 'ns a record'])
for (const codec of ['none', 'gzip'] as const) for (const bytes of [100, 1000]) benchRecords(bytes, codec)
