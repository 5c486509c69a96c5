import { api } from '../schema/api.ts'
import { array, bool, f64, i16, i32, string } from '../schema/field.ts'

const entity = {
  entityType: string,
  entityName: string.nullable(), // null: the default entity
}

const requestEntry = {
  entity: array(entity),
  ops: array({ key: string, value: f64, remove: bool }),
}

const responseEntry = {
  errorCode: i16,
  errorMessage: string.nullable(),
  entity: array(entity),
}

/**
 * AlterClientQuotas: changes client quotas (KIP-546).
 *
 * Versions: v1 flexible.
 */
export const AlterClientQuotas = api({
  key: 49,
  name: 'AlterClientQuotas',
  versions: [0, 1],
  flexible: 1,
  request: { entries: array(requestEntry), validateOnly: bool },
  response: { throttleTimeMs: i32.default(0), entries: array(responseEntry) },
})
