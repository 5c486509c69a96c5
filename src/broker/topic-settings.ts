import type { BrokerSettings } from '../coordinator/cluster/configs/effective.ts'
import type { ClusterImage } from '../coordinator/cluster/image.ts'
import type {
  CleanupPolicy,
  CompressionTypeConfig,
  LogConfig,
  MessageTimestampType,
} from '../log/log-config.ts'

/** Settings of a topic that its replicas need. */
export interface TopicSettings {
  readonly minInsyncReplicas: number
  readonly log: LogConfig
}

/** The effective settings of a topic on one broker, as its log takes them. The catalog has checked the values already. */
export const topicSettings = (
  settings: BrokerSettings,
  image: ClusterImage,
  topic: string,
): TopicSettings => {
  const view = settings.topic(image, topic)
  const text = (name: string): string => view.string(name) ?? ''
  return {
    minInsyncReplicas: view.number('min.insync.replicas'),
    log: {
      cleanupPolicy: view.list('cleanup.policy') as readonly CleanupPolicy[],
      compressionType: text('compression.type') as CompressionTypeConfig,
      compressionGzipLevel: view.number('compression.gzip.level'),
      compressionLz4Level: view.number('compression.lz4.level'),
      compressionZstdLevel: view.number('compression.zstd.level'),
      deleteRetentionMs: view.number('delete.retention.ms'),
      fileDeleteDelayMs: view.number('file.delete.delay.ms'),
      flushMessages: view.number('flush.messages'),
      flushMs: view.number('flush.ms'),
      indexIntervalBytes: view.number('index.interval.bytes'),
      maxMessageBytes: view.number('max.message.bytes'),
      maxDecompressedMessageBytes: view.number('max.decompressed.message.bytes'),
      maxCompactionLagMs: view.number('max.compaction.lag.ms'),
      messageTimestampAfterMaxMs: view.number('message.timestamp.after.max.ms'),
      messageTimestampBeforeMaxMs: view.number('message.timestamp.before.max.ms'),
      messageTimestampType: text('message.timestamp.type') as MessageTimestampType,
      minCleanableDirtyRatio: view.number('min.cleanable.dirty.ratio'),
      minCompactionLagMs: view.number('min.compaction.lag.ms'),
      retentionBytes: view.number('retention.bytes'),
      retentionMs: view.number('retention.ms'),
      segmentBytes: view.number('segment.bytes'),
      segmentIndexBytes: view.number('segment.index.bytes'),
      segmentJitterMs: view.number('segment.jitter.ms'),
      segmentMs: view.number('segment.ms'),
      producerIdExpirationMs: settings.broker(image).number('producer.id.expiration.ms'),
    },
  }
}
