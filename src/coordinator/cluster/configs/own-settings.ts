/** One of a broker's listeners, as its settings say it. */
export interface OwnListener {
  readonly name: string
  readonly host: string
  readonly port: number
  /** Null: clients are told the host that they themselves connected to. */
  readonly advertisedHost: string | null
  readonly advertisedPort: number
}

/**
 * What a broker was started with: what it is told of itself by its place in the cluster (ids, addresses,
 * directory), as a KRaft broker's server.properties says it, and `given`, which is stronger.
 */
export function ownSettings(
  brokerId: number,
  listeners: readonly OwnListener[],
  logDirectory: string,
  given: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const address = (name: string, host: string, port: number): string =>
    `${name}://${host.includes(':') ? `[${host}]` : host}:${port}`
  return new Map([
    ['process.roles', 'broker,controller'],
    ['node.id', String(brokerId)],
    ['broker.id', String(brokerId)],
    ['log.dirs', logDirectory],
    ['listeners', listeners.map(({ name, host, port }) => address(name, host, port)).join(',')],
    [
      'advertised.listeners',
      listeners
        .map(({ name, host, advertisedHost, advertisedPort }) =>
          address(name, advertisedHost ?? host, advertisedPort),
        )
        .join(','),
    ],
    ['listener.security.protocol.map', listeners.map(({ name }) => `${name}:PLAINTEXT`).join(',')],
    ...given,
  ])
}
