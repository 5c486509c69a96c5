/** Records → image. Pure: the image before stays as it was, and what did not change is shared. */

import { assert } from '../../runtime/assert.ts'
import { ClusterState, collisionKey, configKey, isInternalTopic } from './cluster-state.ts'
import type { BrokerImage, ClusterChange, PartitionImage, TopicImage, Uuid } from './image.ts'
import type { ConfigRecord, MetadataRecord, PartitionRecord, TopicRecord } from './records.ts'

export interface Applied {
  readonly image: ClusterState
  readonly change: ClusterChange
}

/** Applies records that lie at offsets `image.offset + 1` and on. Copies each changed thing once for the whole batch. */
export const applyRecords = (image: ClusterState, records: readonly MetadataRecord[]): Applied => {
  const draft = new Draft(image)
  for (const record of records) draft.apply(record)
  return draft.finish(image.offset + records.length)
}

/** The image that a snapshot holds; `offset` is that of the last record that went into it. */
export const imageOfSnapshot = (records: readonly MetadataRecord[], offset: number): ClusterState => {
  const draft = new Draft(ClusterState.empty())
  for (const record of records) draft.apply(record)
  return draft.finish(offset).image
}

interface TopicDraft extends TopicImage {
  readonly partitions: PartitionImage[]
}

class Draft {
  readonly #base: ClusterState
  #clusterId: string
  #nextProducerId: number
  #brokers: Map<number, BrokerImage> | null = null
  #features: Map<string, number> | null = null
  #leaderships: Map<number, number> | null = null
  /** undefined: removed. */
  readonly #topics = new Map<Uuid, TopicDraft | undefined>()
  readonly #topicIds = new Map<string, Uuid | undefined>()
  readonly #collisions = new Map<string, readonly string[] | undefined>()
  readonly #configs = new Map<string, Map<string, string> | undefined>()

  constructor(base: ClusterState) {
    this.#base = base
    this.#clusterId = base.clusterId
    this.#nextProducerId = base.nextProducerId
  }

  apply(record: MetadataRecord): void {
    switch (record.type) {
      case 'cluster':
        this.#clusterId = record.clusterId
        return
      case 'broker': {
        const { type: _, ...broker } = record
        this.#brokers ??= new Map(this.#base.brokers)
        this.#brokers.set(record.id, Object.freeze(broker))
        return
      }
      case 'broker-removed':
        this.#brokers ??= new Map(this.#base.brokers)
        this.#brokers.delete(record.id)
        return
      case 'topic':
        this.#addTopic(record)
        return
      case 'topic-removed':
        this.#removeTopic(record.id)
        return
      case 'partition':
        this.#setPartition(record)
        return
      case 'config':
        this.#setConfig(record)
        return
      case 'feature':
        this.#features ??= new Map(this.#base.features)
        if (record.level === 0) this.#features.delete(record.name)
        else this.#features.set(record.name, record.level)
        return
      case 'producer-ids':
        this.#nextProducerId = record.next
    }
  }

  finish(offset: number): Applied {
    const base = this.#base
    return {
      image: new ClusterState({
        clusterId: this.#clusterId,
        offset,
        brokers: this.#brokers ?? base.brokers,
        topicsById: base.topicsById.with(this.#topics),
        topicIds: base.topicIds.with(this.#topicIds),
        namesByCollisionKey: base.namesByCollisionKey.with(this.#collisions),
        configsByResource: base.configsByResource.with(this.#configs),
        features: this.#features ?? base.features,
        nextProducerId: this.#nextProducerId,
        preferredLeaderships: this.#leaderships ?? base.preferredLeaderships,
      }),
      change: {
        topicIds: new Set(this.#topics.keys()),
        brokers: this.#brokers !== null,
        configs: new Set(this.#configs.keys()),
        features: this.#features !== null,
      },
    }
  }

  #addTopic({ id, name }: TopicRecord): void {
    assert(this.#topic(id) === undefined, `topic id ${id} is new`)
    this.#topics.set(id, { id, name, isInternal: isInternalTopic(name), partitions: [] })
    this.#topicIds.set(name, id)
    const key = collisionKey(name)
    if (key !== null) this.#collisions.set(key, [...this.#colliding(key), name])
  }

  #removeTopic(id: Uuid): void {
    const topic = this.#topic(id)
    assert(topic, `topic id ${id} exists`)
    for (const partition of topic.partitions) this.#count(topic, partition.replicas[0], -1)
    this.#topics.set(id, undefined)
    this.#topicIds.set(topic.name, undefined)
    this.#configs.set(configKey('topic', topic.name), undefined)
    const key = collisionKey(topic.name)
    if (key === null) return
    const left = this.#colliding(key).filter((name) => name !== topic.name)
    this.#collisions.set(key, left.length > 0 ? left : undefined)
  }

  #setPartition({ type: _, topicId, ...partition }: PartitionRecord): void {
    const topic = this.#ownTopic(topicId)
    const before = topic.partitions[partition.index]
    assert(before !== undefined || partition.index === topic.partitions.length, 'partitions come in order')
    this.#count(topic, before?.replicas[0], -1)
    this.#count(topic, partition.replicas[0], 1)
    topic.partitions[partition.index] = Object.freeze(partition)
  }

  #setConfig({ resourceType, resourceName, name, value }: ConfigRecord): void {
    const key = configKey(resourceType, resourceName)
    let settings = this.#configs.get(key)
    if (!settings) {
      const base = this.#configs.has(key) ? undefined : this.#base.configsByResource.get(key)
      settings = new Map(base)
    }
    if (value === null) settings.delete(name)
    else settings.set(name, value)
    this.#configs.set(key, settings.size > 0 ? settings : undefined)
  }

  #topic(id: Uuid): TopicImage | undefined {
    return this.#topics.has(id) ? this.#topics.get(id) : this.#base.topicsById.get(id)
  }

  #ownTopic(id: Uuid): TopicDraft {
    const own = this.#topics.get(id)
    if (own) return own
    const base = this.#topic(id)
    assert(base, `topic id ${id} exists`)
    const copy = { ...base, partitions: base.partitions.slice() }
    this.#topics.set(id, copy)
    return copy
  }

  #colliding(key: string): readonly string[] {
    const own = this.#collisions.has(key)
    return (own ? this.#collisions.get(key) : this.#base.namesByCollisionKey.get(key)) ?? []
  }

  #count(topic: TopicImage, brokerId: number | undefined, by: number): void {
    if (brokerId === undefined || topic.isInternal) return
    this.#leaderships ??= new Map(this.#base.preferredLeaderships)
    this.#leaderships.set(brokerId, (this.#leaderships.get(brokerId) ?? 0) + by)
  }
}
