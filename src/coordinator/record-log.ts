/**
 * The port through which a coordinator keeps its records: one partition of an internal topic, led by this
 * broker. The broker adapts it to a replica; tests keep an array.
 */

/** A record of an internal topic. A null value is a tombstone: the key is gone. */
export interface CoordinatorRecord {
  readonly key: Buffer
  readonly value: Buffer | null
}

/** The transaction that a record belongs to. */
export interface RecordProducer {
  readonly producerId: bigint
  readonly producerEpoch: number
}

export interface AppendedRecords {
  /** Offset of the last record; the records have consecutive offsets. */
  readonly lastOffset: number
  /**
   * Null: the high watermark has passed the records already. Otherwise resolves when it does, and rejects
   * with a Refusal (NOT_LEADER_OR_FOLLOWER, NOT_ENOUGH_REPLICAS_AFTER_APPEND) when it is sure that this
   * leader will not see it.
   */
  readonly whenCommitted: Promise<void> | null
}

/** Called for everything that the log holds, in order of offset. */
export interface RecordVisitor {
  /** `producer`: the transaction that the record belongs to, or null. */
  record(record: CoordinatorRecord, offset: number, producer: RecordProducer | null): void
  /** The transaction of `producer` ended. */
  marker(producer: RecordProducer, committed: boolean, offset: number): void
}

export interface RecordLog {
  /**
   * Appends `records` (at least one) as one batch, inside a transaction if `producer` is given. Throws a
   * Refusal: NOT_LEADER_OR_FOLLOWER, NOT_ENOUGH_REPLICAS, KAFKA_STORAGE_ERROR, MESSAGE_TOO_LARGE.
   */
  append(
    records: readonly CoordinatorRecord[],
    nowMs: number,
    producer?: RecordProducer | undefined,
  ): AppendedRecords
  /**
   * Reads everything up to the end of the log. Synchronous: no client meets a coordinator that is half
   * loaded.
   */
  replay(visitor: RecordVisitor): void
}
