import type { Command } from 'commander'
import { ClusterClient } from '../client/cluster.ts'
import { usageError } from './cli-error.ts'
import { FORMATS, type Format } from './output.ts'
import type { Terminal } from './terminal.ts'

/** Options that every verb for a running cluster has. */
export interface ClientOptions {
  readonly bootstrap?: string
  readonly output: Format
}

const DEFAULT_BOOTSTRAP = '127.0.0.1:9092'
/** Environment variables that name the cluster, the first that is set wins. */
const BOOTSTRAP_VARIABLES = ['BROKERS', 'KAFKA_BROKERS', 'BOOTSTRAP_SERVERS'] as const

/** Adds `--bootstrap` and `--output`. `formats`: those that the verb can print, the first is the default. */
export const withClientOptions = (command: Command, formats: readonly Format[] = FORMATS): Command =>
  command
    .option(
      '-b, --bootstrap <host:port,...>',
      `brokers to start from (default: $${BOOTSTRAP_VARIABLES.join(', $')}, or ${DEFAULT_BOOTSTRAP})`,
    )
    .option('-o, --output <format>', `one of ${formats.join(', ')}`, parseFormat(formats), formats[0])

const parseFormat =
  (formats: readonly Format[]) =>
  (text: string): Format => {
    const format = formats.find((each) => each === text)
    if (format === undefined) throw usageError(`--output takes ${formats.join(', ')}; not "${text}"`)
    return format
  }

/** Runs `use` with a client for the cluster that the options name; closes it, also when the command is stopped. */
export const withCluster = async <T>(
  terminal: Terminal,
  options: ClientOptions,
  use: (cluster: ClusterClient) => Promise<T>,
): Promise<T> => {
  const variable = BOOTSTRAP_VARIABLES.find((name) => terminal.variables[name])
  const bootstrap =
    options.bootstrap ??
    (variable === undefined ? DEFAULT_BOOTSTRAP : (terminal.variables[variable] as string))
  const cluster = new ClusterClient(terminal.env, {
    bootstrap,
    clientId: 'odradek-cli',
    connectTimeoutMs: 5_000,
  })
  const close = (): void => cluster.close()
  terminal.stop.addEventListener('abort', close, { once: true })
  try {
    return await use(cluster)
  } finally {
    terminal.stop.removeEventListener('abort', close)
    close()
  }
}

/** Reads a whole number from `min` to `max` for an option. */
export const parseCount =
  (name: string, min: number, max = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text)
    if (/^-?\d+$/.test(text) && value >= min && value <= max) return value
    throw usageError(
      `${name} takes a whole number ${max < 2 ** 53 - 1 ? `from ${min} to ${max}` : `of ${min} or more`}; not "${text}"`,
    )
  }

/** Collects an option that may be given several times. */
export const collect = (text: string, previous: readonly string[] = []): readonly string[] => [
  ...previous,
  text,
]

/** Reads `key=value` options into an object without surprises. */
export const parsePairs = (name: string, pairs: readonly string[] = []): Record<string, string> =>
  Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      if (at < 1) throw usageError(`${name} takes key=value; not "${pair}"`)
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
