import { type AppendOrigin, RecordsRefused } from './log-types.ts'
import type { ProducerSnapshotEntry } from './producer-snapshot.ts'

/** Batches that are remembered per producer, so that a retry of any of them is told from a gap. */
const BATCHES_KEPT = 5
const SEQUENCE_MAX = 2 ** 31 - 1

/** The last sequence of a batch of `count` records that starts with `baseSequence`; it goes on with 0 after 2^31-1. */
const lastSequenceOf = (baseSequence: number, lastOffsetDelta: number): number => {
  const last = baseSequence + lastOffsetDelta
  return last > SEQUENCE_MAX ? last - SEQUENCE_MAX - 1 : last
}

/** A batch with a producer id, as its header says. Offsets are those that it has, or will have, in the log. */
export interface ProducerBatch {
  readonly producerId: number
  readonly producerEpoch: number
  /** -1: no sequences (a coordinator's batch). */
  readonly baseSequence: number
  readonly firstOffset: number
  readonly lastOffset: number
  readonly maxTimestamp: number
  readonly transactional: boolean
}

/** A commit or abort marker. */
export interface TransactionMarker {
  readonly producerId: number
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  readonly committed: boolean
  readonly offset: number
  readonly timestamp: number
}

/** A batch that is in the log already. */
export interface KnownBatch {
  readonly lastSequence: number
  readonly lastOffset: number
  /** lastOffset - firstOffset. */
  readonly offsetDelta: number
  readonly timestamp: number
}

/** A transaction that a marker ended. */
export interface CompletedTransaction {
  readonly producerId: number
  readonly firstOffset: number
  readonly lastOffset: number
  readonly aborted: boolean
}

interface ProducerEntry {
  readonly producerId: number
  epoch: number
  /** Newest last, at most five. */
  batches: KnownBatch[]
  coordinatorEpoch: number
  lastTimestamp: number
  /** -1: no open transaction. */
  currentTxnFirstOffset: number
}

/** What DescribeProducers tells of one. */
export interface ActiveProducer {
  readonly producerId: number
  readonly epoch: number
  readonly lastSequence: number
  readonly lastTimestamp: number
  readonly coordinatorEpoch: number
  readonly currentTxnFirstOffset: number
}

/**
 * Who produced to a partition: epochs and sequences of idempotent producers, open transactions, and with them the first
 * offset that a read_committed consumer must not pass. A pure state machine: it is told of every batch, writes nothing itself.
 * Source: Kafka's ProducerStateManager and ProducerAppendInfo, KIP-98.
 */
export class ProducerState {
  readonly #name: string
  #producers = new Map<number, ProducerEntry>()
  /** Open transactions by first offset; ascending, since they are added as the log grows. */
  #ongoing = new Map<number, number>()
  /** Ended transactions whose marker is not below the high watermark yet, by first offset → offset of the marker. */
  #unreplicated = new Map<number, number>()

  /** `name` is the partition's, for messages. */
  constructor(name: string) {
    this.#name = name
  }

  get size(): number {
    return this.#producers.size
  }

  /** First offset of the oldest transaction that is open, or ended but not replicated yet; undefined without one. */
  get firstUnstableOffset(): number | undefined {
    const ongoing = smallestKey(this.#ongoing)
    const unreplicated = smallestKey(this.#unreplicated)
    if (ongoing === undefined || unreplicated === undefined) return ongoing ?? unreplicated
    return Math.min(ongoing, unreplicated)
  }

  /** The batch, if it is one of the last five of its producer: a retry. */
  findDuplicate(batch: ProducerBatch): KnownBatch | undefined {
    const entry = this.#producers.get(batch.producerId)
    if (entry === undefined || entry.epoch !== batch.producerEpoch) return undefined
    const delta = batch.lastOffset - batch.firstOffset
    const lastSequence = lastSequenceOf(batch.baseSequence, delta)
    return entry.batches.find((known) => known.lastSequence === lastSequence && known.offsetDelta === delta)
  }

  /**
   * Checks a batch before it is written; refuses with INVALID_PRODUCER_EPOCH, OUT_OF_ORDER_SEQUENCE_NUMBER or
   * INVALID_TXN_STATE.
   */
  check(batch: ProducerBatch, origin: AppendOrigin): void {
    const entry = this.#producers.get(batch.producerId)
    if (entry === undefined || origin === 'replication') return
    if (batch.producerEpoch < entry.epoch) {
      throw new RecordsRefused(
        'INVALID_PRODUCER_EPOCH',
        `Producer ${batch.producerId} wrote to ${this.#name} with epoch ${batch.producerEpoch}; ${entry.epoch} was seen already`,
      )
    }
    if (origin === 'client') this.#checkSequence(batch, entry)
    if (entry.currentTxnFirstOffset >= 0 && !batch.transactional) {
      throw new RecordsRefused(
        'INVALID_TXN_STATE',
        `Producer ${batch.producerId} has an open transaction in ${this.#name} and wrote outside of it`,
      )
    }
  }

  #checkSequence(batch: ProducerBatch, entry: ProducerEntry): void {
    const last = entry.batches.at(-1)?.lastSequence ?? -1
    if (batch.producerEpoch !== entry.epoch) {
      if (batch.baseSequence === 0 || entry.epoch < 0) return
    } else if (
      batch.baseSequence === last + 1 ||
      (batch.baseSequence === 0 && last === SEQUENCE_MAX) ||
      entry.epoch < 0
    ) {
      return
    }
    throw new RecordsRefused(
      'OUT_OF_ORDER_SEQUENCE_NUMBER',
      `Producer ${batch.producerId} wrote sequence ${batch.baseSequence} of epoch ${batch.producerEpoch} to ${this.#name}; ` +
        `the last was ${last} of epoch ${entry.epoch}`,
    )
  }

  /** Takes in a batch that was written (or is being replayed). */
  apply(batch: ProducerBatch): void {
    const entry = this.#entry(batch.producerId)
    if (batch.producerEpoch !== entry.epoch) {
      entry.epoch = batch.producerEpoch
      entry.batches = []
    }
    if (entry.batches.length === BATCHES_KEPT) entry.batches.shift()
    const delta = batch.lastOffset - batch.firstOffset
    entry.batches.push({
      lastSequence: batch.baseSequence < 0 ? -1 : lastSequenceOf(batch.baseSequence, delta),
      lastOffset: batch.lastOffset,
      offsetDelta: delta,
      timestamp: batch.maxTimestamp,
    })
    entry.lastTimestamp = batch.maxTimestamp
    if (batch.transactional && entry.currentTxnFirstOffset < 0) {
      entry.currentTxnFirstOffset = batch.firstOffset
      this.#ongoing.set(batch.firstOffset, batch.producerId)
    }
  }

  /** Checks a marker before it is written; refuses with INVALID_PRODUCER_EPOCH or TRANSACTION_COORDINATOR_FENCED. */
  checkMarker(marker: TransactionMarker, transactionVersion: number): void {
    const entry = this.#producers.get(marker.producerId)
    if (entry === undefined) return
    // From version 2 of the protocol on a marker carries a bumped epoch; the same again is a retry if nothing is open.
    const retried = marker.producerEpoch === entry.epoch && entry.currentTxnFirstOffset < 0
    const tooOld =
      transactionVersion >= 2
        ? marker.producerEpoch <= entry.epoch && !retried
        : marker.producerEpoch < entry.epoch
    if (tooOld) {
      throw new RecordsRefused(
        'INVALID_PRODUCER_EPOCH',
        `Marker for producer ${marker.producerId} in ${this.#name} with epoch ${marker.producerEpoch}; ` +
          `${entry.epoch} was seen already`,
      )
    }
    if (entry.coordinatorEpoch > marker.coordinatorEpoch) {
      throw new RecordsRefused(
        'TRANSACTION_COORDINATOR_FENCED',
        `Marker of coordinator epoch ${marker.coordinatorEpoch} in ${this.#name}; ${entry.coordinatorEpoch} was seen already`,
      )
    }
  }

  /** Takes in a marker that was written. The transaction that it ended; undefined when none was open. */
  applyMarker(marker: TransactionMarker): CompletedTransaction | undefined {
    const entry = this.#entry(marker.producerId)
    if (entry.epoch !== marker.producerEpoch) {
      entry.epoch = marker.producerEpoch
      entry.batches = []
    }
    entry.coordinatorEpoch = marker.coordinatorEpoch
    entry.lastTimestamp = marker.timestamp
    const firstOffset = entry.currentTxnFirstOffset
    if (firstOffset < 0) return undefined
    entry.currentTxnFirstOffset = -1
    this.#ongoing.delete(firstOffset)
    this.#unreplicated.set(firstOffset, marker.offset)
    return {
      producerId: marker.producerId,
      firstOffset,
      lastOffset: marker.offset,
      aborted: !marker.committed,
    }
  }

  /** Last stable offset once `completed` is replicated: where the next transaction that is still open starts. */
  lastStableOffsetAfter(completed: CompletedTransaction): number {
    return smallestKey(this.#ongoing) ?? completed.lastOffset + 1
  }

  /** Forgets ended transactions whose marker lies below the high watermark. */
  onHighWatermark(highWatermark: number): void {
    for (const [firstOffset, markerOffset] of this.#unreplicated) {
      if (markerOffset < highWatermark) this.#unreplicated.delete(firstOffset)
    }
  }

  /** Forgets producers that wrote nothing for `expirationMs` and have no open transaction. Number of those forgotten. */
  expire(nowMs: number, expirationMs: number): number {
    let forgotten = 0
    for (const [producerId, entry] of this.#producers) {
      if (entry.currentTxnFirstOffset >= 0 || nowMs - entry.lastTimestamp < expirationMs) continue
      this.#producers.delete(producerId)
      forgotten++
    }
    return forgotten
  }

  clear(): void {
    this.#producers = new Map()
    this.#ongoing = new Map()
    this.#unreplicated = new Map()
  }

  active(): ActiveProducer[] {
    return [...this.#producers.values()].map((entry) => ({
      producerId: entry.producerId,
      epoch: entry.epoch,
      lastSequence: entry.batches.at(-1)?.lastSequence ?? -1,
      lastTimestamp: entry.lastTimestamp,
      coordinatorEpoch: entry.coordinatorEpoch,
      currentTxnFirstOffset: entry.currentTxnFirstOffset,
    }))
  }

  /**
   * Entries for a snapshot file. Only the newest batch of a producer is in it, as in Kafka: older retries are not known
   * after a restart.
   */
  snapshot(): ProducerSnapshotEntry[] {
    return [...this.#producers.values()].map((entry) => {
      const last = entry.batches.at(-1)
      return {
        producerId: entry.producerId,
        epoch: entry.epoch,
        lastSequence: last?.lastSequence ?? -1,
        lastOffset: last?.lastOffset ?? -1,
        offsetDelta: last?.offsetDelta ?? 0,
        timestamp: entry.lastTimestamp,
        coordinatorEpoch: entry.coordinatorEpoch,
        currentTxnFirstOffset: entry.currentTxnFirstOffset,
      }
    })
  }

  /** Starts from a snapshot; producers that are expired at `nowMs` are left out. */
  restore(entries: readonly ProducerSnapshotEntry[], nowMs: number, expirationMs: number): void {
    this.clear()
    for (const stored of entries) {
      const open = stored.currentTxnFirstOffset >= 0
      if (!open && nowMs - stored.timestamp >= expirationMs) continue
      const { lastSequence, lastOffset, offsetDelta, timestamp } = stored
      this.#producers.set(stored.producerId, {
        producerId: stored.producerId,
        epoch: stored.epoch,
        batches: lastOffset >= 0 ? [{ lastSequence, lastOffset, offsetDelta, timestamp }] : [],
        coordinatorEpoch: stored.coordinatorEpoch,
        lastTimestamp: timestamp,
        currentTxnFirstOffset: stored.currentTxnFirstOffset,
      })
      if (open) this.#ongoing.set(stored.currentTxnFirstOffset, stored.producerId)
    }
  }

  #entry(producerId: number): ProducerEntry {
    let entry = this.#producers.get(producerId)
    if (entry === undefined) {
      entry = {
        producerId,
        epoch: -1,
        batches: [],
        coordinatorEpoch: -1,
        lastTimestamp: -1,
        currentTxnFirstOffset: -1,
      }
      this.#producers.set(producerId, entry)
    }
    return entry
  }
}

const smallestKey = (map: ReadonlyMap<number, number>): number | undefined => {
  let smallest: number | undefined
  for (const key of map.keys()) if (smallest === undefined || key < smallest) smallest = key
  return smallest
}
