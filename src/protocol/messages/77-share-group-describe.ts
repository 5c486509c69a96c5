import { OPERATIONS_NOT_REQUESTED } from '../constants.ts'
import { api } from '../schema/api.ts'
import { array, bool, i16, i32, string, struct, uuid } from '../schema/field.ts'

const assignment = {
  topicPartitions: array({ topicId: uuid, topicName: string, partitions: array(i32) }),
}

const member = {
  memberId: string,
  rackId: string.nullable().default(null),
  memberEpoch: i32,
  clientId: string,
  clientHost: string,
  subscribedTopicNames: array(string),
  assignment: struct(assignment),
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
 * ShareGroupDescribe: state and members of share groups (KIP-932).
 *
 * Versions: v0 early access.
 */
export const ShareGroupDescribe = api({
  key: 77,
  name: 'ShareGroupDescribe',
  versions: [0, 1],
  flexible: 0,
  request: { groupIds: array(string), includeAuthorizedOperations: bool },
  response: { throttleTimeMs: i32.default(0), groups: array(group) },
})
