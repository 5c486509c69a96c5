import { api } from '../schema/api.ts'
import { array, i8, i16, i32, string } from '../schema/field.ts'

const filter = {
  resourceTypeFilter: i8,
  resourceNameFilter: string.nullable(),
  patternTypeFilter: i8.in(1).default(3),
  principalFilter: string.nullable(),
  hostFilter: string.nullable(),
  operation: i8,
  permissionType: i8,
}

const matchingAcl = {
  errorCode: i16,
  errorMessage: string.nullable(),
  resourceType: i8,
  resourceName: string,
  patternType: i8.in(1).default(3),
  principal: string,
  host: string,
  operation: i8,
  permissionType: i8,
}

const filterResult = {
  errorCode: i16,
  errorMessage: string.nullable(),
  matchingAcls: array(matchingAcl),
}

/**
 * DeleteAcls: removes the ACLs that match filters (KIP-140).
 *
 * Versions: v1 pattern types (KIP-290) · v2 flexible · v3 user resources (KIP-373).
 */
export const DeleteAcls = api({
  key: 31,
  name: 'DeleteAcls',
  versions: [0, 3],
  flexible: 2,
  request: { filters: array(filter) },
  response: { throttleTimeMs: i32.default(0), filterResults: array(filterResult) },
})
