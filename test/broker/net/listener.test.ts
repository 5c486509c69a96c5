import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type Cluster, type ClusterOptions, startCluster } from '../../../src/index.ts'
import { encodeRequestFrame } from '../../../src/protocol/header.ts'
import { Produce } from '../../../src/protocol/messages/00-produce.ts'
import { Fetch } from '../../../src/protocol/messages/01-fetch.ts'
import { ApiVersions } from '../../../src/protocol/messages/18-api-versions.ts'
import { ManualClock } from '../../../src/runtime/manual-clock.ts'
import { RawConnection } from '../raw-connection.ts'
import { batchOf, fetchRequest, produceRequest } from '../requests.ts'
import { TestClient } from '../test-client.ts'

const software = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }
const running: Cluster[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((cluster) => cluster.stop()))
})
const start = async (options: ClusterOptions = {}) => {
  const lines: string[] = []
  const note = (message: string): void => void lines.push(message)
  const logger = { debug: () => {}, info: note, warn: note, error: note }
  const cluster = await startCluster({ storage: 'memory', logger, topics: ['t'], ...options })
  running.push(cluster)
  return { port: cluster.brokers[0]?.port ?? 0, lines }
}

describe('a listener', () => {
  it('refuses connections beyond max.connections, and takes new ones when others have left', async () => {
    const { port, lines } = await start({ config: { 'max.connections': 2 } })
    const first = await TestClient.connect(port)
    const second = await TestClient.connect(port)
    await first.ask(ApiVersions, 3, software)
    await second.ask(ApiVersions, 3, software)
    const third = await RawConnection.open(port)
    await third.closed
    expect(lines).toEqual(['connections are refused: max.connections is reached'])
    first.close()
    for (;;) {
      const again = await TestClient.connect(port)
      const answer = await again.ask(ApiVersions, 3, software).catch(() => undefined)
      again.close()
      if (answer !== undefined) break
    }
    second.close()
  })

  it('closes connections that are idle for connections.max.idle.ms, not those with a request at work', async () => {
    const clock = new ManualClock()
    const { port } = await start({ clock, config: { 'connections.max.idle.ms': 60_000 } })
    const idle = await TestClient.connect(port)
    const busy = await TestClient.connect(port)
    await Promise.all([idle.ask(ApiVersions, 3, software), busy.ask(ApiVersions, 3, software)])
    const id = busy.send(Fetch, 11, fetchRequest([{ topic: 't' }], { maxWaitMs: 200_000 }))
    await clock.advance(80_000)
    await idle.connection.closed
    const answer = busy.receive(Fetch, 11, id)
    await clock.advance(130_000)
    expect((await answer).errorCode).toBe(0)
    busy.close()
  })

  it('closes on a frame beyond socket.request.max.bytes', async () => {
    const { port, lines } = await start({ config: { 'socket.request.max.bytes': 1000 } })
    const connection = await RawConnection.open(port)
    connection.send(Buffer.from([0, 0, 3, 233]))
    await connection.closed
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/1001/)
  })

  it('lives through resets, and forgets what they waited for', async () => {
    const { port } = await start()
    const producer = await TestClient.connect(port)
    for (let i = 0; i < 50; i++) {
      const waiting = await TestClient.connect(port)
      waiting.send(Fetch, 11, fetchRequest([{ topic: 't', offset: i }], { maxWaitMs: 60_000 }))
      waiting.connection.reset()
      const { responses } = await producer.ask(Produce, 9, produceRequest('t', batchOf('x')))
      expect(responses[0]?.partitionResponses[0]?.baseOffset).toBe(BigInt(i))
    }
    producer.close()
  })

  it('serves others while a client asks for much and reads nothing', async () => {
    const { port } = await start()
    const producer = await TestClient.connect(port)
    for (let i = 0; i < 20; i++)
      await producer.ask(Produce, 9, produceRequest('t', batchOf('x'.repeat(900_000))))
    const greedy = connect({ port, host: '127.0.0.1' })
    greedy.pause()
    const request = fetchRequest([{ topic: 't', maxBytes: 50_000_000 }])
    const header = { correlationId: 1, clientId: null }
    const frame = Buffer.concat(encodeRequestFrame(Fetch, 11, header, request))
    const before = process.memoryUsage().arrayBuffers
    greedy.write(Buffer.concat(Array.from({ length: 1000 }, () => frame)))
    for (let i = 0; i < 50; i++) {
      await producer.ask(ApiVersions, 3, software)
    }
    // All answers together would be 18 GB.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 * 1024 * 1024)
    greedy.destroy()
    producer.close()
  })
})
