import type { Command } from 'commander'
import type { Terminal } from './terminal.ts'

/** What a file in commands/ exports. */
export interface VerbModule {
  /** Adds arguments, options, subcommands and the action to the verb's command. */
  declare(command: Command, terminal: Terminal): void
}

export interface Verb {
  readonly name: string
  /** One line for `odradek --help`. */
  readonly summary: string
  readonly load: () => Promise<VerbModule>
}

/** Every verb of `odradek`, in the order of the help. A new one is a line here and a file in commands/. */
export const VERBS: readonly Verb[] = [
  {
    name: 'up',
    summary: 'start a cluster and run it until Ctrl-C',
    load: () => import('./commands/up.ts'),
  },
  {
    name: 'topic',
    summary: 'create, list, describe and delete topics',
    load: () => import('./commands/topic.ts'),
  },
  {
    name: 'produce',
    summary: 'write the lines of stdin as records',
    load: () => import('./commands/produce.ts'),
  },
  {
    name: 'consume',
    summary: 'print the records of topics',
    load: () => import('./commands/consume.ts'),
  },
  {
    name: 'broker-list',
    summary: 'print the brokers as host:port,host:port',
    load: () => import('./commands/broker-list.ts'),
  },
]
