import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DEFAULT_LOG_CONFIG } from '../../src/log/log-config.ts'
import { LogDirectory } from '../../src/log/log-directory.ts'
import { batchOf, DIRECTORY, LogFixture, refusalOf } from './fixtures.ts'

const CLUSTER = 'AAAAAAAAAAAAAAAAAAAAAQ'

const openDirectory = (fixture: LogFixture, nodeId = 1): LogDirectory =>
  LogDirectory.open(fixture.env, { path: DIRECTORY, clusterId: CLUSTER, nodeId, cache: fixture.cache })

const openLog = (directory: LogDirectory, topic: string, partition = 0) =>
  directory.openLog({ topic, partition, topicId: 'AAAAAAAAAAAAAAAAAAAABw', config: DEFAULT_LOG_CONFIG })

const text = (fixture: LogFixture, name: string): string =>
  fixture.disk.readFile(join(DIRECTORY, name)).toString()

describe('a log directory', () => {
  it('writes what Kafka writes at a clean stop, and starts from it', () => {
    const fixture = new LogFixture()
    const directory = openDirectory(fixture)
    const log = openLog(directory, 'a.b-c', 3)
    for (let i = 0; i < 5; i++) log.appendAsLeader(batchOf([`v${i}`]), { leaderEpoch: 0 })
    log.setHighWatermark(4)
    log.deleteRecordsBefore(2)
    directory.close()
    expect(text(fixture, 'meta.properties').split('\n')).toEqual(
      expect.arrayContaining([
        'version=1',
        `cluster.id=${CLUSTER}`,
        'node.id=1',
        `directory.id=${directory.directoryId}`,
      ]),
    )
    expect(text(fixture, 'replication-offset-checkpoint')).toBe('0\n1\na.b-c 3 4\n')
    expect(text(fixture, 'recovery-point-offset-checkpoint')).toBe('0\n1\na.b-c 3 5\n')
    expect(text(fixture, 'log-start-offset-checkpoint')).toBe('0\n1\na.b-c 3 2\n')

    const again = openDirectory(fixture)
    expect(again.clean).toBe(true)
    expect(again.directoryId).toBe(directory.directoryId)
    expect(again.stored()).toEqual([{ topic: 'a.b-c', partition: 3, topicId: 'AAAAAAAAAAAAAAAAAAAABw' }])
    const reopened = openLog(again, 'a.b-c', 3)
    expect(reopened).toMatchObject({ logStartOffset: 2, logEndOffset: 5, highWatermark: 4 })
  })

  it('knows that it was not stopped, and still has the log start offset that DeleteRecords set', () => {
    const fixture = new LogFixture()
    const directory = openDirectory(fixture)
    const log = openLog(directory, 't')
    log.appendAsLeader(batchOf(['a', 'b', 'c']), { leaderEpoch: 0 })
    log.setHighWatermark(3)
    log.deleteRecordsBefore(1)
    const again = openDirectory(fixture)
    expect(again.clean).toBe(false)
    expect(openLog(again, 't')).toMatchObject({ logStartOffset: 1, logEndOffset: 3, highWatermark: 1 })
  })

  it('forgets a deleted partition, and clears away one whose deletion was cut short', () => {
    const fixture = new LogFixture()
    const directory = openDirectory(fixture)
    openLog(directory, 't').appendAsLeader(batchOf(['a']), { leaderEpoch: 0 })
    directory.deleteLog('t', 0)
    expect(directory.stored()).toEqual([])
    expect(directory.log('t', 0)).toBeUndefined()
    fixture.disk.makeDirectory(join(DIRECTORY, 'gone-0.0123456789abcdef0123456789abcdef-delete'))
    const again = openDirectory(fixture)
    expect(again.stored()).toEqual([])
    expect(fixture.disk.list(DIRECTORY)).toEqual(['meta.properties'])
  })

  it('of another broker is refused', () => {
    const fixture = new LogFixture()
    openDirectory(fixture, 1).close()
    expect(refusalOf(() => openDirectory(fixture, 2))).toMatchObject({ code: 'KAFKA_STORAGE_ERROR' })
  })

  it('opens a thousand empty partitions without a file', () => {
    const fixture = new LogFixture()
    const directory = openDirectory(fixture)
    for (let partition = 0; partition < 1000; partition++) openLog(directory, 'many', partition)
    expect([...directory.logs].length).toBe(1000)
    expect(fixture.disk.list(DIRECTORY)).toEqual(['meta.properties'])
  })
})
