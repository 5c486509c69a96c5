import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DecodeError } from '../../src/protocol/errors.ts'
import { FrameSplitter } from '../../src/protocol/frame.ts'
import { isInSlab, releaseSlab, SlabPool } from '../../src/runtime/slab-pool.ts'

const framed = (payload: Buffer): Buffer => {
  const size = Buffer.alloc(4)
  size.writeInt32BE(payload.length)
  return Buffer.concat([size, payload])
}

const drain = (splitter: FrameSplitter): Buffer[] => {
  const frames: Buffer[] = []
  for (let frame = splitter.next(); frame !== undefined; frame = splitter.next()) frames.push(frame)
  return frames
}

/** `stream` in chunks whose sizes follow each other in a circle. */
const chunks = (stream: Buffer, sizes: readonly number[]): Buffer[] => {
  const out: Buffer[] = []
  for (let at = 0, i = 0; at < stream.length; i++) {
    const size = sizes[i % sizes.length]!
    out.push(stream.subarray(at, at + size))
    at += size
  }
  return out
}

const LIMIT = 4 * 1024 * 1024

describe('a frame splitter', () => {
  const payload = fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc.integer({ min: 0, max: 300_000 }).map((size) => Buffer.alloc(size, size)),
  )
  const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 100_000 })), {
    minLength: 1,
    maxLength: 5,
  })

  it('gives the same frames however the stream is cut into chunks', () => {
    const property = fc.property(fc.array(payload, { maxLength: 6 }), sizes, (payloads, cuts) => {
      const splitter = new FrameSplitter(LIMIT)
      const frames: Buffer[] = []
      for (const chunk of chunks(Buffer.concat(payloads.map(framed)), cuts)) {
        splitter.push(chunk)
        frames.push(...drain(splitter))
      }
      expect(frames.length).toBe(payloads.length)
      expect(frames.every((frame, i) => frame.equals(payloads[i]!))).toBe(true)
      expect(splitter.bufferedBytes).toBe(0)
    })
    fc.assert(property, { seed: 2, numRuns: 60 })
  })

  it('gives the same frames when it is drained only at the end', () => {
    const property = fc.property(fc.array(payload, { maxLength: 6 }), sizes, (payloads, cuts) => {
      const splitter = new FrameSplitter(LIMIT)
      for (const chunk of chunks(Buffer.concat(payloads.map(framed)), cuts)) splitter.push(chunk)
      expect(drain(splitter).map((frame) => frame.length)).toEqual(payloads.map((p) => p.length))
    })
    fc.assert(property, { seed: 3, numRuns: 60 })
  })

  it('gives a frame that lies in one chunk without a copy', () => {
    const chunk = framed(Buffer.from('abc'))
    const splitter = new FrameSplitter(LIMIT)
    splitter.push(chunk)
    const frame = splitter.next()!
    chunk[4] = 0x7a
    expect(frame.toString()).toBe('zbc')
  })

  it('gathers a split frame into a buffer of exactly its size', () => {
    const splitter = new FrameSplitter(LIMIT)
    const stream = framed(Buffer.alloc(3_000_000, 5))
    splitter.push(stream.subarray(0, 1_000_000))
    expect(splitter.next()).toBeUndefined()
    splitter.push(stream.subarray(1_000_000))
    const frame = splitter.next()!
    expect([frame.length, frame.buffer.byteLength]).toEqual([3_000_000, 3_000_000])
  })

  it('does not allocate what a length alone promises', () => {
    const before = process.memoryUsage().arrayBuffers
    const kept = Array.from({ length: 50 }, () => {
      const splitter = new FrameSplitter(100_000_000)
      splitter.push(Buffer.from('05f5e0ff00', 'hex'))
      expect(splitter.next()).toBeUndefined()
      return splitter
    })
    expect(kept.length).toBe(50)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000)
  })

  it.each([
    ['ffffffff', /a frame of -1 bytes/],
    ['80000000', /a frame of -2147483648 bytes/],
    ['00400001', /a frame of 4194305 bytes; 4194304 are the most$/],
    [Buffer.from('GET /').toString('hex'), /looks like HTTP/],
    [Buffer.from('POST /').toString('hex'), /looks like HTTP/],
    ['16030102', /looks like TLS/],
  ])('refuses the length %s', (hex, message) => {
    const splitter = new FrameSplitter(LIMIT)
    splitter.push(Buffer.from(hex, 'hex'))
    expect(() => splitter.next()).toThrow(DecodeError)
    const again = new FrameSplitter(LIMIT)
    again.push(Buffer.from(hex, 'hex'))
    expect(() => again.next()).toThrow(message)
  })

  it('gives the same frames when it borrows its chunks, is asked for room and has slabs', async () => {
    const apiKeys = fc.constantFrom(0, 1)
    const frames = fc.array(fc.tuple(payload, apiKeys), { maxLength: 8 })
    const property = fc.asyncProperty(frames, sizes, fc.nat(3), async (asked, cuts, skipped) => {
      const slabs = new SlabPool({ poison: true })
      const splitter = new FrameSplitter(LIMIT, { slabs, recycles: (apiKey) => apiKey === 0 })
      const sent = asked.map(([bytes, apiKey]) => Buffer.concat([Buffer.from([0, apiKey]), bytes]))
      const stream = Buffer.concat(sent.map(framed))
      const scratch = Buffer.alloc(100_000)
      let count = 0
      for (let at = 0, i = 0; at < stream.length; i++) {
        // As a socket does: what it has goes to the receiver's room, or into the buffer that all sockets share.
        const into = splitter.room()
        const size = Math.min(cuts[i % cuts.length]!, (into ?? scratch).length, stream.length - at)
        stream.copy(into ?? scratch, 0, at, at + size)
        at += size
        if (into === undefined) splitter.lend(scratch.subarray(0, size))
        else splitter.filled(size)
        // A connection that is busy pulls later.
        const pulled = skipped === 0 || i % (skipped + 1) === 0 || at === stream.length ? drain(splitter) : []
        splitter.settle()
        scratch.fill(0xee)
        for (const frame of pulled) {
          const expected = sent[count++]!
          expect(frame.equals(expected)).toBe(true)
          expect(isInSlab(frame)).toBe(expected[1] === 0 && expected.length >= 32 * 1024)
          releaseSlab(frame)
        }
        if (i % 5 === 0) await new Promise((resolve) => setImmediate(resolve))
      }
      expect([count, splitter.bufferedBytes]).toEqual([sent.length, 0])
    })
    await fc.assert(property, { seed: 4, numRuns: 60 })
  })

  it('takes no new slab for what a length alone promises', () => {
    const slabs = new SlabPool()
    const splitter = new FrameSplitter(LIMIT, { slabs, recycles: () => true })
    splitter.lend(Buffer.from('003d09000000', 'hex'))
    expect(splitter.next()).toBeUndefined()
    splitter.settle()
    expect(splitter.room()!.buffer.byteLength).toBe(64 * 1024)
  })
})
