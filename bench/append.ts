/**
 * What the log alone costs (compressed batches: for each uncompressed byte): MB/s and CPU seconds a GB for appends of 1 MB
 * batches, and for reads from memory and from disk.
 *
 *     npx tsx bench/append.ts [--megabytes 512]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, sep } from 'node:path'
import { DEFAULT_LOG_CONFIG } from '../src/log/log-config.ts'
import { PartitionLog } from '../src/log/partition-log.ts'
import { TailCache } from '../src/log/tail-cache.ts'
import { encodeBatch } from '../src/protocol/records/batch-builder.ts'
import { SystemClock } from '../src/runtime/clock.ts'
import type { Disk } from '../src/runtime/disk.ts'
import type { Env } from '../src/runtime/env.ts'
import { silentLogger } from '../src/runtime/logger.ts'
import { MemoryDisk } from '../src/runtime/memory-disk.ts'
import type { Network } from '../src/runtime/network.ts'
import { SystemRandom } from '../src/runtime/random.ts'
import { SystemDisk } from '../src/runtime/system-disk.ts'

const BATCH_BYTES = 1_000_000
const FRAMES = 8
const POLLS = 1_000_000

const flag = process.argv.indexOf('--megabytes')
const totalBytes = (flag < 0 ? 512 : Number(process.argv[flag + 1])) * 1e6

const batchOf = (recordBytes: number, codec: 'none' | 'lz4' = 'none'): Buffer => {
  const records = Array.from({ length: Math.floor(BATCH_BYTES / recordBytes) }, (_, index) => ({
    value: Buffer.alloc(recordBytes - 9, `${index}-sensor-reading `),
    timestamp: 1_700_000_000_000 + index,
  }))
  return encodeBatch({ records, codec })
}

const open = (disk: Disk, directory: string, cacheBytes: number): PartitionLog => {
  disk.makeDirectory(directory)
  const env: Env = {
    clock: new SystemClock(),
    random: new SystemRandom(),
    disk,
    network: {} as Network,
    log: silentLogger,
  }
  const cache = new TailCache({ capacityBytes: cacheBytes })
  return PartitionLog.open(env, {
    directory,
    topic: 'bench',
    partition: 0,
    config: DEFAULT_LOG_CONFIG,
    cache,
  })
}

const measure = (name: string, bytes: number, run: () => void): void => {
  const cpu = process.cpuUsage()
  const started = process.hrtime.bigint()
  run()
  const seconds = Number(process.hrtime.bigint() - started) / 1e9
  const used = process.cpuUsage(cpu)
  const cpuSeconds = (used.user + used.system) / 1e6
  const rssMiB = process.memoryUsage.rss() / 2 ** 20
  const cells = [
    name.padEnd(44),
    `${(bytes / 1e6 / seconds).toFixed(0)} MB/s`.padStart(11),
    `${((cpuSeconds * 1e9) / bytes).toFixed(3)} CPU s/GB`.padStart(16),
    `${rssMiB.toFixed(0)} MiB RSS`.padStart(14),
  ]
  process.stdout.write(`${cells.join('')}\n`)
}

/** Frames are used in turn, as a connection's buffers would be; the copy into them stands for the socket's. */
const append = (log: PartitionLog, batch: Buffer, bytes: number): void => {
  for (let done = 0; done < bytes; done += batch.length) {
    const frame = Buffer.allocUnsafeSlow(batch.length)
    batch.copy(frame)
    log.appendAsLeader(frame, { leaderEpoch: 0 })
  }
}

const readAll = (log: PartitionLog, maxBytes: number, from: number, to: number): number => {
  let bytes = 0
  for (let offset = from; offset < to; ) {
    const read = log.read({ offset, maxBytes, minOneBatch: true })
    bytes += read.sizeBytes
    offset = read.nextOffset
  }
  return bytes
}

const copyOnly = (batch: Buffer, bytes: number): void => {
  const frames: Buffer[] = []
  for (let done = 0, at = 0; done < bytes; done += batch.length, at = (at + 1) % FRAMES) {
    const frame = Buffer.allocUnsafeSlow(batch.length)
    batch.copy(frame)
    frames[at] = frame
  }
}

const bench = (diskName: string, recordBytes: number, codec: 'none' | 'lz4'): void => {
  const batch = batchOf(recordBytes, codec)
  const temporary = diskName === 'system' ? mkdtempSync(join(tmpdir(), 'odradek-bench-')) : undefined
  const disk = temporary === undefined ? new MemoryDisk({ capacityBytes: 4 * 2 ** 30 }) : new SystemDisk()
  const log = open(disk, temporary ?? join(sep, 'bench'), 64 * 2 ** 20)
  const title = `${diskName} disk, ${recordBytes} B records, ${codec}`
  try {
    append(log, batch, 40 * batch.length)
    const appends = Math.floor(totalBytes / BATCH_BYTES)
    measure(`append  ${title}`, appends * BATCH_BYTES, () => append(log, batch, appends * batch.length))
    const end = log.logEndOffset
    const share = Math.min(32e6 / log.sizeBytes, 1)
    const tailFrom = end - Math.floor(share * end)
    measure(`tail    ${title}`, share * log.sizeBytes * 50, () => {
      for (let i = 0; i < 50; i++) readAll(log, 2 ** 20, tailFrom, end)
    })
    measure(`from 0  ${title}`, log.sizeBytes, () => readAll(log, 2 ** 20, 0, end))
    const started = process.hrtime.bigint()
    for (let i = 0; i < POLLS; i++) log.read({ offset: end, maxBytes: 2 ** 20 })
    const nanoseconds = Number(process.hrtime.bigint() - started) / POLLS
    process.stdout.write(
      `${`poll    ${title}`.padEnd(44)}${nanoseconds.toFixed(0).padStart(6)} ns for an empty read\n`,
    )
    log.close()
  } finally {
    if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true })
  }
}

process.stdout.write(`node ${process.version}, ${totalBytes / 1e6} MB in batches of 1 MB\n`)
const sample = batchOf(1000)
measure('the copy into a fresh frame alone', totalBytes, () => copyOnly(sample, totalBytes))
for (const diskName of ['memory', 'system']) {
  for (const recordBytes of [1000, 100]) bench(diskName, recordBytes, 'none')
}
bench('memory', 1000, 'lz4')
