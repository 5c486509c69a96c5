import { join } from 'node:path'
import { DiskError } from '../runtime/disk.ts'
import type { Env } from '../runtime/env.ts'
import { readCheckpoint, writeCheckpoint } from './checkpoint-file.ts'
import type { LogConfig } from './log-config.ts'
import { StorageRefused } from './log-types.ts'
import { PartitionLog } from './partition-log.ts'
import type { TailCache } from './tail-cache.ts'

const CLEAN_SHUTDOWN_FILE = '.kafka_cleanshutdown'
const META_FILE = 'meta.properties'
const HIGH_WATERMARKS = 'replication-offset-checkpoint'
const LOG_STARTS = 'log-start-offset-checkpoint'
const RECOVERY_POINTS = 'recovery-point-offset-checkpoint'
const DELETED_SUFFIX = '-delete'

export interface LogDirectoryOptions {
  /** Absolute; made when it does not exist. */
  readonly path: string
  /** 22 characters. A directory of another cluster is refused. */
  readonly clusterId: string
  /** The broker's id. A directory of another broker is refused. */
  readonly nodeId: number
  readonly cache: TailCache
}

/** A partition that has files in the directory. `topicId` is undefined when `partition.metadata` is missing. */
export interface StoredPartition {
  readonly topic: string
  readonly partition: number
  readonly topicId: string | undefined
}

export interface OpenLogOptions {
  readonly topic: string
  readonly partition: number
  readonly topicId?: string
  readonly config: LogConfig
}

/**
 * One log directory of a broker: `meta.properties`, the checkpoints of all its partitions, the marker of a clean stop, and the
 * logs that are open. Files and formats are Kafka's (LogManager, MetaProperties). Throws StorageRefused when the disk fails
 * and when the directory belongs to another broker.
 */
export class LogDirectory {
  readonly path: string
  /** Id of the directory (KIP-858), made at the first start. */
  readonly directoryId: string
  /** The last stop was clean, or there was none. */
  readonly clean: boolean
  readonly #env: Env
  readonly #cache: TailCache
  readonly #logs = new Map<string, PartitionLog>()
  readonly #highWatermarks: Map<string, number>
  readonly #logStarts: Map<string, number>
  readonly #recoveryPoints: Map<string, number>

  private constructor(env: Env, options: LogDirectoryOptions) {
    const { disk } = env
    this.#env = env
    this.path = options.path
    this.#cache = options.cache
    disk.makeDirectory(this.path)
    this.directoryId = readIdentity(env, options)
    const marker = join(this.path, CLEAN_SHUTDOWN_FILE)
    this.clean = disk.exists(marker)
    disk.remove(marker)
    for (const name of disk.list(this.path)) {
      if (name.endsWith(DELETED_SUFFIX)) disk.remove(join(this.path, name))
    }
    this.#highWatermarks = this.#read(HIGH_WATERMARKS)
    this.#logStarts = this.#read(LOG_STARTS)
    this.#recoveryPoints = this.#read(RECOVERY_POINTS)
  }

  /** Opens the directory, and takes its clean marker away: whoever dies from now on dies uncleanly. */
  static open(env: Env, options: LogDirectoryOptions): LogDirectory {
    return guarded(options.path, () => new LogDirectory(env, options))
  }

  /** The partitions that have files here, opened or not. */
  stored(): StoredPartition[] {
    const found: StoredPartition[] = []
    for (const name of this.#env.disk.list(this.path)) {
      const match = /^(.+)-(\d+)$/.exec(name)
      if (match === null) continue
      const metadata = join(this.path, name, 'partition.metadata')
      const text = this.#env.disk.exists(metadata) ? this.#env.disk.readFile(metadata).toString('utf8') : ''
      const topicId = /^topic_id: *(\S+)/m.exec(text)?.[1]
      found.push({ topic: match[1] as string, partition: Number(match[2]), topicId })
    }
    return found
  }

  /** The logs that are open. */
  get logs(): IterableIterator<PartitionLog> {
    return this.#logs.values()
  }

  log(topic: string, partition: number): PartitionLog | undefined {
    return this.#logs.get(`${topic}-${partition}`)
  }

  /** The log of a partition, opened with what the checkpoints say if it is not open yet. */
  openLog(options: OpenLogOptions): PartitionLog {
    const name = `${options.topic}-${options.partition}`
    const known = this.#logs.get(name)
    if (known !== undefined) return known
    const log = PartitionLog.open(this.#env, {
      ...options,
      directory: this.path,
      cache: this.#cache,
      clean: this.clean,
      highWatermark: this.#highWatermarks.get(name) ?? 0,
      logStartOffset: this.#logStarts.get(name) ?? 0,
      recoveryPoint: this.#recoveryPoints.get(name) ?? 0,
      onLogStartOffset: () => this.#logStartMoved(name),
    })
    this.#logs.set(name, log)
    return log
  }

  /** Deletes a partition's log and forgets it in the checkpoints; nothing when it is not open. */
  deleteLog(topic: string, partition: number): void {
    const name = `${topic}-${partition}`
    const log = this.#logs.get(name)
    if (log === undefined) return
    this.#logs.delete(name)
    this.#highWatermarks.delete(name)
    this.#recoveryPoints.delete(name)
    const hadStart = this.#logStarts.delete(name)
    log.delete()
    if (hadStart) guarded(this.path, () => this.#write(LOG_STARTS, this.#logStarts))
  }

  /** Writes the checkpoints as of now: a start after a crash takes high watermarks and recovery points from them. */
  checkpoint(): void {
    for (const [name, log] of this.#logs) {
      this.#highWatermarks.set(name, log.highWatermark)
      this.#recoveryPoints.set(name, log.recoveryPoint)
      if (log.logStartOffset > 0) this.#logStarts.set(name, log.logStartOffset)
    }
    guarded(this.path, () => {
      this.#write(HIGH_WATERMARKS, this.#highWatermarks)
      this.#write(RECOVERY_POINTS, this.#recoveryPoints)
      this.#write(LOG_STARTS, this.#logStarts)
    })
  }

  /**
   * Clean stop: closes all logs, writes the checkpoints and the marker. A log that fails makes the stop unclean; the others
   * are closed.
   */
  close(): void {
    let failure: unknown
    for (const log of this.#logs.values()) {
      try {
        log.close()
      } catch (error) {
        failure ??= error
      }
    }
    this.checkpoint()
    this.#logs.clear()
    if (failure !== undefined) throw failure
    guarded(this.path, () => {
      this.#env.disk.writeFileAtomically(
        join(this.path, CLEAN_SHUTDOWN_FILE),
        '{"version":0,"brokerEpoch":-1}',
      )
    })
  }

  #logStartMoved(name: string): void {
    const log = this.#logs.get(name)
    if (log === undefined) return
    this.#logStarts.set(name, log.logStartOffset)
    guarded(this.path, () => this.#write(LOG_STARTS, this.#logStarts))
  }

  #read(file: string): Map<string, number> {
    const offsets = new Map<string, number>()
    for (const [topic, partition, offset] of readCheckpoint(this.#env.disk, join(this.path, file)) ?? []) {
      const value = Number(offset)
      if (Number.isSafeInteger(value) && value >= 0) offsets.set(`${topic}-${partition}`, value)
    }
    return offsets
  }

  #write(file: string, offsets: ReadonlyMap<string, number>): void {
    const lines = [...offsets].map(([name, offset]) => {
      const dash = name.lastIndexOf('-')
      return `${name.slice(0, dash)} ${name.slice(dash + 1)} ${offset}`
    })
    writeCheckpoint(this.#env.disk, join(this.path, file), lines)
  }
}

const guarded = <T>(path: string, action: () => T): T => {
  try {
    return action()
  } catch (error) {
    if (error instanceof DiskError) throw new StorageRefused(`${path}: ${error.message}`, error)
    throw error
  }
}

/** Reads meta.properties, or writes it at the first start. Returns the directory's id. */
const readIdentity = (env: Env, options: LogDirectoryOptions): string => {
  const file = join(options.path, META_FILE)
  const properties = new Map<string, string>()
  if (env.disk.exists(file)) {
    for (const line of env.disk.readFile(file).toString('utf8').split('\n')) {
      const equals = line.indexOf('=')
      if (equals > 0 && !line.startsWith('#'))
        properties.set(line.slice(0, equals), line.slice(equals + 1).trim())
    }
    const expected = { version: '1', 'cluster.id': options.clusterId, 'node.id': String(options.nodeId) }
    for (const [key, wanted] of Object.entries(expected)) {
      const found = properties.get(key)
      if (found === wanted) continue
      const message = `${file} has ${key}=${found ?? '(none)'}, not ${wanted}: the directory is not this broker's`
      throw new StorageRefused(message, undefined)
    }
  }
  const known = properties.get('directory.id')
  if (known !== undefined) return known
  const directoryId = env.random.uuid()
  const { clusterId, nodeId } = options
  env.disk.writeFileAtomically(
    file,
    `#\nversion=1\ncluster.id=${clusterId}\nnode.id=${nodeId}\ndirectory.id=${directoryId}\n`,
  )
  return directoryId
}
