import type { ConfigView } from '../coordinator/cluster/configs/effective.ts'
import type { GroupSettings } from '../coordinator/group/settings.ts'

const MINUTE_MS = 60_000

/** The settings of a broker that govern its groups. */
export const groupSettings = (config: ConfigView): GroupSettings => ({
  minSessionTimeoutMs: config.number('group.min.session.timeout.ms'),
  maxSessionTimeoutMs: config.number('group.max.session.timeout.ms'),
  initialRebalanceDelayMs: config.number('group.initial.rebalance.delay.ms'),
  maxSize: config.number('group.max.size'),
  offsetMetadataMaxBytes: config.number('offset.metadata.max.bytes'),
  offsetsRetentionMs: config.number('offsets.retention.minutes') * MINUTE_MS,
  offsetsRetentionCheckIntervalMs: config.number('offsets.retention.check.interval.ms'),
  offsetsCommitTimeoutMs: config.number('offsets.commit.timeout.ms'),
})
