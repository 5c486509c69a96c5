import { Refusal } from '../../protocol/errors.ts'
import { AlterConfigs } from '../../protocol/messages/33-alter-configs.ts'
import type { RequestOf } from '../../protocol/schema/api.ts'
import {
  type AlterResult,
  alteredResult,
  checkBrokerChange,
  checkChanges,
  checkType,
  failedResult,
  repeated,
} from '../config-changes.ts'
import { configResourceTypeOf } from '../config-resources.ts'
import type { RequestContext } from '../context.ts'
import { handler } from '../handler.ts'
import { refusalOf } from '../wire.ts'

type Resource = RequestOf<typeof AlterConfigs>['resources'][number]

/**
 * AlterConfigs, all versions: the older form, in which the settings that are not named return to their
 * defaults.
 *
 * Errors per resource: INVALID_REQUEST (a resource or key twice, null, a broker setting that cannot change,
 * another broker's id, an unknown type), INVALID_CONFIG, UNKNOWN_TOPIC_OR_PARTITION.
 *
 * Differs from Kafka: a resource that comes twice is refused; a real broker never answers such a request.
 */
export const alterConfigs = handler(AlterConfigs, {
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
    const altered = context.broker.controller.alterConfigs(
      left.map(({ resourceType, resourceName, configs }) => ({
        type: configResourceTypeOf(resourceType) ?? 'topic',
        name: resourceName,
        settings: configs,
      })),
      { validateOnly: request.validateOnly },
    )
    for (const [index, resource] of left.entries()) {
      const result = altered[index]
      if (result !== undefined) results.set(resource, alteredResult(result))
    }
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
    const type = configResourceTypeOf(resource.resourceType)
    if (type === 'broker-logger') {
      throw new Refusal(
        'INVALID_REQUEST',
        `Resources of type ${resource.resourceType} have no settings to change`,
      )
    }
    if (type === 'broker') checkBrokerChange(broker, resource, true)
    return null
  } catch (error) {
    return refusalOf(error)
  }
}
