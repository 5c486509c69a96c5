import { api } from '../schema/api.ts'
import { array, bool, f64, i8, i16, i32, string } from '../schema/field.ts'

const component = {
  entityType: string,
  matchType: i8, // 0: this name, 1: the default, 2: any
  match: string.nullable(),
}

const entity = {
  entityType: string,
  entityName: string.nullable(), // null: the default entity
}

const entry = { entity: array(entity), values: array({ key: string, value: f64 }) }

/**
 * DescribeClientQuotas: client quotas that match a filter (KIP-546).
 *
 * Versions: v1 flexible.
 */
export const DescribeClientQuotas = api({
  key: 48,
  name: 'DescribeClientQuotas',
  versions: [0, 1],
  flexible: 1,
  request: { components: array(component), strict: bool },
  response: {
    throttleTimeMs: i32.default(0),
    errorCode: i16,
    errorMessage: string.nullable(),
    entries: array(entry).nullable(),
  },
})
