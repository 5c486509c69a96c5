import { OPERATIONS_NOT_REQUESTED } from '../../protocol/constants.ts'
import { Refusal } from '../../protocol/errors.ts'
import { DescribeCluster } from '../../protocol/messages/60-describe-cluster.ts'
import { ALL_CLUSTER_OPERATIONS } from '../authorized-operations.ts'
import { advertisedNode } from '../broker.ts'
import { handler } from '../handler.ts'
import { errorCodeOf } from '../wire.ts'

const BROKERS = 1
const CONTROLLERS = 2

/**
 * DescribeCluster, all versions: the cluster's id, its brokers, from v2 fenced ones too.
 *
 * Errors: UNSUPPORTED_ENDPOINT_TYPE, MISMATCHED_ENDPOINT_TYPE (controllers, asked of a broker).
 *
 * Differs from Kafka: the controller id is that of the controller, where KRaft names any live broker.
 */
export const describeCluster = handler(DescribeCluster, {
  handle(request, { broker, connection }) {
    const { endpointType, includeFencedBrokers } = request
    if (endpointType === CONTROLLERS) {
      throw new Refusal(
        'MISMATCHED_ENDPOINT_TYPE',
        'This listener is for clients of brokers, not of controllers.',
      )
    }
    if (endpointType !== BROKERS) {
      throw new Refusal('UNSUPPORTED_ENDPOINT_TYPE', `There are no endpoints of type ${endpointType}.`)
    }
    const { image } = broker
    const brokers = [...image.brokers.values()].flatMap((other) => {
      const node = other.fenced && !includeFencedBrokers ? null : advertisedNode(other, connection)
      if (node === null) return []
      const { nodeId, host, port, rack } = node
      return [{ brokerId: nodeId, host, port, rack, isFenced: other.fenced }]
    })
    const { clusterId, controllerId } = image
    return {
      errorCode: 0,
      clusterId,
      controllerId: brokers.some(({ brokerId }) => brokerId === controllerId) ? controllerId : -1,
      brokers,
      clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
        ? ALL_CLUSTER_OPERATIONS
        : OPERATIONS_NOT_REQUESTED,
    }
  },

  refuse: (_request, refusal) => ({
    errorCode: errorCodeOf(refusal.code),
    errorMessage: refusal.message,
    clusterId: '',
    brokers: [],
  }),
})
