import { OFFSETS_TOPIC } from '../../coordinator/group/group-coordinator.ts'
import type { ErrorName } from '../../protocol/errors.ts'
import { FindCoordinator } from '../../protocol/messages/10-find-coordinator.ts'
import { advertisedNode } from '../broker.ts'
import type { RequestContext } from '../context.ts'
import { ensureOffsetsTopic } from '../coordinator-log.ts'
import { handler } from '../handler.ts'
import { errorCodeOf } from '../wire.ts'

const BATCHED_SINCE = 4

/** CoordinatorType of Kafka. */
const GROUP = 0
const SHARE = 2

/** Kafka's words for what this API can answer. */
const MESSAGES: { readonly [name in ErrorName]?: string } = {
  INVALID_REQUEST: [
    'This most likely occurs because of a request being malformed by the client library',
    'or the message was sent to an incompatible broker. See the broker logs for more details.',
  ].join(' '),
  COORDINATOR_NOT_AVAILABLE: 'The coordinator is not available.',
}

interface Found {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly error: ErrorName | null
}

const notFound = (error: ErrorName): Found => ({ nodeId: -1, host: '', port: -1, error })

/**
 * FindCoordinator, versions 0 to 6: the broker that coordinates a group. Makes `__consumer_offsets` when it
 * is missing, so that the first answer already names a coordinator that is ready.
 *
 * Errors: COORDINATOR_NOT_AVAILABLE (no leader), INVALID_REQUEST (a key type that does not exist or is not
 * served here, a share key before v6).
 *
 * Versions: v4 has several keys; there a found coordinator has an empty message, before v4 it is "NONE".
 *
 * Differs from Kafka: the first question of a cluster is answered at once (Kafka: COORDINATOR_NOT_AVAILABLE
 * until the topic is made). Transactional ids and share partitions are refused with INVALID_REQUEST while
 * their coordinators are not served: a retriable error would make their clients wait in vain.
 */
export const findCoordinator = handler(FindCoordinator, {
  handle(request, context) {
    if (context.apiVersion >= BATCHED_SINCE) {
      const isKnownType = request.keyType >= GROUP && request.keyType <= SHARE
      return {
        ...NOT_BATCHED,
        coordinators: request.coordinatorKeys.map((key) => {
          const { error, ...node } = find(request.keyType, key, context)
          const errorMessage = isKnownType || error === null ? '' : (MESSAGES[error] ?? error)
          return { key, ...node, errorCode: errorCodeOf(error), errorMessage }
        }),
      }
    }
    const { error, ...node } = find(request.keyType, request.key, context)
    const errorMessage = error === null ? 'NONE' : (MESSAGES[error] ?? error)
    return { ...node, errorCode: errorCodeOf(error), errorMessage, coordinators: [] }
  },

  refuse(request, { code, message }, { apiVersion }) {
    const failed = { nodeId: -1, host: '', port: -1, errorCode: errorCodeOf(code) }
    const errorMessage = MESSAGES[code] ?? message
    if (apiVersion < BATCHED_SINCE) return { ...failed, errorMessage, coordinators: [] }
    return {
      ...NOT_BATCHED,
      coordinators: request.coordinatorKeys.map((key) => ({ key, ...failed, errorMessage })),
    }
  },
})

/** The fields of versions before 4, as they are where they do not exist. */
const NOT_BATCHED = { errorCode: 0, errorMessage: null, nodeId: 0, host: '', port: 0 }

const find = (keyType: number, key: string, { broker, connection }: RequestContext): Found => {
  if (keyType !== GROUP) return notFound('INVALID_REQUEST')
  if (!ensureOffsetsTopic(broker)) return notFound('COORDINATOR_NOT_AVAILABLE')
  const partition = broker.groups.partitionOf(key)
  const leader =
    partition === undefined ? undefined : broker.image.topic(OFFSETS_TOPIC)?.partitions[partition]?.leader
  const coordinator = leader === undefined ? undefined : broker.image.brokers.get(leader)
  const node = coordinator === undefined ? null : advertisedNode(coordinator, connection)
  if (node === null) return notFound('COORDINATOR_NOT_AVAILABLE')
  return { nodeId: node.nodeId, host: node.host, port: node.port, error: null }
}
