/**
 * What changes the cluster, as it is stored. Each record says the whole new state of one thing, never a difference, so
 * that applying it twice does no harm and a snapshot is just the last record of each thing.
 *
 * Stored as one JSON object each: `{"v": <version>, "type": …, …fields}`. Each type has its own version; a file with a
 * type or version that this release does not know is refused at start, rather than half read.
 */

import { DecodeError } from '../../protocol/errors.ts'
import type { ConfigResourceType, Endpoint, PartitionImage, Uuid } from './image.ts'

interface ClusterRecord {
  readonly type: 'cluster'
  readonly clusterId: string
}
export interface BrokerRecord {
  readonly type: 'broker'
  readonly id: number
  readonly epoch: number
  readonly rack: string | null
  readonly endpoints: readonly Endpoint[]
  readonly directories: readonly Uuid[]
  readonly fenced: boolean
  readonly inControlledShutdown: boolean
}
interface BrokerRemovedRecord {
  readonly type: 'broker-removed'
  readonly id: number
}
export interface TopicRecord {
  readonly type: 'topic'
  readonly id: Uuid
  readonly name: string
}
/** Also removes its partitions and its settings. */
interface TopicRemovedRecord {
  readonly type: 'topic-removed'
  readonly id: Uuid
}
/** The partitions of a topic come in order of their index. */
export interface PartitionRecord extends PartitionImage {
  readonly type: 'partition'
  readonly topicId: Uuid
}
export interface ConfigRecord {
  readonly type: 'config'
  readonly resourceType: ConfigResourceType
  readonly resourceName: string
  readonly name: string
  /** Null: back to the default. */
  readonly value: string | null
}
export interface FeatureRecord {
  readonly type: 'feature'
  readonly name: string
  /** 0: not finalized any more. */
  readonly level: number
}
interface ProducerIdsRecord {
  readonly type: 'producer-ids'
  /** First id that nobody was given. */
  readonly next: number
}

export type MetadataRecord =
  | ClusterRecord
  | BrokerRecord
  | BrokerRemovedRecord
  | TopicRecord
  | TopicRemovedRecord
  | PartitionRecord
  | ConfigRecord
  | FeatureRecord
  | ProducerIdsRecord

type Check = (value: unknown) => boolean

const text: Check = (value) => typeof value === 'string'
const textOrNull: Check = (value) => value === null || typeof value === 'string'
const whole: Check = Number.isSafeInteger
const flag: Check = (value) => typeof value === 'boolean'
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check)
const endpoint: Check = (value) => {
  if (typeof value !== 'object' || value === null) return false
  const { listener, securityProtocol, host, port } = value as Partial<Record<keyof Endpoint, unknown>>
  return text(listener) && text(securityProtocol) && textOrNull(host) && whole(port)
}

interface Shape {
  /** The version that is written, and the newest that is read. */
  readonly version: number
  readonly fields: Readonly<Record<string, Check>>
}

const SHAPES: { readonly [T in MetadataRecord['type']]: Shape } = {
  cluster: { version: 0, fields: { clusterId: text } },
  broker: {
    version: 0,
    fields: {
      id: whole,
      epoch: whole,
      rack: textOrNull,
      endpoints: listOf(endpoint),
      directories: listOf(text),
      fenced: flag,
      inControlledShutdown: flag,
    },
  },
  'broker-removed': { version: 0, fields: { id: whole } },
  topic: { version: 0, fields: { id: text, name: text } },
  'topic-removed': { version: 0, fields: { id: text } },
  partition: {
    version: 0,
    fields: {
      topicId: text,
      index: whole,
      replicas: listOf(whole),
      isr: listOf(whole),
      leader: whole,
      leaderEpoch: whole,
      partitionEpoch: whole,
      addingReplicas: listOf(whole),
      removingReplicas: listOf(whole),
      eligibleLeaderReplicas: listOf(whole),
      lastKnownLeader: whole,
    },
  },
  config: { version: 0, fields: { resourceType: text, resourceName: text, name: text, value: textOrNull } },
  feature: { version: 0, fields: { name: text, level: whole } },
  'producer-ids': { version: 0, fields: { next: whole } },
}

export const encodeMetadataRecord = (record: MetadataRecord): Buffer =>
  Buffer.from(JSON.stringify({ v: SHAPES[record.type].version, ...record }))

/** Fails with a DecodeError on anything that this release did not write. */
export const decodeMetadataRecord = (stored: Buffer): MetadataRecord => {
  let parsed: { v?: unknown; type?: unknown } & Record<string, unknown>
  try {
    parsed = JSON.parse(stored.toString('utf8'))
  } catch (cause) {
    throw new DecodeError(`metadata record is not JSON: ${cause instanceof Error ? cause.message : cause}`)
  }
  const { v, ...record } = parsed ?? {}
  const type = String(record.type)
  const shape = Object.hasOwn(SHAPES, type) ? SHAPES[type as MetadataRecord['type']] : undefined
  if (!shape) throw new DecodeError(`metadata record of unknown type '${type}'`)
  if (typeof v !== 'number' || v > shape.version) {
    throw new DecodeError(`metadata record '${type}' has version ${String(v)}, known is ${shape.version}`)
  }
  for (const [name, check] of Object.entries(shape.fields)) {
    if (!check(record[name])) throw new DecodeError(`metadata record '${type}': field '${name}' is not right`)
  }
  return record as unknown as MetadataRecord
}
