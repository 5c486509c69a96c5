import { OPERATIONS_NOT_REQUESTED } from '../constants.ts'
import { api } from '../schema/api.ts'
import { array, bool, i8, i16, i32, string, struct, uuid } from '../schema/field.ts'

const assignment = {
  topicPartitions: array({ topicId: uuid, topicName: string, partitions: array(i32) }),
}

const member = {
  memberId: string,
  instanceId: string.nullable().default(null),
  rackId: string.nullable().default(null),
  memberEpoch: i32,
  clientId: string,
  clientHost: string,
  subscribedTopicNames: array(string),
  subscribedTopicRegex: string.nullable().default(null),
  assignment: struct(assignment),
  targetAssignment: struct(assignment),
  memberType: i8.in(1).default(-1).ignorable(), // 0: classic, 1: consumer, -1: unknown
}

const group = {
  errorCode: i16,
  errorMessage: string.nullable().default(null),
  groupId: string,
  groupState: string,
  groupEpoch: i32,
  assignmentEpoch: i32,
  assignorName: string,
  members: array(member),
  authorizedOperations: i32.default(OPERATIONS_NOT_REQUESTED),
}

/**
 * ConsumerGroupDescribe: state and members of consumer groups (KIP-848).
 *
 * Versions: v1 whether a member speaks the classic protocol (KIP-1099).
 */
export const ConsumerGroupDescribe = api({
  key: 69,
  name: 'ConsumerGroupDescribe',
  versions: [0, 1],
  flexible: 0,
  request: { groupIds: array(string), includeAuthorizedOperations: bool },
  response: { throttleTimeMs: i32.default(0), groups: array(group) },
})
