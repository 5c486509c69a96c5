import { SUPPORTED_FEATURES } from '../../coordinator/cluster/features.ts'
import { javaHashOrder } from '../../coordinator/group/java-hash-order.ts'
import { javaHashCode } from '../../coordinator/runtime.ts'
import { Refusal } from '../../protocol/errors.ts'
import { ApiVersions } from '../../protocol/messages/18-api-versions.ts'
import type { RequestOf } from '../../protocol/schema/api.ts'
import type { Broker } from '../broker.ts'
import type { RequestContext } from '../context.ts'
import { handler } from '../handler.ts'
import { errorCodeOf, int64Of } from '../wire.ts'

/** From this version on the client names its software (KIP-511), and features are listed (KIP-584). */
const NAMES_SOFTWARE_SINCE = 3
/** From this version on features whose lowest level is 0 are listed too. */
const LEVEL_ZERO_SINCE = 4

const SOFTWARE_NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/

/** Features that stand for APIs: one of which this key is served. The others are always there. */
const FEATURE_NEEDS: ReadonlyMap<string, number> = new Map([
  ['group.version', 68], // ConsumerGroupHeartbeat
  ['share.version', 76], // ShareGroupHeartbeat
  ['streams.version', 88], // StreamsGroupHeartbeat
  ['transaction.version', 24], // AddPartitionsToTxn
])

/**
 * ApiVersions, versions 0 to 5: the APIs and versions that are served, and the feature levels of the cluster.
 * The list is that of the handlers; the answer to a version that does not exist is the pipeline's.
 *
 * Errors: INVALID_REQUEST for a software name or version that is not letters, digits, '-' and '.', and for a
 * client (v5) that means to reach another cluster or node.
 *
 * Differs from Kafka: also lists the versions that 4.0 removed, since they are served. Lists only what is
 * served.
 */
export const apiVersions = handler(ApiVersions, {
  handle(request, context) {
    checkRequest(request, context)
    const { broker, apiVersion, connection } = context
    if (apiVersion >= NAMES_SOFTWARE_SINCE) {
      connection.clientSoftware = { name: request.clientSoftwareName, version: request.clientSoftwareVersion }
    }
    return {
      errorCode: 0,
      apiKeys: broker.servedApis.map(({ key, versions: [minVersion, maxVersion] }) => ({
        apiKey: key,
        minVersion,
        maxVersion,
      })),
      supportedFeatures: supportedFeatures(broker, apiVersion),
      finalizedFeaturesEpoch: int64Of(broker.image.offset),
      finalizedFeatures: finalizedFeatures(broker),
    }
  },

  refuse: (_request, { code }) => ({
    errorCode: errorCodeOf(code),
    apiKeys: [],
    supportedFeatures: [],
    finalizedFeatures: [],
  }),
})

const checkRequest = (request: RequestOf<typeof ApiVersions>, context: RequestContext): void => {
  const { broker, apiVersion } = context
  if (apiVersion < NAMES_SOFTWARE_SINCE) return
  const { clientSoftwareName, clientSoftwareVersion, clusterId, nodeId } = request
  if (!SOFTWARE_NAME.test(clientSoftwareName) || !SOFTWARE_NAME.test(clientSoftwareVersion)) {
    throw new Refusal('INVALID_REQUEST')
  }
  if (clusterId !== null && clusterId !== broker.image.clusterId) throw new Refusal('INVALID_REQUEST')
  if (nodeId !== -1 && nodeId !== broker.id) throw new Refusal('INVALID_REQUEST')
}

const isOffered = (broker: Broker, feature: string): boolean => {
  const key = FEATURE_NEEDS.get(feature)
  return key === undefined || broker.serves(key)
}

const supportedFeatures = (broker: Broker, apiVersion: number) =>
  // In the order of a real broker's hash table.
  javaHashOrder(SUPPORTED_FEATURES, ({ name }) => javaHashCode(name))
    .filter(
      ({ name, minLevel }) => isOffered(broker, name) && (minLevel > 0 || apiVersion >= LEVEL_ZERO_SINCE),
    )
    .map(({ name, minLevel, maxLevel }) => ({ name, minVersion: minLevel, maxVersion: maxLevel }))

const finalizedFeatures = (broker: Broker) =>
  [...broker.image.features]
    .filter(([name, level]) => level > 0 && isOffered(broker, name))
    .map(([name, level]) => ({ name, maxVersionLevel: level, minVersionLevel: level }))
