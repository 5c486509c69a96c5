import type { JoinResult } from '../../coordinator/group/types.ts'
import { JoinGroup } from '../../protocol/messages/11-join-group.ts'
import { handler } from '../handler.ts'
import { errorCodeOf } from '../wire.ts'

const REBALANCE_TIMEOUT_SINCE = 1
const MEMBER_ID_REQUIRED_SINCE = 4
const NULL_PROTOCOL_SINCE = 7
const SKIP_ASSIGNMENT_SINCE = 9

/**
 * JoinGroup, versions 0 to 9: enters a group or its next generation. The answer waits for the other members.
 *
 * Errors: INVALID_GROUP_ID, INVALID_SESSION_TIMEOUT, INCONSISTENT_GROUP_PROTOCOL, MEMBER_ID_REQUIRED (with
 * the id, from v4), UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, GROUP_MAX_SIZE_REACHED, NOT_COORDINATOR,
 * COORDINATOR_NOT_AVAILABLE.
 *
 * Versions: v0 has no rebalance timeout, its session timeout is both; a failed join has no protocol name from
 * v7, an empty one before.
 *
 * Differs from Kafka: the initial rebalance delay is 0 unless set; a second JoinGroup of a member on another
 * connection answers the first with REBALANCE_IN_PROGRESS (Kafka never answers it).
 */
export const joinGroup = handler(JoinGroup, {
  handle(request, { broker, apiVersion, clientId, connection }) {
    const { sessionTimeoutMs } = request
    const joined = broker.groups.joinGroup({
      groupId: request.groupId,
      memberId: request.memberId,
      groupInstanceId: request.groupInstanceId,
      clientId: clientId ?? '',
      clientHost: `/${connection.remote.host}`,
      sessionTimeoutMs,
      rebalanceTimeoutMs:
        apiVersion >= REBALANCE_TIMEOUT_SINCE ? request.rebalanceTimeoutMs : sessionTimeoutMs,
      protocolType: request.protocolType,
      // The group keeps the metadata: it must not be a view of the frame.
      protocols: request.protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) })),
      requiresMemberId: apiVersion >= MEMBER_ID_REQUIRED_SINCE,
      canSkipAssignment: apiVersion >= SKIP_ASSIGNMENT_SINCE,
    })
    return joined instanceof Promise
      ? joined.then((result) => answer(result, apiVersion))
      : answer(joined, apiVersion)
  },

  refuse: (_request, { code }, { apiVersion }) => ({
    errorCode: errorCodeOf(code),
    generationId: -1,
    protocolName: apiVersion >= NULL_PROTOCOL_SINCE ? null : '',
    leader: '',
    skipAssignment: false,
    memberId: '',
    members: [],
  }),
})

const answer = (result: JoinResult, apiVersion: number) => ({
  errorCode: errorCodeOf(result.error),
  generationId: result.generationId,
  protocolType: result.protocolType,
  protocolName: result.protocolName ?? (apiVersion >= NULL_PROTOCOL_SINCE ? null : ''),
  leader: result.leader,
  skipAssignment: result.skipAssignment,
  memberId: result.memberId,
  members: result.members,
})
