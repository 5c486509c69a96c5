import { ErrorCode } from '../protocol/errors.ts'
import { CreateTopics } from '../protocol/messages/19-create-topics.ts'
import { DeleteTopics } from '../protocol/messages/20-delete-topics.ts'
import { DeleteRecords } from '../protocol/messages/21-delete-records.ts'
import { DescribeConfigs } from '../protocol/messages/32-describe-configs.ts'
import { CreatePartitions } from '../protocol/messages/37-create-partitions.ts'
import { IncrementalAlterConfigs } from '../protocol/messages/44-incremental-alter-configs.ts'
import { DescribeTopicPartitions } from '../protocol/messages/75-describe-topic-partitions.ts'
import type { Api, RequestInput, ResponseOutput } from '../protocol/schema/api.ts'
import { backoffMs, sleep } from './backoff.ts'
import { type ClientError, refusalOf, throwIfRefused } from './client-error.ts'
import { type ClusterClient, NO_TOPIC_ID, type PartitionMetadata, type TopicMetadata } from './cluster.ts'

export interface NewTopic {
  readonly name: string
  /** Default: what the broker's num.partitions says (brokers from 2.4 on). */
  readonly partitions?: number
  /** Default: what the broker's default.replication.factor says (brokers from 2.4 on). */
  readonly replicationFactor?: number
  /** Broker ids of each partition's replicas, the preferred leader first; replaces both counts. */
  readonly assignment?: readonly (readonly number[])[]
  readonly config?: Readonly<Record<string, string>>
}

/** Numbers as DescribeConfigs has them. */
const RESOURCE_TYPE = { topic: 2, broker: 4, brokerLogger: 8, clientMetrics: 16, group: 32 } as const
export type ResourceType = keyof typeof RESOURCE_TYPE

/** Where a config's value comes from: DescribeConfigs' numbers. */
export const CONFIG_SOURCE = {
  topic: 1,
  dynamicBroker: 2,
  dynamicDefaultBroker: 3,
  staticBroker: 4,
  default: 5,
} as const

export interface ConfigEntry {
  readonly name: string
  /** Null: not set, or sensitive. */
  readonly value: string | null
  /** One of CONFIG_SOURCE, or a number that this client does not know; -1 from a 0.11 broker. */
  readonly source: number
  readonly readOnly: boolean
  readonly sensitive: boolean
}

export type ConfigChange =
  | { readonly name: string; readonly operation: 'set' | 'append' | 'subtract'; readonly value: string }
  | { readonly name: string; readonly operation: 'delete' }

const OPERATION = { set: 0, delete: 1, append: 2, subtract: 3 } as const

export interface DescribedPartition extends PartitionMetadata {
  /** KIP-966; null where the broker does not say. */
  readonly eligibleLeaders: readonly number[] | null
  readonly lastKnownEligibleLeaders: readonly number[] | null
}

export interface DescribedTopic extends TopicMetadata {
  readonly partitions: readonly DescribedPartition[]
}

/** What one item of a request that has many came to. */
export interface Result {
  readonly name: string
  readonly error: ClientError | null
}

const TIMEOUT_MS = 30_000
/** How often a change is sent while the controller moves. */
const ATTEMPTS_MAX = 5
const DESCRIBE_PARTITIONS_MAX = 2_000

/** Topics and configs. Calls that change something are sent once, and again only when the broker said that it did nothing. */
export class Admin {
  readonly #cluster: ClusterClient

  constructor(cluster: ClusterClient) {
    this.#cluster = cluster
  }

  /** Creates topics; one result for each, in order. `validateOnly`: says what would happen. */
  async createTopics(topics: readonly NewTopic[], { validateOnly = false } = {}): Promise<Result[]> {
    const response = await this.#change(
      CreateTopics,
      {
        topics: topics.map((topic) => ({
          name: topic.name,
          numPartitions: topic.assignment ? -1 : (topic.partitions ?? -1),
          replicationFactor: topic.assignment ? -1 : (topic.replicationFactor ?? -1),
          assignments: (topic.assignment ?? []).map((brokerIds, partitionIndex) => ({
            partitionIndex,
            brokerIds,
          })),
          configs: Object.entries(topic.config ?? {}).map(([name, value]) => ({ name, value })),
        })),
        timeoutMs: TIMEOUT_MS,
        validateOnly,
      },
      (answer) => answer.topics.some((topic) => topic.errorCode === ErrorCode.NOT_CONTROLLER),
    )
    this.#cluster.forget()
    return resultsOf(response.topics, (topic) => topic.name, 'topic')
  }

  /** Deletes topics by name; one result for each. */
  async deleteTopics(names: readonly string[]): Promise<Result[]> {
    const version = (await this.#cluster.any()).versionOf(DeleteTopics) ?? 0
    const response = await this.#change(
      DeleteTopics,
      {
        topicNames: version >= 6 ? [] : names,
        topics: version >= 6 ? names.map((name) => ({ name, topicId: NO_TOPIC_ID })) : [],
        timeoutMs: TIMEOUT_MS,
      },
      (answer) => answer.responses.some((topic) => topic.errorCode === ErrorCode.NOT_CONTROLLER),
      version,
    )
    this.#cluster.forget()
    return resultsOf(response.responses, (topic) => topic.name ?? '', 'topic')
  }

  /** Raises a topic's number of partitions to `count`. Throws the refusal. */
  async createPartitions(name: string, count: number): Promise<void> {
    const response = await this.#change(
      CreatePartitions,
      { topics: [{ name, count, assignments: null }], timeoutMs: TIMEOUT_MS, validateOnly: false },
      (answer) => answer.results.some((topic) => topic.errorCode === ErrorCode.NOT_CONTROLLER),
    )
    this.#cluster.forget(name)
    for (const result of response.results)
      throwIfRefused(result.errorCode, `topic "${name}"`, result.errorMessage)
  }

  /** Removes the records before `offsets` (-1: all); gives the new log start offsets by partition. Throws the first refusal. */
  async deleteRecords(topic: string, offsets: ReadonlyMap<number, number>): Promise<Map<number, number>> {
    const started = new Map<number, number>()
    for (const [partitionIndex, offset] of offsets) {
      const answer = await this.#cluster.retrying(async () => {
        const leader = await this.#cluster.node(await this.#cluster.leader(topic, partitionIndex))
        const partitions = [{ partitionIndex, offset: BigInt(offset) }]
        const response = await leader.request(DeleteRecords, {
          topics: [{ name: topic, partitions }],
          timeoutMs: TIMEOUT_MS,
        })
        const partition = response.topics[0]?.partitions[0]
        throwIfRefused(partition?.errorCode ?? -1, `partition ${topic}-${partitionIndex}`)
        return partition?.lowWatermark ?? -1n
      })
      started.set(partitionIndex, Number(answer))
    }
    return started
  }

  /** Topics with all that a broker tells of them, in the order of the names. Throws when one does not exist. */
  async describeTopics(names: readonly string[]): Promise<DescribedTopic[]> {
    this.#cluster.forget()
    return this.#cluster.retrying(async () => {
      const connection = await this.#cluster.any()
      if (connection.versionOf(DescribeTopicPartitions) !== undefined)
        return Promise.all(names.map((name) => this.#describeWithElr(name)))
      const plain = await Promise.all(names.map((name) => this.#cluster.topic(name)))
      return plain.map((topic) => ({
        ...topic,
        partitions: topic.partitions.map((partition) => ({
          ...partition,
          eligibleLeaders: null,
          lastKnownEligibleLeaders: null,
        })),
      }))
    })
  }

  /** DescribeTopicPartitions answers in pages (KIP-966). */
  async #describeWithElr(name: string): Promise<DescribedTopic> {
    const partitions: DescribedPartition[] = []
    let cursor: { topicName: string; partitionIndex: number } | null = null
    for (;;) {
      const page: ResponseOutput<typeof DescribeTopicPartitions> = await this.#cluster.send(
        DescribeTopicPartitions,
        { topics: [{ name }], responsePartitionLimit: DESCRIBE_PARTITIONS_MAX, cursor },
      )
      const topic = page.topics[0]
      throwIfRefused(topic?.errorCode ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `topic "${name}"`)
      if (topic === undefined) continue
      for (const partition of topic.partitions) partitions.push(describedPartition(partition))
      cursor = page.nextCursor
      if (cursor === null) return { name, id: topic.topicId, isInternal: topic.isInternal, partitions }
    }
  }

  /** The configs of one topic or broker, by name. `names` null: all of them. Throws the refusal. */
  async describeConfigs(
    type: ResourceType,
    name: string,
    names: readonly string[] | null = null,
  ): Promise<ConfigEntry[]> {
    return this.#cluster.retrying(async () => {
      // A broker's own configs are known to that broker alone.
      const connection =
        type === 'broker' && name !== '' ? await this.#cluster.node(Number(name)) : await this.#cluster.any()
      const response = await connection.request(DescribeConfigs, {
        resources: [{ resourceType: RESOURCE_TYPE[type], resourceName: name, configurationKeys: names }],
        includeSynonyms: false,
        includeDocumentation: false,
      })
      const result = response.results[0]
      throwIfRefused(result?.errorCode ?? -1, `${type} "${name}"`, result?.errorMessage)
      return (result?.configs ?? []).map((entry) => ({
        name: entry.name,
        value: entry.value,
        source: entry.isDefault && entry.configSource === -1 ? CONFIG_SOURCE.default : entry.configSource,
        readOnly: entry.readOnly,
        sensitive: entry.isSensitive,
      }))
    })
  }

  /** Changes some configs of one topic or broker and leaves the others (KIP-339). Throws the refusal. */
  async alterConfigs(type: ResourceType, name: string, changes: readonly ConfigChange[]): Promise<void> {
    const request: RequestInput<typeof IncrementalAlterConfigs> = {
      resources: [
        {
          resourceType: RESOURCE_TYPE[type],
          resourceName: name,
          configs: changes.map((change) => ({
            name: change.name,
            configOperation: OPERATION[change.operation],
            value: change.operation === 'delete' ? null : change.value,
          })),
        },
      ],
      validateOnly: false,
    }
    const response =
      type === 'broker' && name !== ''
        ? await (await this.#cluster.node(Number(name))).request(IncrementalAlterConfigs, request)
        : await this.#change(IncrementalAlterConfigs, request, (answer) =>
            answer.responses.some((each) => each.errorCode === ErrorCode.NOT_CONTROLLER),
          )
    for (const each of response.responses)
      throwIfRefused(each.errorCode, `${type} "${name}"`, each.errorMessage)
  }

  /**
   * Sends a change to the controller, and again when it has moved meanwhile. Never after a lost connection: the change may
   * have been made, and a second try would then report "already exists" for what this call made.
   */
  async #change<A extends Api>(
    api: A,
    request: RequestInput<A>,
    notController: (response: ResponseOutput<A>) => boolean,
    maxVersion = Number.POSITIVE_INFINITY,
  ): Promise<ResponseOutput<A>> {
    for (let attempt = 1; ; attempt++) {
      const response = await this.#cluster.sendToController(api, request, { maxVersion })
      if (!notController(response) || attempt === ATTEMPTS_MAX) return response
      await sleep(this.#cluster.env, backoffMs(this.#cluster.env, attempt))
      this.#cluster.forget()
    }
  }
}

const describedPartition = (
  partition: ResponseOutput<typeof DescribeTopicPartitions>['topics'][number]['partitions'][number],
): DescribedPartition => ({
  index: partition.partitionIndex,
  leaderId: partition.leaderId,
  leaderEpoch: partition.leaderEpoch,
  replicas: partition.replicaNodes,
  isr: partition.isrNodes,
  offlineReplicas: partition.offlineReplicas,
  eligibleLeaders: partition.eligibleLeaderReplicas,
  lastKnownEligibleLeaders: partition.lastKnownElr,
})

const resultsOf = <T extends { errorCode: number; errorMessage: string | null }>(
  answers: readonly T[],
  nameOf: (answer: T) => string,
  what: string,
): Result[] =>
  answers.map((answer) => ({
    name: nameOf(answer),
    error: refusalOf(answer.errorCode, `${what} "${nameOf(answer)}"`, answer.errorMessage),
  }))
