import { ErrorCode } from '../protocol/errors.ts'
import { Produce } from '../protocol/messages/00-produce.ts'
import type { Codec } from '../protocol/records/batch.ts'
import type { ResponseOutput } from '../protocol/schema/api.ts'
import { backoffMs } from './backoff.ts'
import { ClientError, refusalOf } from './client-error.ts'
import { type ClusterClient, NO_TOPIC_ID, type TopicMetadata } from './cluster.ts'
import { DefaultPartitioner } from './partitioner.ts'
import { Batch, estimateBytes, Lane } from './produce-batch.ts'
import { NO_PRODUCER, type ProducerIdentity, requestProducerId } from './producer-id.ts'
import { encodeRecordSet } from './record-sets.ts'

export interface RecordHeader {
  readonly key: string
  readonly value: Buffer | null
}

export interface ProduceRecord {
  readonly topic: string
  /** Left out: the key's hash decides, or, without a key, the batch that is being filled. */
  readonly partition?: number
  readonly key: Buffer | null
  /** Null: a tombstone. */
  readonly value: Buffer | null
  readonly headers?: readonly RecordHeader[]
  /** Default: now. */
  readonly timestampMs?: number
}

export interface Produced {
  readonly topic: string
  readonly partition: number
  /** -1: the broker did not say (acks=0, or a batch that it already had). */
  readonly offset: number
  readonly timestampMs: number
}

export interface ProducerOptions {
  /** -1: every in-sync replica has it; 1: the leader has it; 0: nobody is asked. */
  readonly acks: -1 | 0 | 1
  readonly compression: Codec
  /** How long a record waits for others to share its batch. 0: only for those sent in the same turn. */
  readonly lingerMs: number
  /** A batch is sent when it holds this much, uncompressed. */
  readonly batchBytes: number
  /** What may wait here altogether; `send` waits while there is more. */
  readonly bufferBytes: number
  /** How long the broker may wait for replicas. */
  readonly timeoutMs: number
  /** After this, a record that could not be delivered fails. */
  readonly deliveryTimeoutMs: number
  /** Numbers batches, so that one that is sent again is stored once. Needs acks -1. */
  readonly idempotent: boolean
  /** A topic that does not exist is created, if the broker does that. */
  readonly autoCreate: boolean
}

const DEFAULT_PRODUCER_OPTIONS: ProducerOptions = {
  acks: -1,
  compression: 'none',
  lingerMs: 0,
  batchBytes: 256 * 1024,
  bufferBytes: 32 * 1024 * 1024,
  timeoutMs: 30_000,
  deliveryTimeoutMs: 120_000,
  idempotent: false,
  autoCreate: true,
}

/**
 * Writes records. Each partition has one batch under way and gathers the next meanwhile, so order holds through every
 * retry; the batches of all partitions that one broker leads leave in one request.
 */
export class Producer {
  readonly #cluster: ClusterClient
  readonly #options: ProducerOptions
  readonly #partitioner: DefaultPartitioner
  readonly #lanes = new Map<string, Map<number, Lane>>()
  #bufferedBytes = 0
  #waitingForRoom: (() => void)[] = []
  #waitingForIdle: (() => void)[] = []
  #pumpScheduled = false
  #identity: ProducerIdentity | null = null
  #closed = false

  constructor(cluster: ClusterClient, options: Partial<ProducerOptions> = {}) {
    this.#cluster = cluster
    this.#options = { ...DEFAULT_PRODUCER_OPTIONS, ...options }
    if (this.#options.idempotent && this.#options.acks !== -1)
      throw new ClientError('usage', 'an idempotent producer needs acks=all')
    this.#partitioner = new DefaultPartitioner(cluster.env.random)
  }

  /** Queues a record; resolves when the broker has it as `acks` asks. Rejects with a ClientError. */
  async send(record: ProduceRecord): Promise<Produced> {
    const sizeBytes = estimateBytes(record)
    while (this.#bufferedBytes > 0 && this.#bufferedBytes + sizeBytes > this.#options.bufferBytes)
      await this.#roomFreed()
    if (this.#closed) throw new ClientError('usage', 'the producer is closed')
    this.#bufferedBytes += sizeBytes
    try {
      const topic = await this.#cluster.topic(record.topic, { autoCreate: this.#options.autoCreate })
      return await this.#enqueue(topic, record, sizeBytes)
    } finally {
      this.#bufferedBytes -= sizeBytes
      for (const resume of this.#waitingForRoom.splice(0)) resume()
    }
  }

  /** Resolves when less than half of the buffer is used: for whoever sends without waiting for each record. */
  async room(): Promise<void> {
    while (this.#bufferedBytes * 2 > this.#options.bufferBytes) await this.#roomFreed()
  }

  #roomFreed(): Promise<void> {
    return new Promise((resolve) => this.#waitingForRoom.push(resolve))
  }

  /** Resolves when nothing is queued or under way any more; failures are told to who sent the record. */
  flush(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve()
    return new Promise((resolve) => this.#waitingForIdle.push(resolve))
  }

  /** Sends what is queued, then takes no more. The cluster client stays open. */
  async close(): Promise<void> {
    this.#closed = true
    await this.flush()
  }

  #isIdle(): boolean {
    for (const lanes of this.#lanes.values())
      for (const lane of lanes.values()) if (!lane.isIdle) return false
    return this.#bufferedBytes === 0
  }

  #lane(topic: string, partition: number): Lane {
    let lanes = this.#lanes.get(topic)
    if (lanes === undefined) {
      lanes = new Map()
      this.#lanes.set(topic, lanes)
    }
    let lane = lanes.get(partition)
    if (lane === undefined) {
      lane = new Lane(topic, partition)
      lanes.set(partition, lane)
    }
    return lane
  }

  #enqueue(topic: TopicMetadata, record: ProduceRecord, sizeBytes: number): Promise<Produced> {
    const now = this.#cluster.env.clock.now()
    const partition = record.partition ?? this.#partitioner.partition(topic, record.key)
    if (topic.partitions[partition] === undefined)
      throw new ClientError('refused', `topic "${topic.name}" has no partition ${partition}`, {
        code: 'UNKNOWN_TOPIC_OR_PARTITION',
      })
    const lane = this.#lane(topic.name, partition)
    let batch = lane.waiting.at(-1)
    // A batch that was sent before keeps its records: the broker may know it by its sequence.
    if (batch === undefined || batch.attempts > 0 || batch.sizeBytes + sizeBytes > this.#options.batchBytes) {
      if (batch !== undefined) this.#partitioner.batchClosed(topic, partition)
      batch = new Batch(now + this.#options.deliveryTimeoutMs)
      lane.waiting.push(batch)
      this.#schedule(this.#options.lingerMs)
    } else if (lane.waiting.length > 1) this.#schedule(0)
    const open = batch
    return new Promise<Produced>((resolve, reject) => {
      open.add({ record, timestampMs: record.timestampMs ?? now, sizeBytes, resolve, reject })
    })
  }

  /** Sends what is ready after `ms`; at once means: when the code that is running has sent all that it sends. */
  #schedule(ms: number): void {
    if (this.#pumpScheduled) return
    this.#pumpScheduled = true
    const run = (): void => {
      this.#pumpScheduled = false
      void this.#pump()
    }
    if (ms === 0) queueMicrotask(run)
    else this.#cluster.env.clock.after(ms, run)
  }

  /** Takes the next batch of every partition that has none under way, and sends them, a request for each leader. */
  async #pump(): Promise<void> {
    const taken: Lane[] = []
    for (const lanes of this.#lanes.values())
      for (const lane of lanes.values()) {
        if (lane.inFlight !== null || lane.paused) continue
        const batch = lane.waiting.shift()
        if (batch === undefined) continue
        lane.inFlight = batch
        batch.attempts++
        taken.push(lane)
      }
    if (taken.length === 0) return
    if (this.#options.idempotent && this.#identity === null) {
      const failure = await this.#identify()
      if (failure !== null) {
        for (const lane of taken) this.#settle(lane, failure)
        return
      }
    }
    const byLeader = new Map<number, Lane[]>()
    await Promise.all(
      taken.map(async (lane) => {
        try {
          const leader = await this.#cluster.leader(lane.topic, lane.partition)
          const lanes = byLeader.get(leader)
          if (lanes === undefined) byLeader.set(leader, [lane])
          else lanes.push(lane)
        } catch (error) {
          this.#settle(lane, error as ClientError)
        }
      }),
    )
    for (const [leader, lanes] of byLeader) void this.#sendTo(leader, lanes)
  }

  async #identify(): Promise<ClientError | null> {
    try {
      this.#identity = await requestProducerId(this.#cluster)
      return null
    } catch (error) {
      return error as ClientError
    }
  }

  async #sendTo(leader: number, lanes: readonly Lane[]): Promise<void> {
    try {
      const connection = await this.#cluster.node(leader)
      const topics = new Map<string, TopicMetadata>()
      for (const { topic } of lanes) topics.set(topic, await this.#cluster.topic(topic))
      const maxVersion = [...topics.values()].some(({ id }) => id === null) ? 12 : Number.POSITIVE_INFINITY
      const version = connection.versionOf(Produce, maxVersion) ?? 0
      const request = {
        transactionalId: null,
        acks: this.#options.acks,
        timeoutMs: this.#options.timeoutMs,
        topicData: [...topics].map(([name, { id }]) => ({
          name,
          topicId: id ?? NO_TOPIC_ID,
          partitionData: lanes
            .filter(({ topic }) => topic === name)
            .map((lane) => ({ index: lane.partition, records: this.#encode(lane, version) })),
        })),
      }
      if (this.#options.acks === 0) {
        connection.requestWithoutAnswer(Produce, request, { version })
        await connection.drained()
        for (const lane of lanes) this.#settle(lane, null)
        return
      }
      const limitMs = this.#cluster.options.requestTimeoutMs + this.#options.timeoutMs
      this.#answered(lanes, topics, await connection.request(Produce, request, { version, limitMs }))
    } catch (error) {
      if (!(error instanceof Error)) throw error
      for (const lane of lanes) this.#settle(lane, error)
    }
  }

  #encode(lane: Lane, version: number): Buffer {
    const batch = lane.inFlight as Batch
    const identity = this.#identity ?? NO_PRODUCER
    if (this.#options.idempotent && batch.producerId !== identity.producerId) {
      batch.producerId = identity.producerId
      if (lane.sequencesOf !== identity.producerId) {
        lane.sequencesOf = identity.producerId
        lane.nextSequence = 0
      }
      batch.baseSequence = lane.nextSequence
      lane.nextSequence = (lane.nextSequence + batch.entries.length) & 0x7fffffff
    }
    return encodeRecordSet(version, batch.entries, this.#options.compression, {
      ...identity,
      baseSequence: batch.baseSequence,
    })
  }

  #answered(
    lanes: readonly Lane[],
    topics: ReadonlyMap<string, TopicMetadata>,
    response: ResponseOutput<typeof Produce>,
  ): void {
    const answers = new Map<string, PartitionAnswer>()
    for (const topic of response.responses) {
      const name =
        topic.name !== '' ? topic.name : [...topics.values()].find(({ id }) => id === topic.topicId)?.name
      for (const answer of topic.partitionResponses) answers.set(`${answer.index} ${name}`, answer)
    }
    for (const lane of lanes) {
      const answer = answers.get(`${lane.partition} ${lane.topic}`)
      if (answer === undefined)
        this.#settle(
          lane,
          new ClientError('protocol', `the answer says nothing of ${lane.topic}-${lane.partition}`),
        )
      else this.#settleAnswer(lane, answer)
    }
  }

  #settleAnswer(lane: Lane, answer: PartitionAnswer): void {
    // The broker has the batch already, under offsets that it no longer knows.
    const duplicate = answer.errorCode === ErrorCode.DUPLICATE_SEQUENCE_NUMBER
    if (answer.errorCode === ErrorCode.NONE || duplicate) {
      const offset = duplicate ? -1 : Number(answer.baseOffset)
      this.#settle(lane, null, offset, Number(answer.logAppendTimeMs))
      return
    }
    const message = answer.recordErrors[0]?.batchIndexErrorMessage ?? answer.errorMessage
    this.#settle(lane, refusalOf(answer.errorCode, `partition ${lane.topic}-${lane.partition}`, message))
  }

  /** What the batch under way came to: delivered, to be tried again, to be halved, or failed. */
  #settle(lane: Lane, error: Error | null, offset = -1, logAppendTimeMs = -1): void {
    const batch = lane.inFlight as Batch
    lane.inFlight = null
    if (error === null) batch.succeed(lane.topic, lane.partition, offset, logAppendTimeMs)
    else if (error instanceof ClientError && error.code === 'MESSAGE_TOO_LARGE' && batch.entries.length > 1)
      lane.waiting.unshift(...batch.split())
    else if (this.#mayRetry(batch, error)) this.#pause(lane, batch)
    else {
      // What follows would have a gap in its sequence: it goes on under a new producer id.
      if (this.#options.idempotent) this.#identity = null
      batch.fail(error)
    }
    if (lane.waiting.length > 0) this.#schedule(0)
    // Who sent a record hears of it first.
    if (this.#waitingForIdle.length > 0) this.#cluster.env.clock.after(0, () => this.#tellIdle())
  }

  #mayRetry(batch: Batch, error: Error): boolean {
    if (!(error instanceof ClientError)) return false
    const gone = error.code === 'UNKNOWN_TOPIC_OR_PARTITION' && batch.attempts > 3
    return error.retriable && !gone && this.#cluster.env.clock.now() < batch.deadlineMs
  }

  #pause(lane: Lane, batch: Batch): void {
    this.#cluster.forget(lane.topic)
    lane.waiting.unshift(batch)
    lane.paused = true
    this.#cluster.env.clock.after(backoffMs(this.#cluster.env, batch.attempts), () => {
      lane.paused = false
      void this.#pump()
    })
  }

  #tellIdle(): void {
    if (!this.#isIdle()) return
    for (const resolve of this.#waitingForIdle.splice(0)) resolve()
  }
}

type PartitionAnswer = ResponseOutput<typeof Produce>['responses'][number]['partitionResponses'][number]
