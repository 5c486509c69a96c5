import type {
  BrokerImage,
  ClusterImage,
  ConfigResourceType,
  PartitionImage,
  TopicImage,
  Uuid,
} from './image.ts'
import { PersistentMap } from './persistent-map.ts'

/** Topics that clients may read about but that the cluster makes for itself. */
const INTERNAL_TOPICS: ReadonlySet<string> = new Set([
  '__consumer_offsets',
  '__transaction_state',
  '__share_group_state',
])

export const isInternalTopic = (name: string): boolean => INTERNAL_TOPICS.has(name)

/** Two topics whose names differ only in '.' and '_' would have the same metric names; Kafka refuses the second. */
export const collisionKey = (name: string): string | null =>
  /[._]/.test(name) ? name.replaceAll('.', '_') : null

export const configKey = (type: ConfigResourceType, name: string): string => `${type}/${name}`

const NO_CONFIGS: ReadonlyMap<string, string> = new Map()

interface ClusterStateFields {
  readonly clusterId: string
  readonly offset: number
  readonly brokers: ReadonlyMap<number, BrokerImage>
  readonly topicsById: PersistentMap<TopicImage>
  readonly topicIds: PersistentMap<Uuid>
  readonly namesByCollisionKey: PersistentMap<readonly string[]>
  readonly configsByResource: PersistentMap<ReadonlyMap<string, string>>
  readonly features: ReadonlyMap<string, number>
  readonly nextProducerId: number
  readonly preferredLeaderships: ReadonlyMap<number, number>
}

const byName = (a: TopicImage, b: TopicImage): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)

/** The image as the controller keeps it. Made by `applyRecords` only. */
export class ClusterState implements ClusterImage {
  readonly clusterId: string
  readonly offset: number
  readonly controllerId: number
  readonly brokers: ReadonlyMap<number, BrokerImage>
  readonly features: ReadonlyMap<string, number>
  readonly nextProducerId: number
  /** Broker id → partitions of user topics that it is the preferred leader of. What placement balances. */
  readonly preferredLeaderships: ReadonlyMap<number, number>
  readonly topicsById: PersistentMap<TopicImage>
  readonly topicIds: PersistentMap<Uuid>
  readonly namesByCollisionKey: PersistentMap<readonly string[]>
  readonly configsByResource: PersistentMap<ReadonlyMap<string, string>>
  #sorted: readonly TopicImage[] | null = null

  constructor(fields: ClusterStateFields) {
    this.clusterId = fields.clusterId
    this.offset = fields.offset
    this.brokers = fields.brokers
    this.features = fields.features
    this.nextProducerId = fields.nextProducerId
    this.preferredLeaderships = fields.preferredLeaderships
    this.topicsById = fields.topicsById
    this.topicIds = fields.topicIds
    this.namesByCollisionKey = fields.namesByCollisionKey
    this.configsByResource = fields.configsByResource
    // Clients send admin requests to whom this names; every live broker serves them, so any will do.
    this.controllerId = liveBrokerIds(fields.brokers)[0] ?? -1
  }

  static empty(): ClusterState {
    return new ClusterState({
      clusterId: '',
      offset: -1,
      brokers: new Map(),
      topicsById: PersistentMap.empty(),
      topicIds: PersistentMap.empty(),
      namesByCollisionKey: PersistentMap.empty(),
      configsByResource: PersistentMap.empty(),
      features: new Map(),
      nextProducerId: 0,
      preferredLeaderships: new Map(),
    })
  }

  get topicCount(): number {
    return this.topicsById.size
  }

  readonly topic = (name: string): TopicImage | undefined => {
    const id = this.topicIds.get(name)
    return id === undefined ? undefined : this.topicsById.get(id)
  }

  readonly topicById = (id: Uuid): TopicImage | undefined => this.topicsById.get(id)

  readonly topics = (): readonly TopicImage[] => {
    this.#sorted ??= [...this.topicsById.values()].sort(byName)
    return this.#sorted
  }

  readonly configs = (type: ConfigResourceType, name: string): ReadonlyMap<string, string> =>
    this.configsByResource.get(configKey(type, name)) ?? NO_CONFIGS

  readonly configResources = (type: ConfigResourceType): string[] => {
    const prefix = configKey(type, '')
    const names: string[] = []
    for (const key of this.configsByResource.keys()) {
      if (key.startsWith(prefix)) names.push(key.slice(prefix.length))
    }
    return names.sort()
  }

  partition(topicId: Uuid, index: number): PartitionImage | undefined {
    return this.topicsById.get(topicId)?.partitions[index]
  }

  /** A broker that may lead and be in ISRs. */
  isActive(brokerId: number): boolean {
    const broker = this.brokers.get(brokerId)
    return broker !== undefined && !broker.fenced && !broker.inControlledShutdown
  }
}

const liveBrokerIds = (brokers: ReadonlyMap<number, BrokerImage>): number[] =>
  [...brokers.values()]
    .filter((broker) => !broker.fenced)
    .map((broker) => broker.id)
    .sort((a, b) => a - b)
