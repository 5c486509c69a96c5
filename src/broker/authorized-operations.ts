/** Codes of AclOperation. */
const READ = 3
const WRITE = 4
const CREATE = 5
const DELETE = 6
const ALTER = 7
const DESCRIBE = 8
const CLUSTER_ACTION = 9
const DESCRIBE_CONFIGS = 10
const ALTER_CONFIGS = 11
const IDEMPOTENT_WRITE = 12

const bits = (operations: readonly number[]): number =>
  operations.reduce((field, operation) => field | (1 << operation), 0)

/**
 * What may be done with a resource where nothing is forbidden, as bit fields (KIP-430). Source:
 * AclEntry.supportedOperations.
 */
export const ALL_TOPIC_OPERATIONS = bits([
  READ,
  WRITE,
  CREATE,
  DELETE,
  ALTER,
  DESCRIBE,
  DESCRIBE_CONFIGS,
  ALTER_CONFIGS,
])
export const ALL_CLUSTER_OPERATIONS = bits([
  CREATE,
  ALTER,
  DESCRIBE,
  CLUSTER_ACTION,
  DESCRIBE_CONFIGS,
  ALTER_CONFIGS,
  IDEMPOTENT_WRITE,
])
