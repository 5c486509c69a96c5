import type { ClusterImage, PartitionImage, TopicImage } from '../../coordinator/cluster/image.ts'
import { topicNameProblem, ZERO_UUID } from '../../coordinator/cluster/topics.ts'
import { OPERATIONS_NOT_REQUESTED } from '../../protocol/constants.ts'
import { type ErrorName, Refusal } from '../../protocol/errors.ts'
import { Metadata } from '../../protocol/messages/03-metadata.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema/api.ts'
import { ALL_CLUSTER_OPERATIONS, ALL_TOPIC_OPERATIONS } from '../authorized-operations.ts'
import { type AdvertisedNode, advertisedNode } from '../broker.ts'
import type { RequestContext } from '../context.ts'
import { handler } from '../handler.ts'
import { errorCodeOf } from '../wire.ts'

type Request = RequestOf<typeof Metadata>
type TopicResponse = ResponseOf<typeof Metadata>['topics'][number]
type AskedTopic = NonNullable<Request['topics']>[number]

/** From this version on a topic may be asked for by its id alone. */
const TOPIC_IDS_SINCE = 12

/**
 * Metadata, versions 0 to 13: the live brokers, and some or all topics with their partitions' leaders and
 * replicas. Topics that do not exist are made, when client and `auto.create.topics.enable` agree. Brokers
 * have the address of the listener that is asked; where none is configured, the host that the client itself
 * connected to.
 *
 * Errors, of each topic: UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID, INVALID_TOPIC_EXCEPTION, and what the
 * making of a topic may end in; of each partition, LEADER_NOT_AVAILABLE, and REPLICA_NOT_AVAILABLE in version
 * 0.
 *
 * Differs from Kafka: a topic that is made is there in the same answer, where KRaft says
 * UNKNOWN_TOPIC_OR_PARTITION first and has the client ask again. The controller id is that of the controller,
 * where KRaft names any live broker.
 */
export const metadata = handler(Metadata, {
  handle(request, context) {
    const { broker, apiVersion } = context
    const asked = request.topics
    if (asked !== null && apiVersion < TOPIC_IDS_SINCE) refuseIds(asked)
    const all = asked === null || (apiVersion === 0 && asked.length === 0)
    const topics = all
      ? [...broker.image.topics()].map((topic) => describe(topic, request, context))
      : askedTopics(asked, request, context)
    const { image } = broker
    return {
      brokers: liveBrokers(image, context),
      clusterId: image.clusterId,
      controllerId: image.controllerId,
      topics,
      clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
        ? ALL_CLUSTER_OPERATIONS
        : OPERATIONS_NOT_REQUESTED,
      errorCode: 0,
    }
  },

  refuse: (request, { code }) => ({
    brokers: [],
    topics: (request.topics ?? []).map(({ name, topicId }) => failedTopic(name ?? '', topicId, code)),
    errorCode: errorCodeOf(code),
  }),
})

const refuseIds = (asked: readonly AskedTopic[]): void => {
  for (const { name, topicId } of asked) {
    if (name === null || topicId !== ZERO_UUID) throw new Refusal('INVALID_REQUEST')
  }
}

const liveBrokers = (image: ClusterImage, { connection }: RequestContext): AdvertisedNode[] => {
  const nodes: AdvertisedNode[] = []
  for (const broker of image.brokers.values()) {
    const node = broker.fenced ? null : advertisedNode(broker, connection)
    if (node !== null) nodes.push(node)
  }
  return nodes
}

const askedTopics = (
  asked: readonly AskedTopic[],
  request: Request,
  context: RequestContext,
): TopicResponse[] => {
  const { broker } = context
  const ids = new Set(asked.map(({ topicId }) => topicId).filter((id) => id !== ZERO_UUID))
  // Where any topic has an id names are not looked at, as in Kafka.
  if (ids.size > 0) return [...ids].map((id) => describeById(id, broker.image, request, context))
  const missing: string[] = []
  const seen = new Set<string>()
  const wanted = asked.filter(({ name, topicId }) => {
    const key = name ?? topicId
    if (seen.has(key)) return false
    seen.add(key)
    if (name !== null && broker.image.topic(name) === undefined) missing.push(name)
    return true
  })
  const errors = create(missing, request, context)
  const { image } = broker
  return wanted.map(({ name, topicId }) => {
    if (name === null) return describeById(topicId, image, request, context)
    const topic = image.topic(name)
    if (topic !== undefined) return describe(topic, request, context)
    return failedTopic(name, ZERO_UUID, errors.get(name) ?? 'UNKNOWN_TOPIC_OR_PARTITION')
  })
}

const describeById = (
  topicId: string,
  image: ClusterImage,
  request: Request,
  context: RequestContext,
): TopicResponse => {
  if (topicId === ZERO_UUID) throw new Refusal('UNKNOWN_SERVER_ERROR')
  const topic = image.topicById(topicId)
  if (topic !== undefined) return describe(topic, request, context)
  return failedTopic(null, topicId, 'UNKNOWN_TOPIC_ID')
}

/** Makes what is missing, if that is wanted; gives the reasons for what is not there now. */
const create = (
  names: readonly string[],
  request: Request,
  { broker, apiVersion }: RequestContext,
): Map<string, ErrorName> => {
  const errors = new Map<string, ErrorName>()
  if (names.length === 0) return errors
  const allowed = apiVersion < 4 || request.allowAutoTopicCreation
  if (!allowed || !broker.config.boolean('auto.create.topics.enable')) {
    for (const name of names) if (topicNameProblem(name) !== null) errors.set(name, 'INVALID_TOPIC_EXCEPTION')
    return errors
  }
  for (const { name, error } of broker.autoCreateTopics(names)) if (error !== null) errors.set(name, error)
  return errors
}

const failedTopic = (name: string | null, topicId: string, error: ErrorName): TopicResponse => ({
  errorCode: errorCodeOf(error),
  name,
  topicId,
  isInternal: false,
  partitions: [],
})

const describe = (topic: TopicImage, request: Request, context: RequestContext): TopicResponse => ({
  errorCode: 0,
  name: topic.name,
  topicId: topic.id,
  isInternal: topic.isInternal,
  partitions: topic.partitions.map((partition) => describePartition(partition, context)),
  topicAuthorizedOperations: request.includeTopicAuthorizedOperations
    ? ALL_TOPIC_OPERATIONS
    : OPERATIONS_NOT_REQUESTED,
})

const describePartition = (partition: PartitionImage, context: RequestContext) => {
  const { brokers } = context.broker.image
  const isDown = (id: number): boolean => brokers.get(id)?.fenced !== false
  const offlineReplicas = partition.replicas.filter(isDown)
  const { index, leader, leaderEpoch, replicas, isr } = partition
  // Version 0 has no list of replicas that are down: they are left out, and an error tells of it.
  const version0 = context.apiVersion === 0
  const leaderless = leader === -1 || isDown(leader)
  const error: ErrorName | null = leaderless
    ? 'LEADER_NOT_AVAILABLE'
    : version0 && offlineReplicas.length > 0
      ? 'REPLICA_NOT_AVAILABLE'
      : null
  return {
    errorCode: errorCodeOf(error),
    partitionIndex: index,
    leaderId: leaderless ? -1 : leader,
    leaderEpoch,
    replicaNodes: version0 ? replicas.filter((id) => !isDown(id)) : replicas,
    isrNodes: version0 ? isr.filter((id) => !isDown(id)) : isr,
    offlineReplicas,
  }
}
