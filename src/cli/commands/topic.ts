import type { Command } from 'commander'
import {
  Admin,
  CONFIG_SOURCE,
  type DescribedPartition,
  type DescribedTopic,
  type Result,
} from '../../client/admin.ts'
import { type ClusterClient, NO_TOPIC_ID } from '../../client/cluster.ts'
import { EXIT } from '../cli-error.ts'
import {
  type ClientOptions,
  collect,
  parseCount,
  parsePairs,
  withClientOptions,
  withCluster,
} from '../client-options.ts'
import { ExitWith } from '../exit-with.ts'
import { columns, type Plain, printItems } from '../output.ts'
import { say, type Terminal } from '../terminal.ts'

interface CreateOptions extends ClientOptions {
  readonly partitions?: number
  readonly replicas?: number
  readonly config?: readonly string[]
  readonly ifNotExists?: boolean
  readonly dry?: boolean
}

interface ListOptions extends ClientOptions {
  readonly internal?: boolean
}

interface DeleteOptions extends ClientOptions {
  readonly ifExists?: boolean
}

const PARTITIONS_MAX = 2 ** 31 - 1
const REPLICAS_MAX = 2 ** 15 - 1

/** `odradek topic …` */
export const declare = (command: Command, terminal: Terminal): void => {
  withClientOptions(command.command('create'))
    .description('create topics')
    .argument('<topics...>')
    .option(
      '-p, --partitions <n>',
      'default: what the broker says',
      parseCount('--partitions', 1, PARTITIONS_MAX),
    )
    .option('-r, --replicas <n>', 'default: what the broker says', parseCount('--replicas', 1, REPLICAS_MAX))
    .option('-c, --config <key=value>', 'a topic config; may be given several times', collect)
    .option('--if-not-exists', 'a topic that is already there is no error')
    .option('-d, --dry', 'only say whether it could be created')
    .action((names: string[], options: CreateOptions) =>
      withCluster(terminal, options, (cluster) => create(terminal, cluster, names, options)),
    )
  withClientOptions(command.command('list'))
    .description('list topics')
    .option('-i, --internal', "also Kafka's own topics")
    .action((options: ListOptions) =>
      withCluster(terminal, options, (cluster) => list(terminal, cluster, options)),
    )
  withClientOptions(command.command('describe'))
    .description('show partitions, leaders, replicas and configs (default: of every topic)')
    .argument('[topics...]')
    .action((names: string[], options: ClientOptions) =>
      withCluster(terminal, options, (cluster) => describe(terminal, cluster, names, options)),
    )
  withClientOptions(command.command('delete'))
    .description('delete topics and all their records')
    .argument('<topics...>')
    .option('--if-exists', 'a topic that is not there is no error')
    .action((names: string[], options: DeleteOptions) =>
      withCluster(terminal, options, (cluster) => remove(terminal, cluster, names, options)),
    )
}

const create = async (
  terminal: Terminal,
  cluster: ClusterClient,
  names: readonly string[],
  options: CreateOptions,
): Promise<void> => {
  const config = parsePairs('--config', options.config)
  const { partitions, replicas } = options
  const results = await new Admin(cluster).createTopics(
    names.map((name) => ({
      name,
      config,
      ...(partitions === undefined ? {} : { partitions }),
      ...(replicas === undefined ? {} : { replicationFactor: replicas }),
    })),
    { validateOnly: options.dry === true },
  )
  const done = options.dry ? 'Could create' : 'Created'
  await printResults(terminal, options, results, done, options.ifNotExists ? 'TOPIC_ALREADY_EXISTS' : null)
}

const remove = async (
  terminal: Terminal,
  cluster: ClusterClient,
  names: readonly string[],
  options: DeleteOptions,
): Promise<void> => {
  const results = await new Admin(cluster).deleteTopics(names)
  await printResults(
    terminal,
    options,
    results,
    'Deleted',
    options.ifExists ? 'UNKNOWN_TOPIC_OR_PARTITION' : null,
  )
}

/** What was done goes to stdout, what was refused to stderr; a refusal that was not to be minded makes exit code 1. */
const printResults = async (
  terminal: Terminal,
  options: ClientOptions,
  results: readonly Result[],
  done: string,
  tolerated: string | null,
): Promise<void> => {
  const failed = results.filter(({ error }) => error !== null && error.code !== tolerated)
  const succeeded = results.filter(({ error }) => error === null)
  await printItems(
    terminal.stdout,
    options.output,
    options.output === 'table' ? succeeded : results,
    ({ name, error }) => ({ topic: name, error: error?.code ?? null }),
    (items) => items.map(({ name }) => `${done} topic ${name}.\n`).join(''),
  )
  for (const { error } of failed) say(terminal, `odradek: ${error?.message}`)
  if (failed.length > 0) throw new ExitWith(EXIT.failed)
}

const list = async (terminal: Terminal, cluster: ClusterClient, options: ListOptions): Promise<void> => {
  const topics = (await cluster.allTopics()).filter((topic) => options.internal || !topic.isInternal)
  await printItems(
    terminal.stdout,
    options.output,
    topics,
    ({ name, id, isInternal, partitions }) => ({
      name,
      id,
      internal: isInternal,
      partitions: partitions.length,
      replicas: partitions[0]?.replicas.length ?? 0,
    }),
    (all) => columns(all.map(({ name }) => [name])),
  )
}

interface Description {
  readonly topic: DescribedTopic
  /** Configs that are not the default. */
  readonly configs: readonly { readonly name: string; readonly value: string | null }[]
}

const describe = async (
  terminal: Terminal,
  cluster: ClusterClient,
  names: readonly string[],
  options: ClientOptions,
): Promise<void> => {
  const asked =
    names.length > 0
      ? names
      : (await cluster.allTopics()).filter((topic) => !topic.isInternal).map((topic) => topic.name)
  const admin = new Admin(cluster)
  const topics = await admin.describeTopics(asked)
  const descriptions = await Promise.all(
    topics.map(async (topic): Promise<Description> => {
      const configs = await admin.describeConfigs('topic', topic.name)
      // Kafka's tool shows what is set for the topic or on the broker, and leaves out the defaults.
      return { topic, configs: configs.filter(({ source }) => source !== CONFIG_SOURCE.default) }
    }),
  )
  await printItems(terminal.stdout, options.output, descriptions, plainDescription, (all) =>
    all.map(describeText).join(''),
  )
}

const plainDescription = ({ topic, configs }: Description): Plain => ({
  name: topic.name,
  id: topic.id,
  internal: topic.isInternal,
  configs: Object.fromEntries(configs.map(({ name, value }) => [name, value])),
  partitions: topic.partitions.map((partition) => ({
    partition: partition.index,
    leader: partition.leaderId,
    leaderEpoch: partition.leaderEpoch,
    replicas: partition.replicas,
    isr: partition.isr,
    elr: partition.eligibleLeaders,
    lastKnownElr: partition.lastKnownEligibleLeaders,
  })),
})

/** The layout of Kafka 4.x's kafka-topics.sh --describe. */
const describeText = ({ topic, configs }: Description): string => {
  const head = [
    `Topic: ${topic.name}`,
    `TopicId: ${topic.id ?? NO_TOPIC_ID}`,
    `PartitionCount: ${topic.partitions.length}`,
    `ReplicationFactor: ${topic.partitions[0]?.replicas.length ?? 0}`,
    `Configs: ${configs.map(({ name, value }) => `${name}=${value}`).join(',')}`,
  ]
  return `${head.join('\t')}\n${topic.partitions.map((partition) => partitionText(topic.name, partition)).join('')}`
}

const partitionText = (topic: string, partition: DescribedPartition): string => {
  const list = (ids: readonly number[] | null): string => (ids === null ? 'N/A' : ids.join(','))
  const cells = [
    `\tTopic: ${topic}`,
    `Partition: ${partition.index}`,
    `Leader: ${partition.leaderId < 0 ? 'none' : partition.leaderId}`,
    `Replicas: ${list(partition.replicas)}`,
    `Isr: ${list(partition.isr)}`,
    `Elr: ${list(partition.eligibleLeaders)}`,
    `LastKnownElr: ${list(partition.lastKnownEligibleLeaders)}`,
  ]
  return `${cells.join('\t')}\n`
}
