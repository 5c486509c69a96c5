/**
 * Who exists and who leads: one immutable value that every broker reads. A new one is made by applying metadata records
 * (`apply.ts`); nothing else changes it.
 */

/** 22 characters of base64url. */
export type Uuid = string

export interface Endpoint {
  /** Listener name, e.g. PLAINTEXT or EXTERNAL. */
  readonly listener: string
  readonly securityProtocol: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'
  /** Host to advertise; null: answer with the host that the asking client itself connected to. */
  readonly host: string | null
  readonly port: number
}

export interface BrokerImage {
  readonly id: number
  /** Grows with each registration (KIP-500 broker epoch). */
  readonly epoch: number
  readonly rack: string | null
  readonly endpoints: readonly Endpoint[]
  /** Fenced brokers lead nothing and are in no ISR; Metadata does not list them. */
  readonly fenced: boolean
  readonly inControlledShutdown: boolean
  /** Log directory ids. */
  readonly directories: readonly Uuid[]
}

export interface PartitionImage {
  readonly index: number
  /** In order of preference: the first is the preferred leader. */
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  /** -1: none. */
  readonly leader: number
  readonly leaderEpoch: number
  /** Grows with every change of this partition. */
  readonly partitionEpoch: number
  readonly addingReplicas: readonly number[]
  readonly removingReplicas: readonly number[]
  /** Eligible leader replicas and the last known one (KIP-966). */
  readonly eligibleLeaderReplicas: readonly number[]
  readonly lastKnownLeader: number
}

export interface TopicImage {
  readonly name: string
  readonly id: Uuid
  readonly isInternal: boolean
  /** By partition index. */
  readonly partitions: readonly PartitionImage[]
}

export type ConfigResourceType = 'topic' | 'broker' | 'broker-logger' | 'client-metrics' | 'group'

export interface ClusterImage {
  readonly clusterId: string
  /** Offset of the last metadata record applied; -1 before the first. */
  readonly offset: number
  readonly controllerId: number
  readonly brokers: ReadonlyMap<number, BrokerImage>
  readonly topic: (name: string) => TopicImage | undefined
  readonly topicById: (id: Uuid) => TopicImage | undefined
  /** In order of name. */
  readonly topics: () => Iterable<TopicImage>
  readonly topicCount: number
  /** Settings that differ from the default; broker '' is the cluster-wide default. */
  readonly configs: (type: ConfigResourceType, name: string) => ReadonlyMap<string, string>
  /** Names of resources of `type` that have settings. */
  readonly configResources: (type: ConfigResourceType) => Iterable<string>
  /** Finalized feature levels. */
  readonly features: ReadonlyMap<string, number>
  /** First producer id that no broker has been given yet. */
  readonly nextProducerId: number
}

/** What differs between an image and the one before it: lets a listener look at only that. */
export interface ClusterChange {
  /** Ids of topics that were made, deleted, or that have a changed partition. */
  readonly topicIds: ReadonlySet<Uuid>
  /** Some broker registered, left, was fenced or unfenced. */
  readonly brokers: boolean
  /** Resources with changed settings: `type/name`, e.g. `topic/orders`, `broker/` (the cluster-wide default). */
  readonly configs: ReadonlySet<string>
  readonly features: boolean
}

/** Called at once after each change, in order of subscription. `previous` is the image that `change` starts from. */
export type ImageListener = (image: ClusterImage, previous: ClusterImage, change: ClusterChange) => void
