/**
 * Odradek: a whole Kafka cluster in this process.
 *
 *     import { startCluster } from 'odradek'
 *     await using cluster = await startCluster({ topics: ['orders:4'] })
 *     const kafka = new Kafka({ brokers: cluster.bootstrap.split(',') })
 *
 * Importing has no side effects and loads next to nothing: what a cluster needs is loaded by the first
 * `startCluster`.
 *
 * @packageDocumentation
 */

import type { ClusterOptions } from './options.ts'
import type { Cluster } from './start.ts'

export type { ClusterOptions, ListenerOptions, TopicOptions } from './options.ts'
export type { Clock, Timer } from './runtime/clock.ts'
export type { LogFields, Logger } from './runtime/logger.ts'
export { ManualClock } from './runtime/manual-clock.ts'
export type { Cluster, RunningBroker, RunningListener } from './start.ts'

/**
 * Starts a cluster, and resolves when every client request would succeed: the brokers listen, lead their
 * partitions, and have the topics that were asked for. By default it is one broker on a free port of
 * 127.0.0.1 over a temporary directory.
 *
 * Rejects with an `OptionsError` (options that cannot be used), a `ListenError` (an address that cannot be
 * had; `code` EADDRINUSE, …), or with what makes the data directory unusable. Nothing is left behind then.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const { startCluster: start } = await import('./start.ts')
  return start(options)
}
