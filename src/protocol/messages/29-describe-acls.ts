import { api } from '../schema/api.ts'
import { array, i8, i16, i32, string } from '../schema/field.ts'

const acl = { principal: string, host: string, operation: i8, permissionType: i8 }

const resource = {
  resourceType: i8,
  resourceName: string,
  patternType: i8.in(1).default(3),
  acls: array(acl),
}

/**
 * DescribeAcls: the ACLs that match a filter (KIP-140).
 *
 * Versions: v1 pattern types (KIP-290) · v2 flexible · v3 user resources (KIP-373).
 */
export const DescribeAcls = api({
  key: 29,
  name: 'DescribeAcls',
  versions: [0, 3],
  flexible: 2,
  request: {
    resourceTypeFilter: i8,
    resourceNameFilter: string.nullable(),
    patternTypeFilter: i8.in(1).default(3),
    principalFilter: string.nullable(),
    hostFilter: string.nullable(),
    operation: i8,
    permissionType: i8,
  },
  response: {
    throttleTimeMs: i32.default(0),
    errorCode: i16,
    errorMessage: string.nullable(),
    resources: array(resource),
  },
})
