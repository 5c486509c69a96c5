import type { Produced, ProduceRecord } from './producer.ts'

/** A record that waits for its batch. */
export interface Entry {
  readonly record: ProduceRecord
  readonly timestampMs: number
  readonly sizeBytes: number
  resolve(produced: Produced): void
  reject(error: Error): void
}

/** Upper bound of what a record takes in a batch beside its own bytes: lengths, deltas, attributes. */
const RECORD_OVERHEAD_BYTES = 30
const HEADER_OVERHEAD_BYTES = 10

/** About how many bytes a record takes in a batch, uncompressed. Never less than it takes. */
export const estimateBytes = ({ key, value, headers }: ProduceRecord): number => {
  let bytes = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0)
  for (const header of headers ?? [])
    bytes += HEADER_OVERHEAD_BYTES + Buffer.byteLength(header.key) + (header.value?.length ?? 0)
  return bytes
}

/** Records for one partition that are sent together. */
export class Batch {
  readonly entries: Entry[] = []
  sizeBytes = 0
  /** When it must be delivered at the latest. */
  readonly deadlineMs: number
  attempts = 0
  /** Of its first record, once it was sent by an idempotent producer; else -1. */
  baseSequence = -1
  /** Who `baseSequence` was given under. */
  producerId = -1n

  constructor(deadlineMs: number) {
    this.deadlineMs = deadlineMs
  }

  add(entry: Entry): void {
    this.entries.push(entry)
    this.sizeBytes += entry.sizeBytes
  }

  /** Two batches with the same records; their sequences go on from this one's. */
  split(): [Batch, Batch] {
    const half = Math.ceil(this.entries.length / 2)
    const parts = [this.entries.slice(0, half), this.entries.slice(half)].map((entries, index) => {
      const part = new Batch(this.deadlineMs)
      for (const entry of entries) part.add(entry)
      if (this.baseSequence >= 0) part.baseSequence = (this.baseSequence + index * half) & 0x7fffffff
      part.producerId = this.producerId
      return part
    })
    return parts as [Batch, Batch]
  }

  /** `baseOffset` -1: not known (acks=0, a duplicate). `logAppendTimeMs` -1: the topic keeps the producer's times. */
  succeed(topic: string, partition: number, baseOffset: number, logAppendTimeMs: number): void {
    this.entries.forEach((entry, index) => {
      entry.resolve({
        topic,
        partition,
        offset: baseOffset < 0 ? -1 : baseOffset + index,
        timestampMs: logAppendTimeMs < 0 ? entry.timestampMs : logAppendTimeMs,
      })
    })
  }

  fail(error: Error): void {
    for (const entry of this.entries) entry.reject(error)
  }
}

/** The batches of one partition, in the order in which they are sent, one at a time. */
export class Lane {
  readonly topic: string
  readonly partition: number
  readonly waiting: Batch[] = []
  inFlight: Batch | null = null
  /** While it waits to try again. */
  paused = false
  /** Of the next batch of an idempotent producer. */
  nextSequence = 0
  /** Producer id that `nextSequence` counts for. */
  sequencesOf = -1n

  constructor(topic: string, partition: number) {
    this.topic = topic
    this.partition = partition
  }

  get isIdle(): boolean {
    return this.inFlight === null && this.waiting.length === 0
  }
}
