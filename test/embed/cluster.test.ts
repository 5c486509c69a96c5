import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../../src/index.ts'
import { ManualClock } from '../../src/runtime/manual-clock.ts'
import { connect as kafkaOf, signal } from '../kafkajs/clients.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const directories: string[] = []
const newDirectory = (): string => {
  const directory = mkdtempSync(join(tmpdir(), 'odradek-test-'))
  directories.push(directory)
  return directory
}
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true })
})

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })

const produce = async (cluster: Cluster, topic: string, ...values: string[]): Promise<void> => {
  const producer = kafkaOf(cluster).producer()
  await producer.connect()
  await producer.send({ topic, messages: values.map((value) => ({ value })) })
  await producer.disconnect()
}

const consume = async (cluster: Cluster, topic: string, count: number): Promise<string[]> => {
  const consumer = kafkaOf(cluster).consumer({ groupId: 'readers', maxWaitTimeInMs: 50 })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  const values: string[] = []
  const { promise, done } = signal()
  await consumer.run({
    eachMessage: async ({ message }) => {
      values.push(String(message.value))
      if (values.length === count) done()
    },
  })
  await promise
  await consumer.disconnect()
  return values
}

describe('startCluster', () => {
  it('says where every broker is, and stops when its scope ends', async () => {
    let port = 0
    {
      await using cluster = await startCluster({ brokers: 2, ids: [7, 3] })
      expect(cluster.brokers.map(({ id }) => id)).toEqual([7, 3])
      expect(cluster.bootstrap).toBe(
        cluster.brokers.map((broker) => `${broker.host}:${broker.port}`).join(','),
      )
      port = cluster.brokers[0]?.port ?? 0
      expect(await isOpen(port)).toBe(true)
    }
    expect(await isOpen(port)).toBe(false)
  })

  it('removes its temporary directory at stop, which may be called again', async () => {
    const cluster = await startCluster({ topics: ['t'] })
    const directory = cluster.dataDirectory ?? ''
    await produce(cluster, 't', 'a')
    expect(existsSync(directory)).toBe(true)
    await Promise.all([cluster.stop(), cluster.stop()])
    await cluster.stop()
    expect(existsSync(directory)).toBe(false)
  })

  it.each([1, 3])(
    'keeps topics, records and committed offsets of %i broker(s) in a data directory',
    async (brokers) => {
      const data = newDirectory()
      const topics = [`t:1:${brokers}`]
      {
        await using cluster = await startCluster({ data, brokers, topics })
        await produce(cluster, 't', 'a', 'b')
        expect(await consume(cluster, 't', 2)).toEqual(['a', 'b'])
      }
      await using again = await startCluster({ data, brokers, topics })
      await produce(again, 't', 'c')
      expect(await consume(again, 't', 1)).toEqual(['c'])
    },
  )

  it('keeps nothing on disk with memory storage', async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('odradek-'))
    await using cluster = await startCluster({ storage: 'memory', topics: ['t'] })
    await produce(cluster, 't', 'a')
    expect(await consume(cluster, 't', 1)).toEqual(['a'])
    expect(cluster.dataDirectory).toBe(null)
    const after = readdirSync(tmpdir()).filter((name) => name.startsWith('odradek-'))
    expect(after.length).toBeLessThanOrEqual(before.length)
  })

  it('refuses what does not fit into memory, goes on, and stops', async () => {
    const cluster = await startCluster({ storage: 'memory', memoryBytes: 1024 * 1024, topics: ['t'] })
    await produce(cluster, 't', 'x'.repeat(600_000))
    await expect(produce(cluster, 't', 'y'.repeat(600_000))).rejects.toThrow(/disk error/i)
    await produce(cluster, 't', 'z')
    const admin = kafkaOf(cluster).admin()
    await admin.connect()
    expect(await admin.listTopics()).toEqual(['t'])
    await admin.disconnect()
    await cluster.stop()
  })

  it('says which port is taken, and leaves nothing behind', async () => {
    const taken: Server = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as { port: number }
    const free = createServer()
    await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve))
    const first = (free.address() as { port: number }).port
    await new Promise((resolve) => free.close(resolve))
    await expect(startCluster({ ports: [first, port] })).rejects.toMatchObject({
      code: 'EADDRINUSE',
      message: expect.stringContaining(`127.0.0.1:${port}`),
    })
    expect(await isOpen(first)).toBe(false)
    taken.close()
  })

  it('says which topic cannot be made', async () => {
    await expect(startCluster({ topics: ['a b'] })).rejects.toThrow(/topics: a b: .*invalid/)
    await expect(startCluster({ topics: ['t:1:2'] })).rejects.toThrow(/topics: t: /)
  })

  it("lives by a clock of the test's own", async () => {
    const clock = new ManualClock(1_234_567_890_000)
    const config = { 'log.message.timestamp.type': 'LogAppendTime' }
    await using cluster = await startCluster({ clock, config, storage: 'memory', topics: ['t'] })
    const producer = kafkaOf(cluster).producer()
    await producer.connect()
    const [sent] = await producer.send({ topic: 't', messages: [{ value: 'a', timestamp: '5' }] })
    expect(sent?.logAppendTime).toBe('1234567890000')
    await producer.disconnect()
  })

  it('keeps a process alive only until it is stopped', async () => {
    const script = `
      import { startCluster } from './src/index.ts'
      const cluster = await startCluster({ brokers: 2, topics: ['t:3:2'] })
      await cluster.stop()
      console.log('stopped')
    `
    const run = promisify(execFile)
    const { stdout } = await run(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      cwd: ROOT,
      timeout: 20_000,
    })
    expect(stdout.trim()).toBe('stopped')
  })
})
