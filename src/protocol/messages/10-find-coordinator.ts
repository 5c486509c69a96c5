import { api } from '../schema/api.ts'
import { array, i8, i16, i32, string } from '../schema/field.ts'

const coordinator = {
  key: string,
  nodeId: i32,
  host: string,
  port: i32,
  errorCode: i16,
  errorMessage: string.nullable().ignorable(),
}

/**
 * FindCoordinator: which broker coordinates a group, a transactional id or a share-group partition.
 *
 * Versions: v1 key types (KIP-98), throttle time · v2 the client is told to wait only after its answer
 * (KIP-219) · v3 flexible · v4 several keys at once (KIP-699) · v5 TRANSACTION_ABORTABLE (KIP-890) · v6 share
 * groups (KIP-932).
 */
export const FindCoordinator = api({
  key: 10,
  name: 'FindCoordinator',
  versions: [0, 6],
  flexible: 3,
  request: {
    key: string.in(0, 3),
    keyType: i8.in(1), // 0: group, 1: transaction, 2: share partition
    coordinatorKeys: array(string).in(4),
  },
  response: {
    throttleTimeMs: i32.in(1).default(0).ignorable(),
    errorCode: i16.in(0, 3),
    errorMessage: string.nullable().in(1, 3).ignorable(),
    nodeId: i32.in(0, 3),
    host: string.in(0, 3),
    port: i32.in(0, 3),
    coordinators: array(coordinator).in(4),
  },
})
