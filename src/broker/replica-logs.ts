import { join } from 'node:path'
import type { LogDirectory } from '../log/log-directory.ts'
import type { ReplicaLogs } from '../replication/replica-manager.ts'
import type { Env } from '../runtime/env.ts'

/**
 * Suffix of a directory whose partition is not this broker's any more, as Kafka names it; it is never read
 * again.
 */
const STRAY_SUFFIX = '-stray'

/** A broker's log directory as its replicas use it. */
export const replicaLogs = (env: Env, directory: LogDirectory): ReplicaLogs => ({
  open: ({ topic, topicId, partition }, config) => directory.openLog({ topic, topicId, partition, config }),
  delete: ({ topic, partition }) => directory.deleteLog(topic, partition),
  retain(isOurs) {
    for (const { topic, partition, topicId } of directory.stored()) {
      if (topicId !== undefined && isOurs(topicId, partition)) continue
      const name = `${topic}-${partition}`
      const aside = `${name}.${env.random.uuid()}${STRAY_SUFFIX}`
      env.log.warn('a partition on disk is not of this cluster any more and is put aside', { name, aside })
      env.disk.rename(join(directory.path, name), join(directory.path, aside))
    }
  },
  async close() {
    directory.close()
  },
})
