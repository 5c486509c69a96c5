import type { Command } from 'commander'
import type { ClusterClient } from '../../client/cluster.ts'
import { type Assignment, type ConsumedRecord, Consumer } from '../../client/consumer.ts'
import { type OffsetSpec, offsetOf } from '../../client/offsets.ts'
import { usageError } from '../cli-error.ts'
import { type ClientOptions, parseCount, withClientOptions, withCluster } from '../client-options.ts'
import { yaml } from '../output.ts'
import { compileFormat, plainRecord } from '../record-format.ts'
import { stopReason, type Terminal } from '../terminal.ts'

interface ConsumeOptions extends ClientOptions {
  readonly fromBeginning?: boolean
  readonly from?: From
  readonly number?: number
  readonly partition?: readonly number[]
  readonly format?: string
  readonly exitAtEnd?: boolean
  readonly readCommitted?: boolean
}

/** Where to start: an offset, a special one, a time, or so many records before the end. */
type From = { readonly at: number | OffsetSpec } | { readonly beforeEnd: number }

/** `odradek consume TOPIC…`: values on stdout, one a line, until Ctrl-C. */
export const declare = (command: Command, terminal: Terminal): void => {
  withClientOptions(command)
    .argument('<topics...>')
    .option('--from-beginning', 'start with the oldest record (default: with the next that is written)')
    .option(
      '-s, --from <where>',
      'start, end, an offset, -N (N before the end), @MS (time in ms since 1970)',
      parseFrom,
    )
    .option('-n, --number <n>', 'end after so many records', parseCount('--number', 1))
    .option('-p, --partition <n,...>', 'only these partitions', parsePartitions)
    .option('-f, --format <text>', "each record as this text: '%t %p %o %T %h %k %s\\n'")
    .option('-e, --exit-at-end', 'end when everything written so far has been printed')
    .option('--read-committed', 'leave out records of transactions that are open or were aborted')
    .action((topics: string[], options: ConsumeOptions) =>
      withCluster(terminal, options, (cluster) => consume(terminal, cluster, topics, options)),
    )
}

const parseFrom = (text: string): From => {
  if (text === 'start' || text === 'beginning' || text === 'earliest') return { at: 'earliest' }
  if (text === 'end' || text === 'latest') return { at: 'latest' }
  if (/^\d{1,16}$/.test(text)) return { at: Number(text) }
  if (/^-\d{1,16}$/.test(text)) return { beforeEnd: -Number(text) }
  if (/^@\d{1,16}$/.test(text)) return { at: { timestampMs: Number(text.slice(1)) } }
  throw usageError(`--from takes start, end, an offset, -N or @MS; not "${text}"`)
}

const parsePartitions = (text: string): readonly number[] => text.split(',').map(parseCount('--partition', 0))

const consume = async (
  terminal: Terminal,
  cluster: ClusterClient,
  topics: readonly string[],
  options: ConsumeOptions,
): Promise<void> => {
  const render = rendererOf(options)
  const { readCommitted = false } = options
  // Whoever ends at the end wants no answer to be held back until there is more.
  const consumer = new Consumer(cluster, { readCommitted, ...(options.exitAtEnd ? { maxWaitMs: 10 } : {}) })
  await consumer.assign(await startingPoints(cluster, topics, options))
  let left = options.number ?? Number.POSITIVE_INFINITY
  while (stopReason(terminal) === null && left > 0) {
    const records = await consumer.poll()
    for (const record of records.slice(0, left)) {
      await terminal.stdout.write(render(record))
      if (stopReason(terminal) !== null) return
    }
    left -= records.length
    if (options.exitAtEnd && consumer.isAtEnd) return
  }
}

const rendererOf = (options: ConsumeOptions): ((record: ConsumedRecord) => string | Buffer) => {
  if (options.format !== undefined) return compileFormat(options.format)
  if (options.output === 'yaml') return (record) => `---\n${yaml(plainRecord(record))}\n`
  // A stream has no closing bracket: JSON is one object a line here.
  if (options.output !== 'table') return (record) => `${JSON.stringify(plainRecord(record))}\n`
  return compileFormat('%s\\n')
}

const startingPoints = async (
  cluster: ClusterClient,
  topics: readonly string[],
  options: ConsumeOptions,
): Promise<Assignment[]> => {
  const from = options.from ?? { at: options.fromBeginning ? ('earliest' as const) : ('latest' as const) }
  const assignments: Assignment[] = []
  for (const name of topics) {
    const topic = await cluster.topic(name)
    const existing = topic.partitions.map(({ index }) => index)
    const missing = options.partition?.find((index) => !existing.includes(index))
    if (missing !== undefined)
      throw usageError(`topic "${name}" has no partition ${missing}`, `It has 0 to ${existing.length - 1}.`)
    for (const partition of options.partition ?? existing)
      assignments.push({ topic: name, partition, from: await startOf(cluster, name, partition, from) })
  }
  return assignments
}

const startOf = async (
  cluster: ClusterClient,
  topic: string,
  partition: number,
  from: From,
): Promise<number | OffsetSpec> => {
  if ('at' in from) return from.at
  const first = (await offsetOf(cluster, topic, partition, 'earliest'))?.offset ?? 0
  const end = (await offsetOf(cluster, topic, partition, 'latest'))?.offset ?? 0
  return Math.max(first, end - from.beforeEnd)
}
