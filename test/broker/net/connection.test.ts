import { afterEach, describe, expect, it } from 'vitest'
import type { Broker } from '../../../src/broker/broker.ts'
import { CLOSE_CONNECTION, type Handler, handler, NO_RESPONSE } from '../../../src/broker/handler.ts'
import { Connection } from '../../../src/broker/net/connection.ts'
import { Pipeline } from '../../../src/broker/pipeline.ts'
import { Refusal } from '../../../src/protocol/errors.ts'
import { encodeRequestFrame } from '../../../src/protocol/header.ts'
import { Heartbeat } from '../../../src/protocol/messages/12-heartbeat.ts'
import { ListGroups } from '../../../src/protocol/messages/16-list-groups.ts'
import { ApiVersions } from '../../../src/protocol/messages/18-api-versions.ts'
import type { Env } from '../../../src/runtime/env.ts'
import type { Logger } from '../../../src/runtime/logger.ts'
import { ManualClock } from '../../../src/runtime/manual-clock.ts'
import { MemoryDisk } from '../../../src/runtime/memory-disk.ts'
import { SeededRandom } from '../../../src/runtime/random.ts'
import { SystemNetwork } from '../../../src/runtime/system-network.ts'
import { TestPeer } from '../test-peer.ts'

/** Heartbeats wait until they are released by their group's name; ListGroups answers at once. */
const setUp = (options: { overlaps?: boolean; maxFrameBytes?: number } = {}) => {
  const lines: string[] = []
  const note = (message: string): void => void lines.push(message)
  const log: Logger = { debug: note, info: note, warn: note, error: note }
  const clock = new ManualClock()
  const random = new SeededRandom(1)
  const env: Env = { clock, random, log, disk: new MemoryDisk(), network: new SystemNetwork() }
  const begun: string[] = []
  const releases = new Map<string, (outcome: { errorCode: number } | typeof CLOSE_CONNECTION) => void>()
  const heartbeat = handler(Heartbeat, {
    overlaps: options.overlaps ?? false,
    handle(request) {
      begun.push(request.groupId)
      if (request.groupId === 'refuse') throw new Refusal('UNKNOWN_MEMBER_ID')
      if (request.groupId === 'bug') throw new TypeError('oh')
      if (request.groupId === 'no answer') return NO_RESPONSE
      if (request.groupId === 'close') return CLOSE_CONNECTION
      return new Promise((resolve) => releases.set(request.groupId, resolve))
    },
    refuse: (_request, { code }) => ({ errorCode: code === 'UNKNOWN_MEMBER_ID' ? 25 : -1 }),
  })
  const listGroups = handler(ListGroups, {
    handle() {
      begun.push('list')
      return { errorCode: 0, groups: [] }
    },
    refuse: () => ({ errorCode: -1, groups: [] }),
  })
  const apiVersions = handler(ApiVersions, {
    handle: () => ({ errorCode: 0, apiKeys: [], supportedFeatures: [], finalizedFeatures: [] }),
    refuse: () => ({ errorCode: -1, apiKeys: [], supportedFeatures: [], finalizedFeatures: [] }),
  })
  const handlers: Handler[] = [heartbeat, listGroups, apiVersions]
  const pipeline = new Pipeline(env, {} as Broker, handlers)
  const peer = new TestPeer()
  let closed = 0
  const connection = new Connection(env, peer, pipeline, {
    id: 1,
    listener: 'PLAINTEXT',
    maxFrameBytes: options.maxFrameBytes ?? 1000,
    onClose: () => closed++,
  })
  connection.start()
  const release = async (group: string): Promise<void> => {
    releases.get(group)?.({ errorCode: 0 })
    await clock.advance(0)
  }
  return { peer, connection, begun, release, lines, clock, closedCount: () => closed }
}

let correlationId = 0
afterEach(() => {
  correlationId = 0
})

const heartbeat = (groupId: string): Buffer =>
  Buffer.concat(
    encodeRequestFrame(
      Heartbeat,
      0,
      { correlationId: ++correlationId, clientId: 'test' },
      { groupId, generationId: 1, memberId: 'm' },
    ),
  )
const listGroups = (): Buffer =>
  Buffer.concat(
    encodeRequestFrame(
      ListGroups,
      0,
      { correlationId: ++correlationId, clientId: null },
      {
        statesFilter: [],
        typesFilter: [],
      },
    ),
  )

describe('Connection', () => {
  it('answers a request that comes byte by byte, and two that come in one chunk with one write', () => {
    const { peer } = setUp()
    for (const byte of listGroups()) peer.send(Buffer.from([byte]))
    expect(peer.answered).toEqual([1])
    peer.send(Buffer.concat([listGroups(), listGroups()]))
    expect(peer.answered).toEqual([1, 2, 3])
    expect(peer.writes).toHaveLength(2)
  })

  it('begins the next request only when the one before it is answered', async () => {
    const { peer, begun, release } = setUp()
    peer.send(Buffer.concat([heartbeat('a'), listGroups(), listGroups()]))
    expect(begun).toEqual(['a'])
    await release('a')
    expect(begun).toEqual(['a', 'list', 'list'])
    expect(peer.answered).toEqual([1, 2, 3])
  })

  it('lets requests overlap whose handler says so, yet answers them in order', async () => {
    const { peer, begun, release } = setUp({ overlaps: true })
    peer.send(
      Buffer.concat([heartbeat('a'), heartbeat('b'), heartbeat('refuse'), listGroups(), heartbeat('c')]),
    )
    expect(begun).toEqual(['a', 'b', 'refuse'])
    await release('b')
    expect(peer.answered).toEqual([])
    await release('a')
    expect(peer.answered).toEqual([1, 2, 3, 4])
    expect(begun).toEqual(['a', 'b', 'refuse', 'list', 'c'])
    expect(peer.frames[2]?.readInt16BE(4)).toBe(25)
  })

  it('frees the place of a request that gets no answer', () => {
    const { peer } = setUp()
    peer.send(Buffer.concat([heartbeat('no answer'), listGroups()]))
    expect(peer.answered).toEqual([2])
  })

  it('answers UNKNOWN_SERVER_ERROR when a handler breaks, logs why, and goes on', () => {
    const { peer, lines } = setUp()
    peer.send(Buffer.concat([heartbeat('bug'), listGroups()]))
    expect(peer.frames[0]?.readInt16BE(4)).toBe(-1)
    expect(peer.answered).toEqual([1, 2])
    expect(lines).toEqual(['Heartbeat v0 failed'])
  })

  it('sends what was answered before it closes at the wish of a handler', () => {
    const { peer, closedCount } = setUp()
    peer.send(Buffer.concat([listGroups(), heartbeat('close'), listGroups()]))
    expect(peer.answered).toEqual([1])
    expect(peer.ended).toBe(true)
    expect(closedCount()).toBe(0)
    peer.leave()
    expect(closedCount()).toBe(1)
  })

  it('cuts a peer off that does not take the last answers in time', async () => {
    const { peer, clock, closedCount } = setUp()
    peer.send(heartbeat('close'))
    await clock.advance(1000)
    expect(peer.destroyed).toBe(true)
    expect(closedCount()).toBe(1)
  })

  it('handles nothing more while the peer does not read, and soon stops reading', () => {
    const { peer, begun } = setUp()
    peer.reads = false
    peer.send(listGroups())
    expect(begun).toHaveLength(1)
    peer.send(listGroups())
    expect(begun).toHaveLength(1)
    expect(peer.paused).toBe(false)
    const many = Buffer.concat(Array.from({ length: 20_000 }, () => listGroups()))
    peer.send(many)
    expect(peer.paused).toBe(true)
    expect(begun).toHaveLength(1)
    peer.drain()
    expect(peer.paused).toBe(false)
    expect(peer.answered).toEqual(Array.from({ length: 20_002 }, (_, index) => index + 1))
  })

  it('stops reading when requests pile up behind one that waits', async () => {
    const { peer, begun, release } = setUp()
    peer.send(heartbeat('a'))
    peer.send(Buffer.concat(Array.from({ length: 20_000 }, () => listGroups())))
    expect(peer.paused).toBe(true)
    expect(begun).toEqual(['a'])
    await release('a')
    expect(peer.paused).toBe(false)
    expect(peer.answered).toHaveLength(20_001)
  })

  it('gives up what waits when the client goes, and never answers it', async () => {
    const { peer, connection, release } = setUp()
    peer.send(heartbeat('a'))
    let abandoned = 0
    connection.waiting.add({ abandon: () => abandoned++ })
    peer.leave(new Error('reset'))
    expect(abandoned).toBe(1)
    await release('a')
    expect(peer.writes).toEqual([])
  })

  it.each([
    ['an unknown API', Buffer.from('0000000a03e7000000000001ffff', 'hex'), /unknown API key 999/],
    ['a version that is not served', Buffer.from('0000000b0010006300000001ffff00', 'hex'), /ListGroups/],
    [
      'a body that is cut',
      Buffer.from('0000000b000c0000000000010001610005', 'hex').subarray(0, 15),
      /Heartbeat/,
    ],
    ['an empty frame', Buffer.from('00000000', 'hex'), /./],
    ['a negative length', Buffer.from('ffffffff', 'hex'), /-1/],
    ['a frame beyond the limit', Buffer.from('000003e9', 'hex'), /1001/],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n'), /HTTP/],
    ['TLS', Buffer.from('160301020001', 'hex'), /TLS/],
  ])('closes on %s, with one line that says why', (_what, bytes, why) => {
    const { peer, lines } = setUp()
    peer.send(bytes)
    expect(peer.ended).toBe(true)
    expect(peer.writes).toEqual([])
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/^connection closed: /)
    expect(lines[0]).toMatch(why)
    peer.send(listGroups())
    expect(peer.writes).toEqual([])
  })

  it('answers an ApiVersions version that does not exist as a real 4.4 broker does', () => {
    // Recorded: transcripts/apiversions, cases v99-unsupported and negative-version.
    const { peer } = setUp()
    peer.send(Buffer.from('0000001d001200630000000700066f7261636c6500076f7261636c6504312e3000', 'hex'))
    expect(peer.frames[0]?.toString('hex')).toBe('00000007002300000001001200000005')
    peer.send(Buffer.from('0000000a0012ffff00000008ffff', 'hex'))
    expect(peer.frames[1]?.toString('hex')).toBe('00000008002300000001001200000005')
  })

  it('tolerates bytes that trail a request', () => {
    const { peer } = setUp()
    const request = listGroups()
    const trailing = Buffer.concat([request, Buffer.from([1, 2, 3])])
    trailing.writeInt32BE(trailing.length - 4, 0)
    peer.send(trailing)
    expect(peer.answered).toEqual([1])
  })
})
