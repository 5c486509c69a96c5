/**
 * Where group coordination meets the log: a partition of `__consumer_offsets` as a coordinator's record log,
 * and what keeps the coordinator's shards at the partitions that this broker leads.
 */

import type { ConfigView } from '../coordinator/cluster/configs/effective.ts'
import type { Controller } from '../coordinator/cluster/controller.ts'
import type { ClusterChange, ClusterImage } from '../coordinator/cluster/image.ts'
import { type GroupCoordinator, OFFSETS_TOPIC } from '../coordinator/group/group-coordinator.ts'
import type {
  AppendedRecords,
  CoordinatorRecord,
  RecordLog,
  RecordProducer,
  RecordVisitor,
} from '../coordinator/record-log.ts'
import { Refusal } from '../protocol/errors.ts'
import {
  baseOffset,
  batchesOf,
  hasProducerId,
  isControl,
  isTransactional,
  producerEpoch,
  producerIdBig,
} from '../protocol/records/batch.ts'
import { encodeBatch } from '../protocol/records/batch-builder.ts'
import { RecordCursor } from '../protocol/records/record.ts'
import type { Partition } from '../replication/partition.ts'
import type { ReplicaManager } from '../replication/replica-manager.ts'
import type { PartitionChange } from '../replication/results.ts'
import type { Env } from '../runtime/env.ts'
import { pinSlab } from '../runtime/slab-pool.ts'

/** A batch never gets larger than this, unless one record is: it stays far below every max.message.bytes. */
const BATCH_BYTES_MAX = 512 * 1024
/** What one read of the log takes while it is replayed. */
const READ_BYTES = 1024 * 1024

/** The type in the key of a control record: 0 abort, 1 commit. */
const ABORT = 0
const COMMIT = 1

interface PendingCommit {
  readonly requiredOffset: number
  readonly resolve: () => void
  readonly reject: (error: Refusal) => void
}

/** One replica that this broker leads, as a coordinator's record log. Valid for one leader epoch. */
export class PartitionRecordLog implements RecordLog {
  readonly #partition: Partition
  readonly #leaderEpoch: number
  /** In order of offset. */
  #pending: PendingCommit[] = []

  constructor(partition: Partition) {
    this.#partition = partition
    this.#leaderEpoch = partition.leaderEpoch
  }

  /**
   * Large sets of records (a deleted topic, a large group) become several batches. They are appended in one
   * turn, so nothing comes between them.
   */
  append(
    records: readonly CoordinatorRecord[],
    nowMs: number,
    producer?: RecordProducer | undefined,
  ): AppendedRecords {
    let lastOffset = -1
    for (const chunk of chunksOf(records)) {
      const batch = encodeBatch({
        records: chunk.map(({ key, value }) => ({ timestamp: nowMs, key, value })),
        ...(producer !== undefined && { ...producer, isTransactional: true }),
      })
      const appended = this.#partition.appendAsLeader(batch, {
        requiredAcks: -1,
        origin: 'coordinator',
        expectedLeaderEpoch: this.#leaderEpoch,
      })
      lastOffset = appended.lastOffset
    }
    return { lastOffset, whenCommitted: this.#committed(lastOffset + 1) }
  }

  replay(visitor: RecordVisitor): void {
    const { log } = this.#partition
    let offset = log.logStartOffset
    while (offset < log.logEndOffset) {
      const read = log.read({ offset, maxBytes: READ_BYTES, minOneBatch: true })
      if (read.sizeBytes === 0) return
      // What is decoded may be kept as views.
      for (const buffer of read.buffers) pinSlab(buffer)
      const bytes = read.buffers.length === 1 ? (read.buffers[0] as Buffer) : Buffer.concat(read.buffers)
      for (const { position } of batchesOf(bytes)) replayBatch(bytes, position, visitor)
      offset = read.nextOffset
    }
  }

  /** The partition changed: who waits for its high watermark, or for a leader that is no more, may go on. */
  changed(): void {
    if (this.#pending.length === 0) return
    const pending = this.#pending
    this.#pending = []
    for (const each of pending) {
      const { done, error } = this.#partition.replicationOf(each.requiredOffset)
      if (!done) this.#pending.push(each)
      else if (error === null) each.resolve()
      else each.reject(new Refusal(error))
    }
  }

  #committed(requiredOffset: number): Promise<void> | null {
    const { done, error } = this.#partition.replicationOf(requiredOffset)
    if (error !== null) throw new Refusal(error)
    if (done) return null
    return new Promise((resolve, reject) => {
      this.#pending.push({ requiredOffset, resolve, reject })
    })
  }
}

const chunksOf = function* (
  records: readonly CoordinatorRecord[],
): Generator<readonly CoordinatorRecord[], void, void> {
  let chunk: CoordinatorRecord[] = []
  let bytes = 0
  for (const record of records) {
    const size = record.key.length + (record.value?.length ?? 0)
    if (chunk.length > 0 && bytes + size > BATCH_BYTES_MAX) {
      yield chunk
      chunk = []
      bytes = 0
    }
    chunk.push(record)
    bytes += size
  }
  if (chunk.length > 0) yield chunk
}

const replayBatch = (bytes: Buffer, at: number, visitor: RecordVisitor): void => {
  const producer: RecordProducer | null =
    hasProducerId(bytes, at) && isTransactional(bytes, at)
      ? { producerId: producerIdBig(bytes, at), producerEpoch: producerEpoch(bytes, at) }
      : null
  const cursor = new RecordCursor(bytes, at)
  while (cursor.next()) {
    const { key } = cursor
    if (key === null) continue
    if (!isControl(bytes, at)) {
      visitor.record({ key, value: cursor.value }, cursor.offset, producer)
      continue
    }
    const type = key.length >= 4 ? key.readInt16BE(2) : -1
    if (producer !== null && (type === ABORT || type === COMMIT))
      visitor.marker(producer, type === COMMIT, baseOffset(bytes, at))
  }
}

/**
 * Keeps a broker's group coordinator at the partitions that the broker leads, and forgets offsets of deleted
 * topics.
 */
export class GroupLoader {
  readonly #env: Env
  readonly #groups: GroupCoordinator
  readonly #logs = new Map<number, { readonly leaderEpoch: number; readonly log: PartitionRecordLog }>()
  readonly #unsubscribe: () => void

  /** Loads what the broker leads already. */
  constructor(
    env: Env,
    broker: {
      readonly groups: GroupCoordinator
      readonly controller: Controller
      readonly replicas: ReplicaManager
    },
  ) {
    this.#env = env
    this.#groups = broker.groups
    this.#unsubscribe = broker.controller.subscribe((image, previous, change) => {
      const deleted = deletedTopics(image, previous, change)
      if (deleted.size > 0) this.#groups.topicsDeleted(deleted)
    })
    for (const partition of broker.replicas.partitions()) this.partitionChanged(partition, 'leadership')
  }

  /** To be called for each change of a partition of this broker. */
  partitionChanged(partition: Partition, change: PartitionChange): void {
    if (partition.topic !== OFFSETS_TOPIC) return
    const { index } = partition
    if (change === 'leadership' && partition.isLeader) this.#lead(partition)
    else if (change === 'deleted' || (change === 'leadership' && this.#logs.has(index))) this.#resign(index)
    this.#logs.get(index)?.log.changed()
  }

  close(): void {
    this.#unsubscribe()
    this.#logs.clear()
  }

  #lead(partition: Partition): void {
    const { index, leaderEpoch } = partition
    if (this.#logs.get(index)?.leaderEpoch === leaderEpoch) return
    const log = new PartitionRecordLog(partition)
    this.#logs.set(index, { leaderEpoch, log })
    try {
      this.#groups.load(index, log)
    } catch (error) {
      this.#logs.delete(index)
      this.#env.log.error('groups could not be loaded', { partition: index, error })
    }
  }

  #resign(index: number): void {
    this.#groups.unload(index)
    this.#logs.delete(index)
  }
}

const deletedTopics = (image: ClusterImage, previous: ClusterImage, change: ClusterChange): Set<string> => {
  const names = new Set<string>()
  for (const id of change.topicIds) {
    const name = previous.topicById(id)?.name
    if (name !== undefined && image.topicById(id) === undefined) names.add(name)
  }
  return names
}

/** Makes `__consumer_offsets` unless it exists, as compacted as in Kafka. False: the controller refused. */
export const ensureOffsetsTopic = (broker: {
  readonly controller: Controller
  readonly config: ConfigView
}): boolean => {
  const { controller, config } = broker
  if (controller.image.topic(OFFSETS_TOPIC) !== undefined) return true
  const { error } = controller.ensureInternalTopic(
    OFFSETS_TOPIC,
    config.number('offsets.topic.num.partitions'),
    config.number('offsets.topic.replication.factor'),
    new Map([
      ['cleanup.policy', 'compact'],
      ['compression.type', 'producer'],
      ['segment.bytes', String(config.number('offsets.topic.segment.bytes'))],
    ]),
  )
  return error === null
}
