/**
 * The controller's records on a disk, as KRaft lays them out: a directory `__cluster_metadata-0` with a log of record batches
 * (magic 2, so that Kafka's own dump tool reads the framing) and, now and then, a snapshot that replaces what came before.
 *
 *     00000000000000000000.log                      batches from offset 0 on; one batch is one command's records
 *     00000000000000004711-0000000001.checkpoint    everything before offset 4711, in as few records as possible
 *     00000000000000004711.log                      what came after
 *
 * A record's value is JSON (records.ts), its key is null. Appending a batch is one write: after a crash the tail that was
 * torn is cut off, and with it a command that nobody was told had succeeded.
 */

import { join } from 'node:path'
import { DecodeError } from '../../protocol/errors.ts'
import {
  baseOffset,
  batchesOf,
  batchSizeBytes,
  crcIsValid,
  wholeBatchBytes,
} from '../../protocol/records/batch.ts'
import { encodeBatch } from '../../protocol/records/batch-builder.ts'
import { recordsOf } from '../../protocol/records/convert.ts'
import type { DiskFile } from '../../runtime/disk.ts'
import type { Env } from '../../runtime/env.ts'
import type { MetadataStore, StoredMetadata } from './metadata-store.ts'
import { decodeMetadataRecord, encodeMetadataRecord, type MetadataRecord } from './records.ts'

const DIRECTORY = '__cluster_metadata-0'
/** There is one controller as long as the cluster lives, so its epoch never grows. */
const CONTROLLER_EPOCH = 1
/** A log shorter than this is not worth a snapshot. */
const SNAPSHOT_BYTES_MIN = 4 * 2 ** 20
const RECORDS_PER_SNAPSHOT_BATCH = 1000

const logName = (offset: number): string => `${String(offset).padStart(20, '0')}.log`
const snapshotName = (endOffset: number): string =>
  `${String(endOffset).padStart(20, '0')}-${String(CONTROLLER_EPOCH).padStart(10, '0')}.checkpoint`

export interface MetadataLogOptions {
  /** Directory in which the log's own directory lies, e.g. the data directory of the cluster. */
  readonly directory: string
  /** Bytes of log after which a snapshot is wanted. Default 4 MiB. */
  readonly snapshotBytesMin?: number
}

export class MetadataLog implements MetadataStore {
  readonly #env: Env
  readonly #directory: string
  readonly #snapshotBytesMin: number
  #file: DiskFile | null = null
  #snapshotBytes = 0

  constructor(env: Env, options: MetadataLogOptions) {
    this.#env = env
    this.#directory = join(options.directory, DIRECTORY)
    this.#snapshotBytesMin = options.snapshotBytesMin ?? SNAPSHOT_BYTES_MIN
  }

  /** Throws DecodeError when what is there cannot be read as a whole (damage, a newer release), DiskError. */
  load(): StoredMetadata {
    const { disk } = this.#env
    disk.makeDirectory(this.#directory)
    const names = disk.list(this.#directory)
    const newest = names.filter((name) => name.endsWith('.checkpoint')).at(-1)
    const endOffset = newest === undefined ? 0 : Number(newest.slice(0, 20))
    const snapshot = newest === undefined ? [] : this.#readSnapshot(newest)
    const logs = names.filter((name) => /^\d{20}\.log$/.test(name))
    const batches: MetadataRecord[][] = []
    let next = endOffset
    for (const name of logs) {
      const file = disk.open(join(this.#directory, name))
      for (const batch of this.#readLog(file, name === logs.at(-1))) {
        if (batch.offset < next) continue
        if (batch.offset > next) throw new DecodeError(`metadata log ${name} lacks offset ${next}`)
        batches.push(batch.records)
        next += batch.records.length
      }
      if (name === logs.at(-1)) this.#file = file
      else file.close()
    }
    this.#file ??= disk.open(join(this.#directory, logName(endOffset)))
    return { snapshotOffset: endOffset - 1, snapshot, batches }
  }

  get wantsSnapshot(): boolean {
    return (this.#file?.size ?? 0) > Math.max(this.#snapshotBytesMin, 2 * this.#snapshotBytes)
  }

  append(offset: number, records: readonly MetadataRecord[]): void {
    const file = this.#open()
    const { size } = file
    try {
      file.append([this.#encode(offset, records)])
    } catch (error) {
      // A half-written batch would make what comes after it unreadable.
      file.truncate(size)
      throw error
    }
  }

  replaceBySnapshot(lastOffset: number, records: readonly MetadataRecord[]): void {
    const { disk } = this.#env
    const endOffset = lastOffset + 1
    const batches: Buffer[] = []
    for (let at = 0; at < records.length; at += RECORDS_PER_SNAPSHOT_BATCH) {
      batches.push(this.#encode(at, records.slice(at, at + RECORDS_PER_SNAPSHOT_BATCH)))
    }
    const content = Buffer.concat(batches)
    disk.writeFileAtomically(join(this.#directory, snapshotName(endOffset)), content)
    this.#snapshotBytes = content.length
    this.#open().close()
    this.#file = disk.open(join(this.#directory, logName(endOffset)))
    const kept = new Set([snapshotName(endOffset), logName(endOffset)])
    for (const name of disk.list(this.#directory)) {
      if (!kept.has(name)) disk.remove(join(this.#directory, name))
    }
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = null
    if (!file) return
    try {
      await file.sync()
    } finally {
      file.close()
    }
  }

  #open(): DiskFile {
    if (!this.#file) throw new Error('the metadata log is not open')
    return this.#file
  }

  #encode(offset: number, records: readonly MetadataRecord[]): Buffer {
    const timestamp = this.#env.clock.now()
    return encodeBatch({
      baseOffset: offset,
      partitionLeaderEpoch: CONTROLLER_EPOCH,
      timestamp,
      records: records.map((record) => ({ key: null, value: encodeMetadataRecord(record) })),
    })
  }

  #readSnapshot(name: string): MetadataRecord[] {
    const content = this.#env.disk.readFile(join(this.#directory, name))
    const records: MetadataRecord[] = []
    let end = 0
    for (const { position, sizeBytes } of batchesOf(content)) {
      if (!crcIsValid(content, position))
        throw new DecodeError(`metadata snapshot ${name} is damaged`, position)
      records.push(...decodeRecords(content, position, position + sizeBytes))
      end = position + sizeBytes
    }
    if (end !== content.length) throw new DecodeError(`metadata snapshot ${name} is cut off`, end)
    this.#snapshotBytes = content.length
    return records
  }

  #readLog(file: DiskFile, isLast: boolean): { offset: number; records: MetadataRecord[] }[] {
    const content = file.read(0, file.size)
    const batches: { offset: number; records: MetadataRecord[] }[] = []
    let at = 0
    while (at < content.length) {
      const sizeBytes = soundBatchBytes(content, at)
      if (sizeBytes === 0) {
        this.#cutTail(file, content, at, isLast)
        break
      }
      batches.push({ offset: baseOffset(content, at), records: decodeRecords(content, at, at + sizeBytes) })
      at += sizeBytes
    }
    return batches
  }

  #cutTail(file: DiskFile, content: Buffer, at: number, isLast: boolean): void {
    if (!isLast || hasSoundBatchAfter(content, at)) {
      throw new DecodeError(`metadata log ${file.path} is damaged`, at)
    }
    this.#env.log.warn('the metadata log ends in a torn write, which is cut off', {
      path: file.path,
      bytes: content.length - at,
    })
    file.truncate(at)
  }
}

/** 0: there is no whole batch here whose checksum is right. */
const soundBatchBytes = (content: Buffer, at: number): number => {
  try {
    const sizeBytes = wholeBatchBytes(content, at)
    return sizeBytes > 0 && crcIsValid(content, at) ? sizeBytes : 0
  } catch (error) {
    if (error instanceof DecodeError) return 0
    throw error
  }
}

/** A damaged batch before sound ones is not a torn tail: cutting there would undo what was acknowledged. */
const hasSoundBatchAfter = (content: Buffer, at: number): boolean => {
  if (content.length - at < 12) return false
  const next = at + batchSizeBytes(content, at)
  return next > at && next < content.length && soundBatchBytes(content, next) > 0
}

const decodeRecords = (content: Buffer, start: number, end: number): MetadataRecord[] => {
  const records: MetadataRecord[] = []
  for (const { value } of recordsOf(content, start, end)) {
    if (value === null) throw new DecodeError('metadata record without a value', start)
    records.push(decodeMetadataRecord(value))
  }
  return records
}
