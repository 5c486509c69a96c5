import { OPERATIONS_NOT_REQUESTED } from '../constants.ts'
import { api } from '../schema/api.ts'
import { array, bool, i8, i16, i32, string } from '../schema/field.ts'

const broker = {
  brokerId: i32,
  host: string,
  port: i32,
  rack: string.nullable().default(null),
  isFenced: bool.in(2),
}

/**
 * DescribeCluster: cluster id, brokers or controllers, the caller's operations on the cluster (KIP-700).
 *
 * Versions: v1 controllers too (KIP-919) · v2 fenced brokers (KIP-1073).
 */
export const DescribeCluster = api({
  key: 60,
  name: 'DescribeCluster',
  versions: [0, 2],
  flexible: 0,
  request: {
    includeClusterAuthorizedOperations: bool,
    endpointType: i8.in(1).default(1), // 1: brokers, 2: controllers
    includeFencedBrokers: bool.in(2),
  },
  response: {
    throttleTimeMs: i32.default(0),
    errorCode: i16,
    errorMessage: string.nullable().default(null),
    endpointType: i8.in(1).default(1),
    clusterId: string,
    controllerId: i32.default(-1),
    brokers: array(broker),
    clusterAuthorizedOperations: i32.default(OPERATIONS_NOT_REQUESTED),
  },
})
