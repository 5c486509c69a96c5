/**
 * The broker settings that govern groups; names and defaults are Kafka's but for the initial rebalance delay.
 */
export interface GroupSettings {
  /** group.min.session.timeout.ms */
  readonly minSessionTimeoutMs: number
  /** group.max.session.timeout.ms */
  readonly maxSessionTimeoutMs: number
  /**
   * group.initial.rebalance.delay.ms. Kafka waits 3,000 for more members; here nobody waits unless asked to.
   */
  readonly initialRebalanceDelayMs: number
  /** group.max.size: members of one classic group. */
  readonly maxSize: number
  /** offset.metadata.max.bytes. As in Kafka it counts UTF-16 code units. */
  readonly offsetMetadataMaxBytes: number
  /** offsets.retention.minutes, in ms. */
  readonly offsetsRetentionMs: number
  /** offsets.retention.check.interval.ms */
  readonly offsetsRetentionCheckIntervalMs: number
  /** offsets.commit.timeout.ms. Read when a broker starts. */
  readonly offsetsCommitTimeoutMs: number
}

export const DEFAULT_GROUP_SETTINGS: GroupSettings = {
  minSessionTimeoutMs: 6_000,
  maxSessionTimeoutMs: 1_800_000,
  initialRebalanceDelayMs: 0,
  maxSize: 2_147_483_647,
  offsetMetadataMaxBytes: 4_096,
  offsetsRetentionMs: 10_080 * 60_000,
  offsetsRetentionCheckIntervalMs: 600_000,
  offsetsCommitTimeoutMs: 5_000,
}

/**
 * How long a new member's JoinGroup may wait before the member is dropped: its client is probably gone
 * (Kafka's constant).
 */
export const NEW_MEMBER_JOIN_TIMEOUT_MS = 5 * 60_000
