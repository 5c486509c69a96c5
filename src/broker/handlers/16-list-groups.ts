import { ListGroups } from '../../protocol/messages/16-list-groups.ts'
import { handler } from '../handler.ts'
import { errorCodeOf } from '../wire.ts'

/**
 * ListGroups, versions 0 to 5: the groups that this broker coordinates. A client asks every broker.
 *
 * Errors: COORDINATOR_NOT_AVAILABLE. Unknown states or types in a filter are no error: they match nothing.
 *
 * Differs from Kafka: the order of the groups is that of their creation (Kafka: of a hash map).
 */
export const listGroups = handler(ListGroups, {
  handle: (request, { broker }) => ({
    errorCode: 0,
    groups: broker.groups
      .listGroups({ states: request.statesFilter, types: request.typesFilter })
      .map(({ groupId, protocolType, state, type }) => ({
        groupId,
        protocolType,
        groupState: state,
        groupType: type,
      })),
  }),

  refuse: (_request, { code }) => ({ errorCode: errorCodeOf(code), groups: [] }),
})
