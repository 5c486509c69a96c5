import type { SyncResult } from '../../coordinator/group/types.ts'
import { Refusal } from '../../protocol/errors.ts'
import { SyncGroup } from '../../protocol/messages/14-sync-group.ts'
import { handler } from '../handler.ts'
import { errorCodeOf } from '../wire.ts'

const PROTOCOL_REQUIRED_SINCE = 5

/**
 * SyncGroup, versions 0 to 5: the leader brings the assignment, every member fetches its own. The answer
 * waits for the leader.
 *
 * Errors: INCONSISTENT_GROUP_PROTOCOL (another protocol than the chosen one, or none given from v5),
 * REBALANCE_IN_PROGRESS, UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION, FENCED_INSTANCE_ID, INVALID_GROUP_ID,
 * NOT_COORDINATOR, COORDINATOR_NOT_AVAILABLE.
 *
 * Differs from Kafka: members have 100 ms to ask for their assignment, even if their rebalance timeout is
 * shorter (Kafka: with a timeout of 0 they may be removed before they can).
 */
export const syncGroup = handler(SyncGroup, {
  handle(request, { broker, apiVersion }) {
    const saysProtocol = request.protocolType !== null && request.protocolName !== null
    if (apiVersion >= PROTOCOL_REQUIRED_SINCE && !saysProtocol)
      throw new Refusal('INCONSISTENT_GROUP_PROTOCOL')
    const synced = broker.groups.syncGroup({
      ...request,
      // The group keeps the assignments: they must not be views of the frame.
      assignments: request.assignments.map(({ memberId, assignment }) => ({
        memberId,
        assignment: Buffer.from(assignment),
      })),
    })
    return synced instanceof Promise ? synced.then(answer) : answer(synced)
  },

  refuse: (_request, { code }) => ({ errorCode: errorCodeOf(code), assignment: Buffer.alloc(0) }),
})

const answer = ({ error, protocolType, protocolName, assignment }: SyncResult) => ({
  errorCode: errorCodeOf(error),
  protocolType,
  protocolName,
  assignment,
})
