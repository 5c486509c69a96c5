import { api } from '../schema/api.ts'
import { array, bool, i8, i16, i32, string } from '../schema/field.ts'

const config = {
  name: string,
  value: string.nullable(), // null: back to the default
}

const resource = { resourceType: i8, resourceName: string, configs: array(config) }

const responseResource = {
  errorCode: i16,
  errorMessage: string.nullable(),
  resourceType: i8,
  resourceName: string,
}

/**
 * AlterConfigs: replaces the whole configuration of resources (KIP-133).
 *
 * Versions: v1 the client is told to wait only after its answer (KIP-219) · v2 flexible.
 */
export const AlterConfigs = api({
  key: 33,
  name: 'AlterConfigs',
  versions: [0, 2],
  flexible: 2,
  request: { resources: array(resource), validateOnly: bool },
  response: { throttleTimeMs: i32.default(0), responses: array(responseResource) },
})
