import type { BrokerSettings, ConfigView } from '../coordinator/cluster/configs/effective.ts'
import type { ClusterImage } from '../coordinator/cluster/image.ts'
import type {
  CleanupPolicy,
  CompressionTypeConfig,
  LogConfig,
  MessageTimestampType,
} from '../log/log-config.ts'

/** What of a topic's effective settings replication needs. */
export interface TopicSettings {
  /** `min.insync.replicas` */
  readonly minInsyncReplicas: number
  readonly log: LogConfig
}

/** What replication and the log need of a topic's effective settings, as `settings`' broker sees them. */
export function topicSettings(settings: BrokerSettings, image: ClusterImage, topic: string): TopicSettings {
  const view = settings.topic(image, topic)
  const producerIdExpirationMs = settings.broker(image).number('producer.id.expiration.ms')
  return {
    minInsyncReplicas: view.number('min.insync.replicas'),
    log: logConfig(view, producerIdExpirationMs),
  }
}

/** Values were checked against their choices when they were set. */
const logConfig = (topic: ConfigView, producerIdExpirationMs: number): LogConfig => ({
  cleanupPolicy: topic.list('cleanup.policy') as readonly CleanupPolicy[],
  compressionType: topic.string('compression.type') as CompressionTypeConfig,
  compressionGzipLevel: topic.number('compression.gzip.level'),
  compressionLz4Level: topic.number('compression.lz4.level'),
  compressionZstdLevel: topic.number('compression.zstd.level'),
  deleteRetentionMs: topic.number('delete.retention.ms'),
  fileDeleteDelayMs: topic.number('file.delete.delay.ms'),
  flushMessages: topic.number('flush.messages'),
  flushMs: topic.number('flush.ms'),
  indexIntervalBytes: topic.number('index.interval.bytes'),
  maxMessageBytes: topic.number('max.message.bytes'),
  maxDecompressedMessageBytes: topic.number('max.decompressed.message.bytes'),
  maxCompactionLagMs: topic.number('max.compaction.lag.ms'),
  messageTimestampAfterMaxMs: topic.number('message.timestamp.after.max.ms'),
  messageTimestampBeforeMaxMs: topic.number('message.timestamp.before.max.ms'),
  messageTimestampType: topic.string('message.timestamp.type') as MessageTimestampType,
  minCleanableDirtyRatio: topic.number('min.cleanable.dirty.ratio'),
  minCompactionLagMs: topic.number('min.compaction.lag.ms'),
  retentionBytes: topic.number('retention.bytes'),
  // Any negative time means forever.
  retentionMs: Math.max(-1, topic.number('retention.ms')),
  segmentBytes: topic.has('internal.segment.bytes')
    ? topic.number('internal.segment.bytes')
    : topic.number('segment.bytes'),
  segmentIndexBytes: topic.number('segment.index.bytes'),
  segmentJitterMs: topic.number('segment.jitter.ms'),
  segmentMs: topic.number('segment.ms'),
  producerIdExpirationMs,
})
