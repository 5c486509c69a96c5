import type { ConfigAlteration, ConfigOperation } from '../../coordinator/cluster/commands.ts'
import { Refusal } from '../../protocol/errors.ts'
import { IncrementalAlterConfigs } from '../../protocol/messages/44-incremental-alter-configs.ts'
import type { RequestOf } from '../../protocol/schema/api.ts'
import type { Broker } from '../broker.ts'
import {
  type AlterResult,
  alterEach,
  alteredResult,
  checkBrokerChange,
  checkIsThisBroker,
  failedResult,
} from '../config-changes.ts'
import { configResourceTypeOf } from '../config-resources.ts'
import { handler } from '../handler.ts'
import { errorCodeOf } from '../wire.ts'

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
  handle({ resources, validateOnly }, { broker }) {
    const check = (resource: Resource): void => checkResource(resource, broker)
    return { responses: alterEach(resources, check, (left) => alter(left, validateOnly, broker)) }
  },

  refuse: (request, refusal) => ({
    responses: request.resources.map((resource) => failedResult(resource, refusal)),
  }),
})

function checkResource(resource: Resource, broker: Broker): void {
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
}

/** Hands to the controller what has passed; one operation that does not exist fails it all there. */
function alter(resources: readonly Resource[], validateOnly: boolean, broker: Broker): AlterResult[] {
  const alterations = resources.map(alterationOf)
  if (alterations.includes(null)) {
    const errorCode = errorCodeOf('UNKNOWN_SERVER_ERROR')
    return resources.map((resource) => ({ ...failedResult(resource, null), errorCode }))
  }
  const known = alterations.filter((alteration) => alteration !== null)
  return broker.controller.incrementalAlterConfigs(known, { validateOnly }).map(alteredResult)
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
