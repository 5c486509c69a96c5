import { api } from '../schema/api.ts'
import { array, i8, i16, i32, string } from '../schema/field.ts'

const creation = {
  resourceType: i8,
  resourceName: string,
  resourcePatternType: i8.in(1).default(3),
  principal: string,
  host: string,
  operation: i8,
  permissionType: i8,
}

/**
 * CreateAcls: adds ACLs (KIP-140).
 *
 * Versions: v1 pattern types (KIP-290) · v2 flexible · v3 user resources (KIP-373).
 */
export const CreateAcls = api({
  key: 30,
  name: 'CreateAcls',
  versions: [0, 3],
  flexible: 2,
  request: { creations: array(creation) },
  response: {
    throttleTimeMs: i32.default(0),
    results: array({ errorCode: i16, errorMessage: string.nullable() }),
  },
})
