import { Refusal } from '../../protocol/errors.ts'
import { AlterConfigs } from '../../protocol/messages/33-alter-configs.ts'
import type { RequestOf } from '../../protocol/schema/api.ts'
import type { Broker } from '../broker.ts'
import {
  type AlterResult,
  alterEach,
  alteredResult,
  checkBrokerChange,
  failedResult,
} from '../config-changes.ts'
import { configResourceTypeOf } from '../config-resources.ts'
import { handler } from '../handler.ts'

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
  handle({ resources, validateOnly }, { broker }) {
    const check = (resource: Resource): void => checkResource(resource, broker)
    const alter = (left: readonly Resource[]): AlterResult[] =>
      broker.controller
        .alterConfigs(
          left.map(({ resourceType, resourceName, configs }) => ({
            type: configResourceTypeOf(resourceType) ?? 'topic',
            name: resourceName,
            settings: configs,
          })),
          { validateOnly },
        )
        .map(alteredResult)
    return { responses: alterEach(resources, check, alter) }
  },

  refuse: (request, refusal) => ({
    responses: request.resources.map((resource) => failedResult(resource, refusal)),
  }),
})

function checkResource(resource: Resource, broker: Broker): void {
  const type = configResourceTypeOf(resource.resourceType)
  if (type === 'broker-logger') {
    throw new Refusal(
      'INVALID_REQUEST',
      `Resources of type ${resource.resourceType} have no settings to change`,
    )
  }
  if (type === 'broker') checkBrokerChange(broker, resource, true)
}
