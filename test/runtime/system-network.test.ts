import { once } from 'node:events'
import * as net from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { ListenError, type Listener, type Peer, type PeerEvents } from '../../src/runtime/network.ts'
import { SystemNetwork } from '../../src/runtime/system-network.ts'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})

interface Seen {
  chunks: Buffer[]
  drains: number
  closed: Promise<Error | undefined>
}

function watch(peer: Peer, onData: (chunk: Buffer, seen: Seen) => void = () => {}): Seen {
  let tell: (error?: Error) => void = () => {}
  const seen: Seen = { chunks: [], drains: 0, closed: new Promise((resolve) => (tell = resolve)) }
  const events: PeerEvents = {
    data(chunk) {
      seen.chunks.push(peer.chunksAreOwned ? chunk : Buffer.from(chunk))
      onData(chunk, seen)
    },
    drain() {
      seen.drains++
    },
    close: tell,
  }
  peer.start(events)
  open.push({ close: () => peer.destroy() })
  return seen
}

describe.each([true, false])('sockets (read into our memory: %s)', (readInto) => {
  const network = new SystemNetwork({ readInto })
  async function listening(host = '127.0.0.1'): Promise<{ listener: Listener; accepted: Promise<Peer> }> {
    let give: (peer: Peer) => void = () => {}
    const accepted = new Promise<Peer>((resolve) => (give = resolve))
    const listener = await network.listen({ host, port: 0 }, (peer) => give(peer))
    open.push(listener)
    return { listener, accepted }
  }

  async function pair(): Promise<[Peer, Peer]> {
    const { listener, accepted } = await listening()
    const client = await network.connect({ host: '127.0.0.1', port: listener.port })
    return [client, await accepted]
  }

  test('several buffers written at once arrive in order, and both ends know both addresses', async () => {
    const [client, server] = await pair()
    const end = watch(server)
    watch(client)
    client.write([Buffer.from('a'), Buffer.from('b'), Buffer.from('c')])
    client.write([Buffer.from('d')])
    client.end()
    await end.closed
    expect(Buffer.concat(end.chunks).toString()).toBe('abcd')
    expect(client.remote).toEqual(server.local)
    expect(client.local).toEqual(server.remote)
    expect(client.chunksAreOwned).toBe(true)
    expect(server.chunksAreOwned).toBe(!readInto || process.platform === 'win32')
  })

  test('bytes sent before start are delivered after it', async () => {
    const [client, server] = await pair()
    watch(client)
    client.write([Buffer.from('early')])
    await new Promise((resolve) => setImmediate(resolve))
    await new Promise<void>((resolve) => watch(server, () => resolve()))
  })

  test('a reader that stops holds the writer back, and a drain follows when it reads on', async () => {
    const [client, server] = await pair()
    const received = watch(server)
    const sent = watch(client)
    server.pause()
    const block = Buffer.alloc(1024 * 1024)
    let blocks = 0
    while (client.write([block])) blocks++
    blocks++
    expect(blocks).toBeLessThan(64)
    expect(sent.drains).toBe(0)
    server.resume()
    await vi.waitUntil(() => sent.drains > 0, { interval: 1 })
    client.end()
    await received.closed
    expect(sent.drains).toBe(1)
    expect(received.chunks.reduce((sum, chunk) => sum + chunk.length, 0)).toBe(blocks * block.length)
  })

  test('a reset reaches the other end as an error, an end as none', async () => {
    const [client, server] = await pair()
    const end = watch(server)
    watch(client)
    client.destroy('reset')
    expect((await end.closed)?.message).toContain('ECONNRESET')
    const [second, other] = await pair()
    const quiet = watch(other)
    watch(second)
    second.end()
    expect(await quiet.closed).toBeUndefined()
  })

  test('a peer that was gone before start still tells close', async () => {
    const [client, server] = await pair()
    client.destroy('reset')
    const probe = watch(server)
    await probe.closed
    server.destroy()
    server.write([Buffer.from('into the void')])
  })

  test('a port in use gives ListenError with the code and the address', async () => {
    const { listener } = await listening()
    const again = network.listen({ host: '127.0.0.1', port: listener.port }, () => {})
    await expect(again).rejects.toThrow(ListenError)
    await expect(again).rejects.toMatchObject({ code: 'EADDRINUSE', address: { port: listener.port } })
  })

  test('a refused connection rejects', async () => {
    const { listener } = await listening()
    await listener.close()
    await expect(network.connect({ host: '127.0.0.1', port: listener.port })).rejects.toThrow('ECONNREFUSED')
  })

  test('closing the listener frees the port at once and leaves accepted peers open', async () => {
    const { listener, accepted } = await listening()
    const client = await network.connect({ host: '127.0.0.1', port: listener.port })
    const server = await accepted
    await listener.close()
    const again = await network.listen({ host: '127.0.0.1', port: listener.port }, () => {})
    open.push(again)
    watch(client)
    const end = watch(server, () => server.end())
    client.write([Buffer.from('still here')])
    await end.closed
    expect(Buffer.concat(end.chunks).toString()).toBe('still here')
  })

  test('an IPv4 client of an IPv6 listener is told by its IPv4 address', async () => {
    const ipv6 = await new Promise<boolean>((resolve) => {
      const probe = net.createServer()
      probe.once('error', () => resolve(false))
      probe.listen({ host: '::', port: 0 }, () => probe.close(() => resolve(true)))
    })
    if (!ipv6) return
    const { listener, accepted } = await listening('::')
    const socket = net.connect(listener.port, '127.0.0.1')
    await once(socket, 'connect')
    const server = await accepted
    watch(server)
    expect(server.remote.host).toBe('127.0.0.1')
    expect(server.local.host).toBe('127.0.0.1')
    socket.destroy()
  })

  test('a receiver that has room gets the bytes there, in order with the others', async () => {
    const [client, server] = await pair()
    watch(client)
    const sent = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7 + (i >> 9)) & 255))
    const got = Buffer.alloc(sent.length)
    let at = 0
    let direct = 0
    await new Promise<void>((resolve) => {
      const took = (bytes: number): void => {
        at += bytes
        if (at === sent.length) resolve()
      }
      server.start({
        data(chunk) {
          chunk.copy(got, at)
          took(chunk.length)
        },
        // Every second piece of 50,000 bytes has room of its own.
        room: () =>
          Math.floor(at / 50_000) % 2 === 1 ? got.subarray(at, at + 50_000 - (at % 50_000)) : undefined,
        filled(bytes) {
          direct += bytes
          took(bytes)
        },
        drain() {},
        close() {},
      })
      open.push({ close: () => server.destroy() })
      client.write([sent])
    })
    expect(got.equals(sent)).toBe(true)
    if (server.chunksAreOwned) expect(direct).toBe(0)
    else expect(direct).toBeGreaterThan(0)
  })

  test('who writes hears when the buffers have left, be it because the other end is gone', async () => {
    const [client, server] = await pair()
    watch(server)
    server.pause()
    const sent = watch(client)
    let left = 0
    await new Promise<void>((resolve) => client.write([Buffer.from('small'), Buffer.from('ones')], resolve))
    const block = Buffer.alloc(1024 * 1024)
    let blocks = 0
    do blocks++
    while (client.write([block], () => left++))
    await new Promise((resolve) => setImmediate(resolve))
    expect(left).toBeLessThan(blocks)
    client.destroy()
    await sent.closed
    await vi.waitUntil(() => left === blocks, { interval: 1 })
    await new Promise<void>((resolve) => client.write([block], resolve))
  })
})
