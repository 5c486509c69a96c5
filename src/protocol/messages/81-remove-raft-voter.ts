import { api } from '../schema/api.ts'
import { i16, i32, string, uuid } from '../schema/field.ts'

/** RemoveRaftVoter: removes a controller from the Raft quorum (KIP-853). */
export const RemoveRaftVoter = api({
  key: 81,
  name: 'RemoveRaftVoter',
  versions: [0, 0],
  flexible: 0,
  request: { clusterId: string.nullable(), voterId: i32, voterDirectoryId: uuid },
  response: {
    throttleTimeMs: i32.default(0),
    errorCode: i16,
    errorMessage: string.nullable().ignorable(),
  },
})
