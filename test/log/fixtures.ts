import { join, sep } from 'node:path'
import { DEFAULT_LOG_CONFIG, type LogConfig } from '../../src/log/log-config.ts'
import type { PartitionLogOptions } from '../../src/log/log-types.ts'
import { PartitionLog } from '../../src/log/partition-log.ts'
import { TailCache } from '../../src/log/tail-cache.ts'
import { type BatchOptions, encodeBatch, type RecordInput } from '../../src/protocol/records/batch-builder.ts'
import type { Disk } from '../../src/runtime/disk.ts'
import type { Env } from '../../src/runtime/env.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { ManualClock } from '../../src/runtime/manual-clock.ts'
import { MemoryDisk } from '../../src/runtime/memory-disk.ts'
import type { Network } from '../../src/runtime/network.ts'
import { SeededRandom } from '../../src/runtime/random.ts'

export const NOW = 1_800_000_000_000
export const DIRECTORY = join(sep, 'data', 'kafka-logs')

/** The logs of these tests touch no network. */
const noNetwork = new Proxy({} as Network, {
  get: () => {
    throw new Error('a log has no use for the network')
  },
})

/** A whole log with all that it stands on, in memory. */
export class LogFixture {
  readonly clock = new ManualClock(NOW)
  readonly disk: Disk
  readonly cache: TailCache
  readonly env: Env
  config: LogConfig
  log: PartitionLog

  constructor(config: Partial<LogConfig> = {}, cacheBytes = 2 ** 20, disk: Disk = new MemoryDisk()) {
    this.disk = disk
    this.cache = new TailCache({ capacityBytes: cacheBytes })
    this.env = {
      clock: this.clock,
      random: new SeededRandom(1),
      disk: this.disk,
      network: noNetwork,
      log: silentLogger,
    }
    this.config = { ...DEFAULT_LOG_CONFIG, ...config }
    this.disk.makeDirectory(DIRECTORY)
    this.log = this.open()
  }

  open(options: Partial<PartitionLogOptions> = {}): PartitionLog {
    this.log = PartitionLog.open(this.env, {
      directory: DIRECTORY,
      topic: 't',
      partition: 0,
      topicId: 'AAAAAAAAAAAAAAAAAAAAAw',
      config: this.config,
      cache: this.cache,
      ...options,
    })
    return this.log
  }

  append(records: Buffer, leaderEpoch = 0) {
    return this.log.appendAsLeader(records, { leaderEpoch })
  }

  /** Path of the active segment's file. */
  lastLogFile(): string {
    const names = this.disk.list(join(DIRECTORY, 't-0')).filter((name) => name.endsWith('.log'))
    return join(DIRECTORY, 't-0', names.at(-1) as string)
  }

  /** What the segments' files hold, one after the other. */
  readAllFromDisk(): Buffer {
    const path = join(DIRECTORY, 't-0')
    const names = this.disk.list(path).filter((name) => name.endsWith('.log'))
    return Buffer.concat(names.map((name) => this.disk.readFile(join(path, name))))
  }

  /** All bytes from `offset` on. */
  readAll(offset = this.log.logStartOffset): Buffer {
    const parts: Buffer[] = []
    for (let at = offset; at < this.log.logEndOffset; ) {
      const read = this.log.read({ offset: at, maxBytes: 2 ** 30 })
      if (read.sizeBytes === 0) break
      parts.push(...read.buffers)
      at = read.nextOffset
    }
    return Buffer.concat(parts)
  }
}

/** A batch of records with these values, and keys where the value has `key=value`. */
export const batchOf = (values: readonly string[], options: BatchOptions = {}): Buffer => {
  const records: RecordInput[] = values.map((value) => ({ key: `key-${value}`, value, timestamp: NOW }))
  return encodeBatch({ ...options, records })
}

/** What `action` throws. */
export const refusalOf = (action: () => unknown): unknown => {
  try {
    action()
  } catch (error) {
    return error
  }
  throw new Error('nothing was refused')
}
