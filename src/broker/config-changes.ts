import type { AlteredConfigs } from '../coordinator/cluster/commands.ts'
import { brokerChangeProblem } from '../coordinator/cluster/configs/broker-rules.ts'
import { configDefinition } from '../coordinator/cluster/configs/catalog.ts'
import { parseList } from '../coordinator/cluster/configs/value.ts'
import { Refusal } from '../protocol/errors.ts'
import type { Broker } from './broker.ts'
import { brokerIdOf, CONFIG_RESOURCE_CODE, configResourceTypeOf } from './config-resources.ts'
import { errorCodeOf, refusalOf } from './wire.ts'

/**
 * What AlterConfigs and IncrementalAlterConfigs share: the checks that a broker makes before it hands
 * changes to the controller. Source: Kafka's ConfigAdminManager.
 */

/** One change as the request has it. */
export interface RequestedChange {
  readonly name: string
  /** 0: set, 1: delete, 2: append, 3: subtract. Absent: set. */
  readonly configOperation?: number
  readonly value: string | null
}

export interface RequestedResource {
  readonly resourceType: number
  readonly resourceName: string
  readonly configs: readonly RequestedChange[]
}

const SET = 0
const DELETE = 1
const APPEND = 2
const SUBTRACT = 3

/** What is answered of one resource. */
export interface AlterResult {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly resourceType: number
  readonly resourceName: string
}

export const failedResult = (
  { resourceType, resourceName }: RequestedResource,
  refusal: Refusal | null,
): AlterResult => ({
  errorCode: errorCodeOf(refusal?.code ?? null),
  errorMessage: refusal?.message ?? null,
  resourceType,
  resourceName,
})

export const alteredResult = (altered: AlteredConfigs): AlterResult => ({
  errorCode: errorCodeOf(altered.error),
  errorMessage: altered.error === null ? null : (altered.message ?? altered.error),
  resourceType: CONFIG_RESOURCE_CODE[altered.type],
  resourceName: altered.name,
})

/**
 * Answers each resource, in order: with what is wrong with it by itself (it comes twice, its changes contradict each other,
 * `check` throws a Refusal), or with what `alter` says of those that are left, one result each.
 */
export function alterEach<R extends RequestedResource>(
  resources: readonly R[],
  check: (resource: R) => void,
  alter: (left: readonly R[]) => readonly AlterResult[],
): AlterResult[] {
  const twice = repeated(resources)
  const results = new Map<R, AlterResult>()
  for (const resource of resources) {
    try {
      if (twice.has(resource)) throw new Refusal('INVALID_REQUEST', 'The resource is named more than once.')
      checkChanges(resource.configs)
      checkType(resource)
      check(resource)
    } catch (error) {
      results.set(resource, failedResult(resource, refusalOf(error)))
    }
  }
  const left = resources.filter((resource) => !results.has(resource))
  for (const [index, result] of alter(left).entries()) {
    const resource = left[index]
    if (resource !== undefined) results.set(resource, result)
  }
  return resources.map((resource) => results.get(resource) ?? failedResult(resource, null))
}

/** The resources that come more than once in a request. */
function repeated<R extends RequestedResource>(resources: readonly R[]): ReadonlySet<R> {
  const seen = new Map<string, R>()
  const twice = new Set<R>()
  for (const resource of resources) {
    const key = `${resource.resourceType} ${resource.resourceName}`
    const earlier = seen.get(key)
    if (earlier !== undefined) twice.add(earlier).add(resource)
    seen.set(key, resource)
  }
  return twice
}

/** What is wrong with the changes of one resource in themselves. Throws INVALID_REQUEST. */
function checkChanges(configs: readonly RequestedChange[]): void {
  if (new Set(configs.map(({ name }) => name)).size !== configs.length) {
    throw new Refusal('INVALID_REQUEST', 'A setting is named more than once.')
  }
  const nulls = configs.filter(({ configOperation, value }) => configOperation !== DELETE && value === null)
  if (nulls.length > 0) {
    const names = nulls.map(({ name }) => name).join(', ')
    throw new Refusal('INVALID_REQUEST', `There is no value for ${names}`)
  }
}

/** A broker changes itself, or the defaults of all. Throws INVALID_REQUEST, INVALID_CONFIG. */
export function checkBrokerChange(
  broker: Broker,
  { resourceName, configs }: RequestedResource,
  replace: boolean,
): void {
  const perBroker = resourceName !== ''
  if (perBroker) checkIsThisBroker(broker, resourceName)
  const { image } = broker
  const settings = new Map(replace ? [] : image.configs('broker', resourceName))
  for (const change of configs) applyChange(settings, change)
  const problem = brokerChangeProblem(settings, perBroker, broker.settings.layers(image))
  if (problem !== null) throw new Refusal('INVALID_REQUEST', problem)
}

export function checkIsThisBroker(broker: Broker, name: string): void {
  const id = brokerIdOf(name)
  if (id === null) throw new Refusal('INVALID_REQUEST', `'${name}' is no broker id.`)
  if (id === broker.id) return
  throw new Refusal('INVALID_REQUEST', `This is broker ${broker.id}, not ${name}.`)
}

/** @throws Refusal INVALID_REQUEST for a type that has no settings to change. */
function checkType({ resourceType }: RequestedResource): void {
  if (configResourceTypeOf(resourceType) !== undefined) return
  throw new Refusal('INVALID_REQUEST', `Resources of type ${resourceType} have no settings to change`)
}

function applyChange(
  settings: Map<string, string>,
  { name, configOperation = SET, value }: RequestedChange,
): void {
  switch (configOperation) {
    case SET:
      settings.set(name, value ?? '')
      return
    case DELETE:
      settings.delete(name)
      return
    case APPEND:
    case SUBTRACT: {
      const definition = configDefinition('broker', name)
      if (definition === undefined) throw new Refusal('INVALID_CONFIG', `There is no setting ${name}`)
      const verb = configOperation === APPEND ? 'append' : 'subtract'
      if (definition.type !== 'list') {
        throw new Refusal('INVALID_CONFIG', `${name} is no list to ${verb} elements`)
      }
      const now = parseList(settings.get(name) ?? definition.default ?? '')
      const given = parseList(value ?? '')
      const next =
        verb === 'append' ? [...new Set([...now, ...given])] : now.filter((item) => !given.includes(item))
      settings.set(name, next.join(','))
      return
    }
    default:
      throw new Refusal('INVALID_REQUEST', `There is no operation ${configOperation}`)
  }
}
