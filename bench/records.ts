/**
 * What records cost, apart from sockets and disks: checksums, codecs, and going through the records of a batch.
 *
 *     npx tsx bench/records.ts
 *
 * Each figure is the best of several rounds: what the machine can do when nothing else runs.
 */
import { randomBytes } from 'node:crypto'
import { checkRecords, type RecordFrame, type RecordRules } from '../src/log/record-check.ts'
import { BATCH_HEADER_BYTES, CODECS, recordCount } from '../src/protocol/records/batch.ts'
import { encodeBatch, type RecordInput } from '../src/protocol/records/batch-builder.ts'
import { compress, decompress } from '../src/protocol/records/compression/index.ts'
import { allowNativeLz4 } from '../src/protocol/records/compression/lz4.ts'
import { allowNativeSnappy } from '../src/protocol/records/compression/snappy.ts'
import { allowBuiltInZstd } from '../src/protocol/records/compression/zstd.ts'
import { recordsOf } from '../src/protocol/records/convert.ts'
import { RecordCursor } from '../src/protocol/records/record.ts'
import { crc32, crc32ByTables } from '../src/runtime/crc32.ts'
import { crc32c, crc32cByTables } from '../src/runtime/crc32c.ts'

const ROUNDS = 12
const ROUND_MS = 25

/** Seconds of the fastest round, for one run. */
function secondsOf(run: () => void): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now()
    let runs = 0
    do {
      run()
      runs++
    } while (performance.now() - start < ROUND_MS)
    best = Math.min(best, (performance.now() - start) / 1000 / runs)
  }
  return best
}

const perSecond = (bytes: number, run: () => void): string =>
  `${(bytes / 1e6 / secondsOf(run)).toFixed(0)} MB/s`

function title(text: string): void {
  console.log(`\n${text}`)
}

function line(name: string, ...cells: string[]): void {
  console.log(`  ${name.padEnd(26)}${cells.map((cell) => cell.padStart(14)).join('')}`)
}

/** Readings as a sensor sends them: JSON that compresses about as JSON does. */
function readings(count: number, valueBytes: number): RecordInput[] {
  let state = 1
  return Array.from({ length: count }, (_, index) => {
    state = (state * 48271) % 2147483647
    const reading = `{"sensor":"s-${state % 500}","v":${(state % 4000) / 100},"n":${state}}`
    const value = Buffer.from(reading.repeat(Math.ceil(valueBytes / reading.length)).slice(0, valueBytes))
    return { key: `k${state % 500}`, value, timestamp: 1_700_000_000_000 + index * 13 }
  })
}

function benchCrc(): void {
  title(`CRC of ranges of                     100 B         1 KB        16 KB         1 MB`)
  const data = randomBytes(1024 * 1024)
  for (const [name, crc] of [
    ['crc32c', crc32c],
    ['crc32c, tables only', crc32cByTables],
    ['crc32', crc32],
    ['crc32, tables only', crc32ByTables],
  ] as const) {
    line(
      name,
      ...[100, 1024, 16 * 1024, data.length].map((size) => perSecond(size, () => crc(data, 0, size))),
    )
  }
}

function benchCodecs(): void {
  const data = encodeBatch({ records: readings(6000, 120) }).subarray(BATCH_HEADER_BYTES)
  title(`Codecs, ${(data.length / 1e6).toFixed(1)} MB of records       compress     decompress          size`)
  for (const native of [true, false]) {
    allowNativeLz4(native)
    allowNativeSnappy(native)
    allowBuiltInZstd(native)
    for (const codec of CODECS) {
      if (codec === 'none' || (codec === 'gzip' && !native)) continue
      const packed = compress(codec, data)
      line(
        native ? codec : `${codec}, ${codec === 'zstd' ? 'WASM' : 'JavaScript'}`,
        perSecond(data.length, () => void compress(codec, data)),
        perSecond(data.length, () => void decompress(codec, packed)),
        `${((packed.length / data.length) * 100).toFixed(0)} %`,
      )
    }
  }
  allowNativeLz4(true)
  allowNativeSnappy(true)
  allowBuiltInZstd(true)
}

const RULES: RecordRules = {
  partition: 'bench-0',
  createTime: true,
  nowMs: 1_700_000_000_000,
  beforeMaxMs: Number.MAX_SAFE_INTEGER,
  afterMaxMs: 3_600_000,
  compacted: false,
}

function benchRecords(): void {
  title('A 1 MB batch of records of           100 B         1 KB')
  const batches = [100, 1000].map((size) =>
    encodeBatch({ records: readings(Math.floor(1e6 / size), size - 15) }),
  )
  const each = (run: (batch: Buffer) => void): string[] =>
    batches.flatMap((batch) => {
      const seconds = secondsOf(() => run(batch))
      return [
        `${(batch.length / 1e9 / seconds).toFixed(2)} GB/s`,
        `${(recordCount(batch) / 1e6 / seconds).toFixed(1)} M/s`,
      ]
    })
  line('checked in place', ...each(check))
  line('cursor', ...each(walk))
  line('cursor, key and value', ...each(walkFields))
  line('objects', ...each((batch) => void [...recordsOf(batch)]))
  const inputs = [100, 1000].map((size) => readings(Math.floor(1e6 / size), size - 15))
  line(
    'written',
    ...inputs.map((records, i) =>
      perSecond((batches[i] as Buffer).length, () => void encodeBatch({ records })),
    ),
  )
}

function check(batch: Buffer): void {
  const frame: RecordFrame = {
    count: recordCount(batch),
    baseTimestamp: 1_700_000_000_000,
    logAppendTimeMs: undefined,
    lengthsUnchecked: false,
    damaged: false,
  }
  checkRecords(batch, BATCH_HEADER_BYTES, batch.length, frame, RULES)
}

function walk(batch: Buffer): void {
  const cursor = new RecordCursor(batch)
  while (cursor.next());
}

function walkFields(batch: Buffer): void {
  const cursor = new RecordCursor(batch)
  while (cursor.next()) {
    if (cursor.key?.length === 0 || cursor.value?.length === 0) throw new Error('a record lost its bytes')
  }
}

benchCrc()
benchCodecs()
benchRecords()
