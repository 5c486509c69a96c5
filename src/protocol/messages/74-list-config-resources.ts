import { api } from '../schema/api.ts'
import { array, i8, i16, i32, string } from '../schema/field.ts'

const configResource = {
  resourceName: string,
  resourceType: i8.in(1).default(16).ignorable(),
}

/**
 * ListConfigResources: names of resources that have configuration of their own.
 *
 * Versions: v0 client metrics subscriptions alone (KIP-1000) · v1 any type (KIP-1142).
 */
export const ListConfigResources = api({
  key: 74,
  name: 'ListConfigResources',
  versions: [0, 1],
  flexible: 0,
  request: { resourceTypes: array(i8).in(1) },
  response: {
    throttleTimeMs: i32.default(0),
    errorCode: i16,
    configResources: array(configResource),
  },
})
