import { Command, CommanderError, type OutputConfiguration } from 'commander'
import { ClientError } from '../client/client-error.ts'
import { CliError, EXIT } from './cli-error.ts'
import { ExitWith } from './exit-with.ts'
import { say, stopReason, type Terminal } from './terminal.ts'
import { VERBS, type VerbModule } from './verbs.ts'
import { VERSION } from './version.ts'

const DESCRIPTION = 'A whole Kafka cluster in one process, and tools for any Kafka.'
const EXAMPLES = `
Examples:
  odradek up --brokers 2 --topic orders:4:2
  echo hello | odradek produce orders
  odradek consume orders --from-beginning
`

/**
 * Runs one command line (without `node` and the script's name) and gives its exit code. Never throws for what the user
 * did or what the cluster answered; those become one message on stderr.
 */
export const runCli = async (argv: readonly string[], terminal: Terminal): Promise<number> => {
  try {
    const program = await declareProgram(argv, terminal)
    await program.parseAsync([...argv], { from: 'user' })
    return exitCodeOf(terminal)
  } catch (error) {
    return report(error, terminal)
  }
}

/**
 * Every verb is declared with its one-line summary, and only the one that is asked for with its options: what the others
 * need is not even loaded.
 */
const declareProgram = async (argv: readonly string[], terminal: Terminal): Promise<Command> => {
  const program = new Command('odradek')
    .description(DESCRIPTION)
    .version(VERSION, '-V, --version')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput(outputOf(terminal))
    .addHelpText('after', EXAMPLES)
  const words = argv.filter((word) => !word.startsWith('-'))
  const asked = words[0] === 'help' ? words[1] : words[0]
  for (const verb of VERBS) {
    const command = program.command(verb.name).description(verb.summary)
    if (verb.name !== asked) continue
    const module: VerbModule = await verb.load()
    module.declare(command, terminal)
  }
  return program
}

const outputOf = ({ stdout, stderr }: Terminal): OutputConfiguration => ({
  writeOut: (text) => void stdout.write(text),
  writeErr: (text) => void stderr.write(text),
  getOutHelpWidth: () => Math.min(stdout.columns, 110),
  getErrHelpWidth: () => Math.min(stderr.columns, 110),
  getOutHasColors: () => false,
  getErrHasColors: () => false,
})

/** A command that was interrupted before it was through says so in its exit code, as shells expect. */
const exitCodeOf = (terminal: Terminal): number => {
  const reason = stopReason(terminal)
  if (reason === 'SIGINT') return EXIT.interrupted
  if (reason === 'SIGTERM' || reason === 'SIGHUP') return EXIT.terminated
  return EXIT.ok
}

const report = (error: unknown, terminal: Terminal): number => {
  if (error instanceof ExitWith) return error.exitCode
  // Commander has written its message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  if (stopReason(terminal) !== null && error instanceof ClientError) return exitCodeOf(terminal)
  if (error instanceof CliError || error instanceof ClientError) {
    say(terminal, `odradek: ${error.message}`)
    const hint = error instanceof CliError ? error.hint : hintFor(error)
    if (hint !== null) say(terminal, `  ${hint}`)
    return error instanceof CliError ? error.exitCode : error.kind === 'usage' ? EXIT.usage : EXIT.failed
  }
  say(terminal, `odradek: this is a bug: ${error instanceof Error ? error.stack : String(error)}`)
  return EXIT.failed
}

const hintFor = (error: ClientError): string | null => {
  if (error.kind === 'connect') return 'Start a broker with "odradek up", or name one: --bootstrap host:port'
  if (error.kind === 'protocol') return 'Is that port a Kafka listener without TLS?'
  if (error.code === 'UNKNOWN_TOPIC_OR_PARTITION') return 'See what there is: odradek topic list'
  return null
}
