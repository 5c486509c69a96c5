import { api } from '../schema/api.ts'
import { array, i16, i32, string } from '../schema/field.ts'

const group = {
  groupId: string,
  protocolType: string,
  groupState: string.in(4).ignorable(),
  groupType: string.in(5).ignorable(),
}

/**
 * ListGroups: the groups that a broker coordinates.
 *
 * Versions: v1 throttle time · v2 the client is told to wait only after its answer (KIP-219) · v3 flexible ·
 * v4 states (KIP-518) · v5 types (KIP-848).
 */
export const ListGroups = api({
  key: 16,
  name: 'ListGroups',
  versions: [0, 5],
  flexible: 3,
  request: {
    statesFilter: array(string).in(4),
    typesFilter: array(string).in(5),
  },
  response: {
    throttleTimeMs: i32.in(1).default(0).ignorable(),
    errorCode: i16,
    groups: array(group),
  },
})
