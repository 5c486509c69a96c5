import { api } from '../schema/api.ts'
import { array, bool, i8, i16, i32, string } from '../schema/field.ts'

const config = {
  name: string,
  configOperation: i8, // 0: set, 1: delete, 2: append, 3: subtract
  value: string.nullable(),
}

const resource = { resourceType: i8, resourceName: string, configs: array(config) }

const responseResource = {
  errorCode: i16,
  errorMessage: string.nullable(),
  resourceType: i8,
  resourceName: string,
}

/**
 * IncrementalAlterConfigs: changes single configuration values of resources (KIP-339).
 *
 * Versions: v1 flexible.
 */
export const IncrementalAlterConfigs = api({
  key: 44,
  name: 'IncrementalAlterConfigs',
  versions: [0, 1],
  flexible: 1,
  request: { resources: array(resource), validateOnly: bool },
  response: { throttleTimeMs: i32.default(0), responses: array(responseResource) },
})
