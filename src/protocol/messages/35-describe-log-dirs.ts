import { api } from '../schema/api.ts'
import { array, bool, i16, i32, i64, string } from '../schema/field.ts'

const partition = {
  partitionIndex: i32,
  partitionSize: i64,
  offsetLag: i64,
  isFutureKey: bool, // on its way to this directory
}

const result = {
  errorCode: i16,
  logDir: string,
  topics: array({ name: string, partitions: array(partition) }),
  totalBytes: i64.in(4).default(-1n).ignorable(),
  usableBytes: i64.in(4).default(-1n).ignorable(),
  isCordoned: bool.in(5).ignorable(),
}

/**
 * DescribeLogDirs: log directories of a broker and the replicas in them (KIP-113).
 *
 * Versions: v1 the client is told to wait only after its answer (KIP-219) · v2 flexible · v3 error for the
 * whole · v4 size of the volume (KIP-827) · v5 cordoned directories (KIP-1066).
 */
export const DescribeLogDirs = api({
  key: 35,
  name: 'DescribeLogDirs',
  versions: [0, 5],
  flexible: 2,
  request: {
    topics: array({ topic: string, partitions: array(i32) }).nullable(), // null: all
  },
  response: {
    throttleTimeMs: i32.default(0),
    errorCode: i16.in(3).ignorable(),
    results: array(result),
  },
})
