/**
 * npm run bench: Odradek beside a bare Node server (the ceiling) and Apache Kafka, interleaved, three rounds, medians and ranges.
 * Each server runs in a process of its own; the load generator sends frames that were made before. CPU is the server's.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, release, type } from 'node:os'
import { join } from 'node:path'
import { encodeBatch } from '../src/protocol/records/batch-builder.ts'
import { type Batch, type Figures, requestCases, throughputCases } from './cases.ts'
import { apacheKafka } from './targets/apache-kafka.ts'
import { bare } from './targets/bare.ts'
import { odradek } from './targets/odradek.ts'
import type { TargetKind } from './targets/target.ts'

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3)
/** Rounds before the measured one: a JVM needs four before it is itself. */
const warmUpOf = (target: TargetKind): number => (target === apacheKafka ? 4 : 1)

const TARGETS: readonly TargetKind[] = [
  odradek('odradek, disk'),
  odradek('odradek, memory', '--memory'),
  bare,
  apacheKafka,
]

function batchOf(name: string, valueBytes: number, totalBytes: number): Batch {
  const value = Buffer.alloc(valueBytes, 'x')
  const recordCount = Math.max(1, Math.floor(totalBytes / (valueBytes + 10)))
  const records = Array.from({ length: recordCount }, () => ({
    timestamp: 1_700_000_000_000n,
    key: null,
    value,
    headers: [],
  }))
  return { name, bytes: encodeBatch({ baseOffset: 0n, records }), recordCount }
}

const median = (values: number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number

const COLUMNS = [
  'mbPerSecond',
  'cpuSecondsPerGb',
  'requestsPerSecond',
  'cpuMicrosPerRequest',
  'p50Micros',
  'p99Micros',
  'peakRssMiB',
] as const

/** Median of each figure over the rounds, with its range. */
function summarize(figures: readonly Figures[]): Record<string, string>[] {
  const groups = new Map<string, Figures[]>()
  for (const figure of figures) {
    const key = `${figure.case}|${figure.target}`
    groups.set(key, [...(groups.get(key) ?? []), figure])
  }
  return [...groups.entries()].sort().map(([key, list]) => {
    const [name, target] = key.split('|') as [string, string]
    const row: Record<string, string> = { case: name, target }
    for (const column of COLUMNS) {
      const values = list
        .map((figure) => figure[column])
        .filter((value): value is number => value !== undefined)
      if (values.length === 0) continue
      const digits = median(values) < 10 ? 2 : 0
      row[column] =
        `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)})`
    }
    return row
  })
}

async function main(): Promise<void> {
  const targets: TargetKind[] = []
  for (const target of TARGETS) {
    const why = await target.missing()
    if (why === null) targets.push(target)
    else process.stdout.write(`not measured: ${target.name}: ${why}\n`)
  }
  const batches = [
    batchOf('1 MB batches of 1 KB records', 1000, 1_000_000),
    batchOf('1 MB batches of 100-byte records', 100, 990_000),
  ]
  const single = batchOf('one record of 100 bytes', 100, 110)
  const figures: Figures[] = []
  for (let round = 0; round < ROUNDS; round++)
    for (const target of targets) {
      for (const batch of batches) figures.push(...(await throughputCases(target, batch, warmUpOf(target))))
      figures.push(...(await requestCases(target, single, warmUpOf(target))))
      process.stderr.write(`round ${round + 1} of ${ROUNDS}: ${target.name}\n`)
    }
  const machine = `${cpus().length} x ${cpus()[0]?.model}, ${type()} ${release()}, Node ${process.version}`
  const rows = summarize(figures)
  console.table(rows)
  const directory = join(import.meta.dirname, 'results')
  mkdirSync(directory, { recursive: true })
  const result = { machine, command: 'npm run bench', rounds: ROUNDS, rows, figures }
  writeFileSync(join(directory, 'latest.json'), `${JSON.stringify(result, null, 1)}\n`)
  process.stdout.write(`${machine}\nwritten to bench/results/latest.json\n`)
}

await main()
