/**
 * What a partition's log needs of its topic's configuration, under Kafka's own names in camelCase. The catalog of configs maps
 * the effective settings of a topic to it; `PartitionLog.updateConfig` takes a new one at any time.
 */

export type CompressionTypeConfig = 'producer' | 'uncompressed' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
export type MessageTimestampType = 'CreateTime' | 'LogAppendTime'
export type CleanupPolicy = 'delete' | 'compact'

/**
 * Times in milliseconds, sizes in bytes. `Number.MAX_SAFE_INTEGER` stands for Kafka's Long.MAX_VALUE ("never"); -1 is
 * unlimited.
 */
export interface LogConfig {
  /** Any of delete and compact; both may be set, and none (keep everything). */
  readonly cleanupPolicy: readonly CleanupPolicy[]
  /** `producer` keeps what came; any other rewrites batches that came with another codec. */
  readonly compressionType: CompressionTypeConfig
  readonly compressionGzipLevel: number
  readonly compressionLz4Level: number
  readonly compressionZstdLevel: number
  readonly deleteRetentionMs: number
  readonly fileDeleteDelayMs: number
  readonly flushMessages: number
  readonly flushMs: number
  /** Bytes between two entries of the offset index. */
  readonly indexIntervalBytes: number
  /** Bound of one batch, as stored. */
  readonly maxMessageBytes: number
  /** Bound of what one compressed batch may decompress to. */
  readonly maxDecompressedMessageBytes: number
  readonly maxCompactionLagMs: number
  readonly messageTimestampAfterMaxMs: number
  readonly messageTimestampBeforeMaxMs: number
  readonly messageTimestampType: MessageTimestampType
  readonly minCleanableDirtyRatio: number
  readonly minCompactionLagMs: number
  readonly retentionBytes: number
  readonly retentionMs: number
  readonly segmentBytes: number
  /** Bound of one index file. */
  readonly segmentIndexBytes: number
  readonly segmentJitterMs: number
  readonly segmentMs: number
  /** Broker setting: after so long without a batch a producer is forgotten. */
  readonly producerIdExpirationMs: number
}

const NEVER = Number.MAX_SAFE_INTEGER
const DAY_MS = 86_400_000

/** Kafka 4.4's defaults. */
export const DEFAULT_LOG_CONFIG: LogConfig = {
  cleanupPolicy: ['delete'],
  compressionType: 'producer',
  compressionGzipLevel: -1,
  compressionLz4Level: 9,
  compressionZstdLevel: 3,
  deleteRetentionMs: DAY_MS,
  fileDeleteDelayMs: 60_000,
  flushMessages: NEVER,
  flushMs: NEVER,
  indexIntervalBytes: 4096,
  maxMessageBytes: 1_048_588,
  maxDecompressedMessageBytes: 2_147_483_639,
  maxCompactionLagMs: NEVER,
  messageTimestampAfterMaxMs: 3_600_000,
  messageTimestampBeforeMaxMs: NEVER,
  messageTimestampType: 'CreateTime',
  minCleanableDirtyRatio: 0.5,
  minCompactionLagMs: 0,
  retentionBytes: -1,
  retentionMs: 7 * DAY_MS,
  segmentBytes: 1_073_741_824,
  segmentIndexBytes: 10_485_760,
  segmentJitterMs: 0,
  segmentMs: 7 * DAY_MS,
  producerIdExpirationMs: DAY_MS,
}
