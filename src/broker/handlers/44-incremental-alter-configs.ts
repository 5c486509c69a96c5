import type { ConfigAlteration, ConfigOperation } from '../../coordinator/cluster/commands.ts'
import { Refusal } from '../../protocol/errors.ts'
import { IncrementalAlterConfigs } from '../../protocol/messages/44-incremental-alter-configs.ts'
import type { RequestOf } from '../../protocol/schema/api.ts'
import {
  type AlterResult,
  alteredResult,
  checkBrokerChange,
  checkChanges,
  checkIsThisBroker,
  checkType,
  failedResult,
  repeated,
} from '../config-changes.ts'
import { configResourceTypeOf } from '../config-resources.ts'
import type { RequestContext } from '../context.ts'
import { handler } from '../handler.ts'
import { errorCodeOf, refusalOf } from '../wire.ts'

type Resource = RequestOf<typeof IncrementalAlterConfigs>['resources'][number]

/** By code of the operation. */
const OPERATIONS: readonly ConfigOperation[] = ['set', 'delete', 'append', 'subtract']

/**
 * IncrementalAlterConfigs, all versions: changes single settings (KIP-339). A resource is changed as a
 * whole or not at all.
 *
 * Errors per resource: INVALID_REQUEST (a resource or key twice, null, a broker setting that cannot change,
 * another broker's id, an unknown type), INVALID_CONFIG (a bad value, an unknown topic or group setting,
 * APPEND to what is no list), UNKNOWN_TOPIC_OR_PARTITION. An operation that does not exist is
 * UNKNOWN_SERVER_ERROR for every resource but brokers, whose operations are checked first.
 *
 * Differs from Kafka: levels of broker loggers cannot be changed.
 */
export const incrementalAlterConfigs = handler(IncrementalAlterConfigs, {
  handle(request, context) {
    const twice = repeated(request.resources)
    const results = new Map<Resource, AlterResult>()
    for (const resource of request.resources) {
      const refusal = twice.has(resource)
        ? new Refusal('INVALID_REQUEST', 'The resource is named more than once.')
        : problemOf(resource, context)
      if (refusal !== null) results.set(resource, failedResult(resource, refusal))
    }
    const left = request.resources.filter((resource) => !results.has(resource))
    for (const [resource, result] of alter(left, request.validateOnly, context)) results.set(resource, result)
    return {
      responses: request.resources.map((resource) => results.get(resource) ?? failedResult(resource, null)),
    }
  },

  refuse: (request, refusal) => ({
    responses: request.resources.map((resource) => failedResult(resource, refusal)),
  }),
})

function problemOf(resource: Resource, { broker }: RequestContext): Refusal | null {
  try {
    checkChanges(resource.configs)
    checkType(resource)
    switch (configResourceTypeOf(resource.resourceType)) {
      case 'broker':
        checkBrokerChange(broker, resource, false)
        break
      case 'broker-logger':
        checkIsThisBroker(broker, resource.resourceName)
        for (const { name } of resource.configs) {
          throw new Refusal('INVALID_CONFIG', `There is no logger ${name}.`)
        }
    }
    return null
  } catch (error) {
    return refusalOf(error)
  }
}

/** Hands to the controller what has passed; one operation that does not exist fails it all there. */
function alter(
  resources: readonly Resource[],
  validateOnly: boolean,
  { broker }: RequestContext,
): (readonly [Resource, AlterResult])[] {
  const alterations = resources.map(alterationOf)
  if (alterations.includes(null)) {
    return resources.map((resource) => [
      resource,
      { ...failedResult(resource, null), errorCode: errorCodeOf('UNKNOWN_SERVER_ERROR') },
    ])
  }
  const altered = broker.controller.incrementalAlterConfigs(
    alterations.filter((alteration) => alteration !== null),
    { validateOnly },
  )
  return resources.flatMap((resource, index) => {
    const result = altered[index]
    return result === undefined ? [] : [[resource, alteredResult(result)] as const]
  })
}

function alterationOf({ resourceType, resourceName, configs }: Resource): ConfigAlteration | null {
  const changes: ConfigAlteration['changes'][number][] = []
  for (const { name, configOperation, value } of configs) {
    const operation = OPERATIONS[configOperation]
    if (operation === undefined) return null
    changes.push({ name, operation, value })
  }
  return { type: configResourceTypeOf(resourceType) ?? 'topic', name: resourceName, changes }
}
