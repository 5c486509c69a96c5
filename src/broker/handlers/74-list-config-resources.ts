import type { ConfigResourceType } from '../../coordinator/cluster/image.ts'
import { Refusal } from '../../protocol/errors.ts'
import { ListConfigResources } from '../../protocol/messages/74-list-config-resources.ts'
import { CONFIG_RESOURCE_CODE, configResourceTypeOf } from '../config-resources.ts'
import type { RequestContext } from '../context.ts'
import { handler } from '../handler.ts'
import { errorCodeOf } from '../wire.ts'

/** In the order in which they are told. */
const ALL_TYPES: readonly ConfigResourceType[] = [
  'group',
  'client-metrics',
  'broker-logger',
  'broker',
  'topic',
]

/**
 * ListConfigResources, all versions: names of resources that may have settings. v0 knows client metrics
 * subscriptions alone.
 *
 * Errors: UNSUPPORTED_VERSION when a type is unknown.
 *
 * Differs from Kafka: nothing known.
 */
export const listConfigResources = handler(ListConfigResources, {
  handle(request, context) {
    const wanted = wantedTypes(request.resourceTypes, context.apiVersion)
    return {
      errorCode: 0,
      configResources: ALL_TYPES.filter((type) => wanted.has(type)).flatMap((type) =>
        namesOf(type, context).map((resourceName) => ({
          resourceName,
          resourceType: CONFIG_RESOURCE_CODE[type],
        })),
      ),
    }
  },

  refuse: (_request, refusal) => ({ errorCode: errorCodeOf(refusal.code), configResources: [] }),
})

function wantedTypes(codes: readonly number[], apiVersion: number): ReadonlySet<ConfigResourceType> {
  if (apiVersion === 0) return new Set(['client-metrics'])
  if (codes.length === 0) return new Set(ALL_TYPES)
  return new Set(
    codes.map((code) => {
      const type = configResourceTypeOf(code)
      if (type === undefined) throw new Refusal('UNSUPPORTED_VERSION', `Unknown resource type ${code}`)
      return type
    }),
  )
}

function namesOf(type: ConfigResourceType, { broker: { image } }: RequestContext): string[] {
  switch (type) {
    case 'topic':
      return [...image.topics()].map(({ name }) => name)
    case 'broker':
    case 'broker-logger':
      return [...image.brokers.values()].filter(({ fenced }) => !fenced).map(({ id }) => String(id))
    case 'client-metrics':
    case 'group':
      return [...image.configResources(type)]
  }
}
