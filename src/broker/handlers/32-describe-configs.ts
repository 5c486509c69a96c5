import type { BrokerLayers } from '../../coordinator/cluster/configs/effective.ts'
import { topicNameProblem } from '../../coordinator/cluster/topics.ts'
import { Refusal } from '../../protocol/errors.ts'
import { DescribeConfigs } from '../../protocol/messages/32-describe-configs.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema/api.ts'
import { brokerIdOf, configResourceTypeOf } from '../config-resources.ts'
import type { RequestContext } from '../context.ts'
import {
  type DescribedConfig,
  describeBroker,
  describeBrokerDefaults,
  describeClientMetrics,
  describeGroup,
  describeTopic,
  isDefault,
} from '../described-configs.ts'
import { handler } from '../handler.ts'
import { errorCodeOf, refusalOf } from '../wire.ts'

type Request = RequestOf<typeof DescribeConfigs>
type Resource = Request['resources'][number]
type Result = ResponseOf<typeof DescribeConfigs>['results'][number]

/**
 * DescribeConfigs, all versions: settings of topics, brokers (this one, and the defaults of all: the empty
 * name), groups and client metrics subscriptions, with where each value comes from and what lies behind it.
 *
 * Errors per resource: UNKNOWN_TOPIC_OR_PARTITION, INVALID_TOPIC_EXCEPTION, INVALID_REQUEST (another
 * broker's id, no name). For the whole: INVALID_REQUEST when a type is unknown.
 *
 * Differs from Kafka: documentation is null. A broker has no loggers whose level could be told.
 */
export const describeConfigs = handler(DescribeConfigs, {
  handle(request, context) {
    for (const { resourceType } of request.resources) {
      if (configResourceTypeOf(resourceType) !== undefined) continue
      throw new Refusal('INVALID_REQUEST', `There are no resources of type ${resourceType}`)
    }
    return { results: request.resources.map((resource) => describe(resource, request, context)) }
  },

  refuse: (request, refusal) => ({
    results: request.resources.map((resource) => failed(resource, refusal)),
  }),
})

const failed = ({ resourceType, resourceName }: Resource, refusal: Refusal): Result => ({
  errorCode: errorCodeOf(refusal.code),
  errorMessage: refusal.message,
  resourceType,
  resourceName,
  configs: [],
})

function describe(resource: Resource, request: Request, context: RequestContext): Result {
  const { resourceType, resourceName, configurationKeys } = resource
  let configs: readonly DescribedConfig[]
  try {
    configs = configsOf(resource, context)
  } catch (error) {
    const refusal = refusalOf(error)
    // A topic that is not there is no fault worth words.
    const errorMessage = refusal.code === 'UNKNOWN_TOPIC_OR_PARTITION' ? '' : refusal.message
    return { ...failed(resource, refusal), errorMessage }
  }
  if (configurationKeys !== null && configurationKeys.length > 0) {
    const wanted = new Set(configurationKeys)
    configs = configs.filter(({ name }) => wanted.has(name))
  }
  return {
    errorCode: 0,
    errorMessage: '',
    resourceType,
    resourceName,
    configs: configs.map((config) => told(config, request, context.apiVersion)),
  }
}

const told = (config: DescribedConfig, request: Request, apiVersion: number): Result['configs'][number] => ({
  name: config.name,
  value: config.value,
  readOnly: config.readOnly,
  isDefault: apiVersion === 0 && isDefault(config),
  configSource: config.configSource,
  isSensitive: config.isSensitive,
  synonyms: request.includeSynonyms ? config.synonyms : [],
  configType: config.configType,
  documentation: null,
})

function configsOf(
  { resourceType, resourceName: name }: Resource,
  { broker }: RequestContext,
): DescribedConfig[] {
  const { image, settings } = broker
  const layers = settings.layers(image)
  switch (configResourceTypeOf(resourceType)) {
    case 'topic': {
      const problem = topicNameProblem(name)
      if (problem !== null) throw new Refusal('INVALID_TOPIC_EXCEPTION', `Topic name is invalid: ${problem}`)
      if (image.topic(name) === undefined) throw new Refusal('UNKNOWN_TOPIC_OR_PARTITION')
      return describeTopic(image.configs('topic', name), layers)
    }
    case 'broker':
      return brokerConfigs(name, broker.id, layers)
    case 'broker-logger':
      if (name === '') throw new Refusal('INVALID_REQUEST', 'A broker’s loggers are asked for by its id.')
      mustBe(broker.id, name)
      return []
    case 'client-metrics':
      if (name === '') {
        throw new Refusal('INVALID_REQUEST', 'A client metrics subscription has a name.')
      }
      return describeClientMetrics(image.configs('client-metrics', name))
    case 'group':
      if (name === '') throw new Refusal('INVALID_REQUEST', 'A group has a name.')
      return describeGroup(image.configs('group', name), layers)
    case undefined:
      throw new Refusal('INVALID_REQUEST', `Unsupported resource type ${resourceType}`)
  }
}

function brokerConfigs(name: string, brokerId: number, layers: BrokerLayers): DescribedConfig[] {
  if (name === '') return describeBrokerDefaults(layers)
  mustBe(brokerId, name)
  return describeBroker(layers)
}

function mustBe(brokerId: number, name: string): void {
  const id = brokerIdOf(name)
  if (id === null) throw new Refusal('INVALID_REQUEST', `'${name}' is no broker id.`)
  if (id !== brokerId) {
    throw new Refusal('INVALID_REQUEST', `This is broker ${brokerId}, not ${name}.`)
  }
}
