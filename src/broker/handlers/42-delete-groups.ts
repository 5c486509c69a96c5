import type { NamedGroupResult } from '../../coordinator/group/types.ts'
import { DeleteGroups } from '../../protocol/messages/42-delete-groups.ts'
import { handler } from '../handler.ts'
import { errorCodeOf } from '../wire.ts'

/**
 * DeleteGroups, versions 0 to 3: deletes groups without members, and their offsets (KIP-229).
 *
 * Errors, of each group: NON_EMPTY_GROUP, GROUP_ID_NOT_FOUND, NOT_COORDINATOR, COORDINATOR_NOT_AVAILABLE.
 *
 * Differs from Kafka: nothing known.
 */
export const deleteGroups = handler(DeleteGroups, {
  handle(request, { broker }) {
    const deleted = broker.groups.deleteGroups(request.groupsNames)
    return deleted instanceof Promise ? deleted.then(answer) : answer(deleted)
  },

  refuse: (request, { code }) => ({
    results: request.groupsNames.map((groupId) => ({ groupId, errorCode: errorCodeOf(code) })),
  }),
})

const answer = (results: readonly NamedGroupResult[]) => ({
  results: results.map(({ groupId, error, message }) => ({
    groupId,
    errorCode: errorCodeOf(error),
    errorMessage: message,
  })),
})
