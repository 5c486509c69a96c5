import { api } from '../schema/api.ts'
import { array, bool, i16, i32, string, u16, uuid } from '../schema/field.ts'

/**
 * AddRaftVoter: adds a controller to the Raft quorum (KIP-853).
 *
 * Versions: v1 answer before the change is committed.
 */
export const AddRaftVoter = api({
  key: 80,
  name: 'AddRaftVoter',
  versions: [0, 1],
  flexible: 0,
  request: {
    clusterId: string.nullable(),
    timeoutMs: i32,
    voterId: i32,
    voterDirectoryId: uuid,
    listeners: array({ name: string, host: string, port: u16 }),
    ackWhenCommitted: bool.in(1).default(true),
  },
  response: {
    throttleTimeMs: i32.default(0),
    errorCode: i16,
    errorMessage: string.nullable().ignorable(),
  },
})
