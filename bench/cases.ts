import { setTimeout as delay } from 'node:timers/promises'
import { cannedFetch, cannedProduce, createTopicFrame, fetchFrame, produceFrame } from './frames.ts'
import { LoadConnection } from './load.ts'
import type { Running, TargetKind } from './targets/target.ts'
import { usageOf } from './usage.ts'

/** One figure of one case on one target. */
export interface Figures {
  readonly target: string
  readonly case: string
  readonly mbPerSecond?: number
  readonly requestsPerSecond?: number
  /** Server CPU. */
  readonly cpuSecondsPerGb?: number
  readonly cpuMicrosPerRequest?: number
  readonly p50Micros?: number
  readonly p99Micros?: number
  readonly peakRssMiB: number
}

export interface Batch {
  readonly name: string
  /** One record batch of magic 2, base offset 0. */
  readonly bytes: Buffer
  readonly recordCount: number
}

const GB = 1e9
const BATCHES = 600
const SMALL_REQUESTS = 20_000
const SINGLE_REQUESTS = 8_000

const quantile = (sorted: Float64Array, q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] as number

interface Measured {
  readonly seconds: number
  readonly cpuSeconds: number
  readonly latencies: Float64Array
  readonly peakRssMiB: number
}

async function measure(target: Running, body: () => Promise<Float64Array>): Promise<Measured> {
  const before = usageOf(target.pid)
  const started = performance.now()
  const latencies = await body()
  const seconds = (performance.now() - started) / 1000
  const after = usageOf(target.pid)
  latencies.sort()
  return {
    seconds,
    cpuSeconds: after.cpuSeconds - before.cpuSeconds,
    latencies,
    peakRssMiB: after.peakRssMiB,
  }
}

const throughput = (target: Running, name: string, bytes: number, m: Measured): Figures => ({
  target: target.name,
  case: name,
  mbPerSecond: bytes / 1e6 / m.seconds,
  cpuSecondsPerGb: m.cpuSeconds / (bytes / GB),
  p99Micros: quantile(m.latencies, 0.99),
  peakRssMiB: m.peakRssMiB,
})

const requests = (target: Running, name: string, count: number, m: Measured): Figures => ({
  target: target.name,
  case: name,
  requestsPerSecond: count / m.seconds,
  cpuMicrosPerRequest: (m.cpuSeconds * 1e6) / count,
  p50Micros: quantile(m.latencies, 0.5),
  p99Micros: quantile(m.latencies, 0.99),
  peakRssMiB: m.peakRssMiB,
})

/** Error code of a Produce 7 answer for its one partition; the topic's name is `topic`. */
const produceError = (answer: Buffer, topic: string): number =>
  answer.readInt16BE(4 + 4 + 2 + topic.length + 4 + 4)

/** Produces until it succeeds: Apache Kafka's new topics have no leader for a moment. */
async function firstProduce(
  target: Running,
  connection: LoadConnection,
  frame: Buffer,
  topic: string,
): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const error = produceError(await connection.ask(frame), topic)
    if (error === 0) return
    if (attempt === 100) throw new Error(`${target.name} answers error ${error} to a produce`)
    await delay(100)
  }
}

/** Produces `batch` over one connection, then fetches it back: one target, one kind of batch. */
export async function throughputCases(kind: TargetKind, batch: Batch, warmUp: number): Promise<Figures[]> {
  const topic = `bench-${batch.name.replaceAll(/\W+/g, '-')}`
  const target = await kind.start(
    new Map([
      [0, cannedProduce(topic)],
      [1, cannedFetch(topic, batch.bytes)],
      [19, Buffer.alloc(12)],
    ]),
  )
  const connection = await LoadConnection.open(target.host, target.port)
  try {
    const produce = produceFrame(topic, batch.bytes, 1)
    await connection.ask(createTopicFrame(topic))
    await firstProduce(target, connection, produce, topic)
    for (let round = 0; round < warmUp; round++) await connection.pump(BATCHES / 4, 5, () => produce)
    const produced = await measure(target, () => connection.pump(BATCHES, 5, () => produce))
    const fetches = Array.from({ length: 64 }, (_, i) =>
      fetchFrame(topic, i * batch.recordCount, batch.bytes.length),
    )
    const frameFor = (i: number): Buffer => fetches[i % fetches.length] as Buffer
    for (let round = 0; round < warmUp; round++) await connection.pump(BATCHES / 4, 5, frameFor)
    const fetched = await measure(target, () => connection.pump(BATCHES, 5, frameFor))
    const bytes = BATCHES * batch.bytes.length
    return [
      throughput(target, `produce ${batch.name}`, bytes, produced),
      throughput(target, `fetch ${batch.name}`, bytes, fetched),
    ]
  } finally {
    connection.close()
    await target.stop()
  }
}

/** One-record produce requests: five in flight, then one at a time. */
export async function requestCases(kind: TargetKind, single: Batch, warmUp: number): Promise<Figures[]> {
  const topic = 'bench-single'
  const target = await kind.start(
    new Map([
      [0, cannedProduce(topic)],
      [19, Buffer.alloc(12)],
    ]),
  )
  const connection = await LoadConnection.open(target.host, target.port)
  try {
    const produce = produceFrame(topic, single.bytes, 1)
    await connection.ask(createTopicFrame(topic))
    await firstProduce(target, connection, produce, topic)
    for (let round = 0; round <= warmUp; round++) await connection.pump(SMALL_REQUESTS / 4, 5, () => produce)
    const piped = await measure(target, () => connection.pump(SMALL_REQUESTS, 5, () => produce))
    const alone = await measure(target, () => connection.pump(SINGLE_REQUESTS, 1, () => produce))
    return [
      requests(target, 'one-record requests, 5 in flight', SMALL_REQUESTS, piped),
      requests(target, 'one-record requests, 1 at a time', SINGLE_REQUESTS, alone),
    ]
  } finally {
    connection.close()
    await target.stop()
  }
}
