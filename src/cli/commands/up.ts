import type { Command } from 'commander'
import { formatAddress } from '../../client/address.ts'
import type { ClusterOptions } from '../../options.ts'
import { DiskError } from '../../runtime/disk.ts'
import { ListenError } from '../../runtime/network.ts'
import type { Cluster } from '../../start.ts'
import { CliError, EXIT, usageError } from '../cli-error.ts'
import { collect, parseCount, parsePairs } from '../client-options.ts'
import { ExitWith } from '../exit-with.ts'
import { messageLogger } from '../message-logger.ts'
import { say, stopped, type Terminal } from '../terminal.ts'

interface UpOptions {
  readonly brokers?: number
  readonly port?: number
  readonly host: string
  readonly data?: string
  readonly memory?: boolean
  readonly topic?: readonly string[]
  readonly config?: readonly string[]
  readonly ids?: readonly number[]
  readonly ports?: readonly number[]
  readonly json?: boolean
  readonly verbose?: boolean
}

const DEFAULT_PORT = 9092
const PORT_MAX = 65_535

/** `odradek up`: a cluster in this process, until it is told to stop. */
export const declare = (command: Command, terminal: Terminal): void => {
  command
    .option('-n, --brokers <n>', 'how many brokers', parseCount('--brokers', 1, 100))
    .option(
      '-p, --port <port>',
      `port of the first broker, the others follow; 0: any free ports (default: ${DEFAULT_PORT})`,
      parseCount('--port', 0, PORT_MAX),
    )
    .option('--host <host>', 'address to listen on; 0.0.0.0 for all of this machine', '127.0.0.1')
    .option(
      '-d, --data <directory>',
      'keep the data here (default: a temporary directory, removed at the end)',
    )
    .option('--memory', 'keep the data in memory')
    .option(
      '-t, --topic <name:partitions:replicas>',
      'a topic to create; may be given several times',
      collect,
    )
    .option('-c, --config <key=value>', 'a broker setting of Kafka; may be given several times', collect)
    .option('--ids <id,...>', 'broker ids (default: 1,2,…)', parseList('--ids', 2 ** 31 - 1))
    .option('--ports <port,...>', 'the port of each broker', parseList('--ports', PORT_MAX))
    .option('--json', 'print {bootstrap, brokers, pid, dataDir} when ready, instead of BROKERS=…')
    .option('-v, --verbose', 'say more on stderr')
    .action((options: UpOptions) => up(terminal, options))
}

const parseList =
  (name: string, max: number) =>
  (text: string): readonly number[] =>
    text.split(',').map(parseCount(name, 0, max))

const up = async (terminal: Terminal, options: UpOptions): Promise<void> => {
  const { startCluster } = await import('../../start.ts')
  let cluster: Cluster
  try {
    cluster = await startCluster(clusterOptions(terminal, options))
  } catch (error) {
    throw explained(error)
  }
  try {
    await announce(terminal, options, cluster)
    await stopped(terminal)
  } finally {
    await cluster.stop()
  }
  // To be stopped is how this command ends well.
  throw new ExitWith(EXIT.ok)
}

const clusterOptions = (terminal: Terminal, options: UpOptions): ClusterOptions => {
  if (options.port !== undefined && options.ports !== undefined)
    throw usageError('--port and --ports say the same thing; give one of them')
  return {
    brokers: options.brokers,
    ids: options.ids,
    host: options.host,
    port: options.ports === undefined ? (options.port ?? DEFAULT_PORT) : undefined,
    ports: options.ports,
    topics: options.topic,
    config: parsePairs('--config', options.config),
    storage: options.memory ? 'memory' : 'disk',
    data: options.data,
    logger: messageLogger(terminal, options.verbose === true),
  }
}

/** What can be wrong with the machine or the options, in words that say what to do. */
const explained = (error: unknown): unknown => {
  if (error instanceof ListenError) {
    const { host, port } = error.address
    const listening = { cause: error }
    if (error.code === 'EADDRINUSE')
      return new CliError(`port ${port} is in use on ${host}`, {
        ...listening,
        hint: 'Another broker? Stop it, choose another port, or let any free one be taken: odradek up --port 0',
      })
    if (error.code === 'EACCES')
      return new CliError(`port ${port} may not be opened by this user`, {
        ...listening,
        hint: 'Ports below 1024 are usually for the administrator: odradek up --port 9092',
      })
    if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
      return new CliError(`${host} is no address of this machine`, {
        ...listening,
        hint: 'Use --host 127.0.0.1, or --host 0.0.0.0 for every address of this machine.',
      })
    return new CliError(error.message, listening)
  }
  if (error instanceof DiskError)
    return new CliError(`the data directory cannot be used: ${error.message}`, {
      cause: error,
      hint: 'Choose another with --data DIR, or keep the data in memory: --memory',
    })
  if (error instanceof Error && error.name === 'OptionsError') return usageError(error.message)
  return error
}

const announce = async (terminal: Terminal, options: UpOptions, cluster: Cluster): Promise<void> => {
  const { bootstrap, brokers, dataDirectory } = cluster
  if (options.json) {
    const ready = {
      bootstrap,
      brokers: brokers.map(({ id, host, port }) => ({ id, host, port })),
      pid: terminal.processId,
      dataDir: dataDirectory,
    }
    await terminal.stdout.write(`${JSON.stringify(ready)}\n`)
    return
  }
  await terminal.stdout.write(`BROKERS=${bootstrap}\n`)
  const data = options.memory
    ? 'memory'
    : options.data === undefined
      ? 'a temporary directory, removed when this ends (keep it: --data DIR)'
      : dataDirectory
  const first = brokers[0] === undefined ? bootstrap : formatAddress(brokers[0])
  const elsewhere = first === `127.0.0.1:${DEFAULT_PORT}` ? '' : ` --bootstrap ${first}`
  for (const line of [
    `${brokers.length === 1 ? 'One broker is' : `${brokers.length} brokers are`} ready. Data: ${data}. Ctrl-C stops.`,
    'Try in another terminal:',
    `  npx odradek topic create hello --partitions 4 --replicas ${Math.min(brokers.length, 2)}${elsewhere}`,
    `  echo world | npx odradek produce hello${elsewhere}`,
    `  npx odradek consume hello --from-beginning${elsewhere}`,
  ])
    say(terminal, line)
}
