import type { Command } from 'commander'
import { formatAddress } from '../../client/address.ts'
import { type ClientOptions, withClientOptions, withCluster } from '../client-options.ts'
import { printItems } from '../output.ts'
import type { Terminal } from '../terminal.ts'

/** `odradek broker-list`: what goes into a client's bootstrap setting. */
export const declare = (command: Command, terminal: Terminal): void => {
  withClientOptions(command).action((options: ClientOptions) =>
    withCluster(terminal, options, async (client) => {
      const { brokers } = await client.cluster()
      await printItems(
        terminal.stdout,
        options.output,
        brokers,
        ({ id, host, port, rack }) => ({ id, host, port, rack }),
        (all) => `${all.map(formatAddress).join(',')}\n`,
      )
    }),
  )
}
