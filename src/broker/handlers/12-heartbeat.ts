import { Heartbeat } from '../../protocol/messages/12-heartbeat.ts'
import { handler } from '../handler.ts'
import { errorCodeOf } from '../wire.ts'

/**
 * Heartbeat, versions 0 to 4: a member is alive, and learns of a rebalance.
 *
 * Errors: REBALANCE_IN_PROGRESS (join again), UNKNOWN_MEMBER_ID (also for an unknown group),
 * ILLEGAL_GENERATION, FENCED_INSTANCE_ID, INVALID_GROUP_ID, NOT_COORDINATOR.
 *
 * Differs from Kafka: nothing known.
 */
export const heartbeat = handler(Heartbeat, {
  handle: (request, { broker }) => ({ errorCode: errorCodeOf(broker.groups.heartbeat(request)) }),
  refuse: (_request, { code }) => ({ errorCode: errorCodeOf(code) }),
})
