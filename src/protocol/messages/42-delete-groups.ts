import { api } from '../schema/api.ts'
import { array, i16, i32, string } from '../schema/field.ts'

const result = {
  groupId: string,
  errorCode: i16,
  errorMessage: string.nullable().in(3).default(null).ignorable(),
}

/**
 * DeleteGroups: deletes groups without members (KIP-229).
 *
 * Versions: v1 the client is told to wait only after its answer (KIP-219) · v2 flexible · v3 error messages.
 */
export const DeleteGroups = api({
  key: 42,
  name: 'DeleteGroups',
  versions: [0, 3],
  flexible: 2,
  request: { groupsNames: array(string) },
  response: { throttleTimeMs: i32.default(0), results: array(result) },
})
