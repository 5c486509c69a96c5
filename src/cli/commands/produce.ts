import type { Command } from 'commander'
import type { ClusterClient } from '../../client/cluster.ts'
import { type ProduceRecord, Producer, type RecordHeader } from '../../client/producer.ts'
import { CODECS, type Codec } from '../../protocol/records/batch.ts'
import { usageError } from '../cli-error.ts'
import {
  type ClientOptions,
  collect,
  parseCount,
  parsePairs,
  withClientOptions,
  withCluster,
} from '../client-options.ts'
import { linesOf } from '../lines.ts'
import { unescapeText } from '../record-format.ts'
import { say, stopReason, type Terminal } from '../terminal.ts'

interface ProduceOptions extends ClientOptions {
  readonly key?: string
  readonly keySeparator?: string
  readonly header?: readonly string[]
  readonly partition?: number
  readonly compression: Codec
  readonly acks?: -1 | 0 | 1
  readonly idempotent?: boolean
  readonly tombstone?: boolean
  readonly lingerMs: number
}

/** `odradek produce TOPIC`: a record for each line of stdin. */
export const declare = (command: Command, terminal: Terminal): void => {
  withClientOptions(command, ['table', 'json', 'jsonl', 'yaml'])
    .argument('<topic>')
    .option('-k, --key <key>', 'the key of every record')
    .option('-K, --key-separator <text>', 'a line is key, this text, value; a line without it has no key')
    .option('-H, --header <name=value>', 'a header of every record; may be given several times', collect)
    .option('-p, --partition <n>', 'default: by the key', parseCount('--partition', 0))
    .option('-z, --compression <codec>', CODECS.join(', '), parseCodec, 'none')
    .option('-a, --acks <who>', 'all (the default), 1 (the leader) or 0 (nobody is asked)', parseAcks)
    .option('-i, --idempotent', 'a batch that is sent again is stored once')
    .option('-Z, --tombstone', 'an empty value is a null value')
    .option(
      '--linger-ms <ms>',
      'how long lines wait for others to share a batch',
      parseCount('--linger-ms', 0),
      5,
    )
    .action((topic: string, options: ProduceOptions) =>
      withCluster(terminal, options, (cluster) => produce(terminal, cluster, topic, options)),
    )
}

const parseCodec = (text: string): Codec => {
  const codec = CODECS.find((each) => each === text)
  if (codec === undefined) throw usageError(`--compression takes ${CODECS.join(', ')}; not "${text}"`)
  return codec
}

const parseAcks = (text: string): -1 | 0 | 1 => {
  if (text === 'all' || text === '-1') return -1
  if (text === '0' || text === '1') return text === '0' ? 0 : 1
  throw usageError(`--acks takes all, 1 or 0; not "${text}"`)
}

const produce = async (
  terminal: Terminal,
  cluster: ClusterClient,
  topic: string,
  options: ProduceOptions,
): Promise<void> => {
  const { compression, acks = -1, lingerMs, idempotent = false } = options
  const producer = new Producer(cluster, { compression, acks, lingerMs, idempotent })
  const recordOf = recordMaker(topic, options)
  // A typing error in the name or an unreachable broker shows before the first line is typed.
  await cluster.topic(topic, { autoCreate: true })
  let failure: Error | null = null
  let written = 0
  const { isTerminal } = terminal.stdin
  if (isTerminal) say(terminal, 'One record a line; Ctrl-D ends.')
  for await (const line of linesOf(terminal.stdin)) {
    if (failure !== null) break
    const sent = producer.send(recordOf(line)).then(
      (produced) => {
        written++
        if (options.output !== 'table') return terminal.stdout.write(`${JSON.stringify(produced)}\n`)
        return undefined
      },
      (error: Error) => {
        failure ??= error
      },
    )
    // A person sees at once what became of the line; a file goes as fast as the producer's buffer lets it.
    if (isTerminal) await sent
    else await producer.room()
  }
  await producer.close()
  if (failure !== null && stopReason(terminal) === null) throw failure
  if (isTerminal || failure !== null)
    say(terminal, `${written} ${written === 1 ? 'record' : 'records'} written to ${topic}.`)
}

const recordMaker = (topic: string, options: ProduceOptions): ((line: Buffer) => ProduceRecord) => {
  const fixedKey = options.key === undefined ? null : Buffer.from(options.key)
  const separator =
    options.keySeparator === undefined ? null : Buffer.from(unescapeText(options.keySeparator))
  if (separator?.length === 0) throw usageError('--key-separator takes at least one character')
  const headers: RecordHeader[] = Object.entries(parsePairs('--header', options.header)).map(
    ([key, value]) => ({
      key,
      value: Buffer.from(value),
    }),
  )
  const { partition } = options
  return (line) => {
    const at = separator === null ? -1 : line.indexOf(separator)
    const value = at < 0 ? line : line.subarray(at + (separator as Buffer).length)
    return {
      topic,
      key: at < 0 ? fixedKey : line.subarray(0, at),
      value: options.tombstone && value.length === 0 ? null : value,
      headers,
      ...(partition === undefined ? {} : { partition }),
    }
  }
}
