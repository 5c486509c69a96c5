import { randomBytes } from 'node:crypto'
import * as zlib from 'node:zlib'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { CODECS } from '../../../src/protocol/records/batch.ts'
import { compress, DecompressionError, decompress } from '../../../src/protocol/records/compression/index.ts'
import { allowNativeLz4 } from '../../../src/protocol/records/compression/lz4.ts'
import { allowNativeSnappy } from '../../../src/protocol/records/compression/snappy.ts'
import { xxhash32 } from '../../../src/protocol/records/compression/xxhash32.ts'
import { allowBuiltInZstd } from '../../../src/protocol/records/compression/zstd.ts'

function allowNative(allowed: boolean): void {
  allowNativeLz4(allowed)
  allowNativeSnappy(allowed)
  allowBuiltInZstd(allowed)
}

afterEach(() => allowNative(true))

const failureOf = (run: () => unknown): DecompressionError => {
  try {
    run()
  } catch (error) {
    if (error instanceof DecompressionError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** Data as it comes: repetitive, random, and mixed, small and over several blocks. */
const arbitraryData = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.nat(3000)).map(([unit, times]) => {
        const out = new Uint8Array(unit.length * times)
        for (let i = 0; i < times; i++) out.set(unit, i * unit.length)
        return out
      }),
    ),
    { maxLength: 6 },
  )
  .map((parts) => Buffer.concat(parts))

for (const native of [true, false]) {
  describe(native ? 'with what the machine has' : 'in plain JavaScript and WASM', () => {
    for (const codec of CODECS) {
      test(`${codec} gives back what went in, and never more than the bound`, () => {
        allowNative(native)
        fc.assert(
          fc.property(arbitraryData, (data) => {
            const packed = compress(codec, data)
            expect(decompress(codec, packed).equals(data)).toBe(true)
            expect(decompress(codec, packed, { maxBytes: data.length }).equals(data)).toBe(true)
            if (data.length === 0) return
            expect(failureOf(() => decompress(codec, packed, { maxBytes: data.length - 1 })).reason).toBe(
              'too-large',
            )
          }),
          { numRuns: 60, seed: 3 },
        )
      })
    }

    for (const codec of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
      test(`${codec} cut at any byte is refused, or gives a beginning of the data`, () => {
        allowNative(native)
        const data = Buffer.from('sensor 23.5 kafka '.repeat(30) + randomBytes(20).toString('hex'))
        const packed = compress(codec, data)
        for (let length = 0; length < packed.length; length++) {
          const cut = packed.subarray(0, length)
          try {
            // The xerial framing has no end mark: a stream cut between two blocks is a shorter stream.
            expect(data.subarray(0, decompress(codec, cut).length).equals(decompress(codec, cut))).toBe(true)
            expect(codec).toBe('snappy')
          } catch (error) {
            if (!(error instanceof DecompressionError)) throw error
            expect(error.partial.equals(data.subarray(0, error.partial.length))).toBe(true)
          }
        }
      })

      test(`${codec} with any bytes changed is refused or decodes within the bound`, () => {
        allowNative(native)
        const data = Buffer.from(`{"v":${'23.5,'.repeat(2000)}}${randomBytes(600).toString('hex')}`)
        const packed = compress(codec, data)
        fc.assert(
          fc.property(
            fc.array(fc.tuple(fc.nat(packed.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
            (changes) => {
              const changed = Buffer.from(packed)
              for (const [at, byte] of changes) changed[at] = byte
              try {
                expect(decompress(codec, changed, { maxBytes: 20_000 }).length).toBeLessThanOrEqual(20_000)
              } catch (error) {
                if (!(error instanceof DecompressionError)) throw error
                expect(error.partial.length).toBeLessThanOrEqual(20_000)
              }
            },
          ),
          { numRuns: 300, seed: 11 },
        )
      })

      test(`a bomb in ${codec} stops at the bound`, () => {
        allowNative(native)
        const bomb = compress(codec, Buffer.alloc(60 * 1024 * 1024))
        const before = process.memoryUsage().arrayBuffers
        expect(failureOf(() => decompress(codec, bomb, { maxBytes: 1024 * 1024 })).reason).toBe('too-large')
        expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024)
      })
    }
  })
}

test('ids that mean no codec are refused', () => {
  for (const id of [5, 6, 7]) {
    expect(failureOf(() => decompress(id, Buffer.alloc(3))).message).toBe(
      `Unknown compression type id: ${id}`,
    )
  }
})

describe('gzip', () => {
  const data = Buffer.from('what came out in front of the damage '.repeat(20))

  test('levels are taken, and several members one after the other are one stream', () => {
    const small = compress('gzip', data, { level: 9 })
    const large = compress('gzip', data, { level: 1 })
    expect(small.length).toBeLessThanOrEqual(large.length)
    expect(decompress('gzip', Buffer.concat([small, large])).length).toBe(2 * data.length)
  })

  test('a wrong checksum or a cut trailer is told after all the data', () => {
    const packed = zlib.gzipSync(data)
    const spoiled = Buffer.from(packed)
    spoiled[spoiled.length - 8]! ^= 1
    expect(failureOf(() => decompress('gzip', spoiled)).partial.equals(data)).toBe(true)
    const cut = packed.subarray(0, packed.length - 6)
    expect(failureOf(() => decompress('gzip', cut)).partial.equals(data)).toBe(true)
  })

  test('an optional name and comment in the header of a damaged stream are skipped', () => {
    const raw = zlib.deflateRawSync(data)
    const header = Buffer.from([0x1f, 0x8b, 8, 0x1c, 0, 0, 0, 0, 0, 3, 2, 0, 9, 9, 0x61, 0, 0x62, 0])
    const packed = Buffer.concat([header, raw])
    expect(failureOf(() => decompress('gzip', packed)).partial.equals(data)).toBe(true)
  })
})

describe('snappy', () => {
  test('a bare block, as clients other than the Java one send it, is read', () => {
    // The format's own example of overlap: "Wikipedia" style literal and a copy of 64 by distance 3.
    const bare = Buffer.from([67, 0x08, 0x61, 0x62, 0x63, 0xfe, 3, 0])
    expect(decompress('snappy', bare).toString()).toBe('abc'.repeat(23).slice(0, 67))
  })

  test('the framing of the Java library is written, in blocks of 32 KiB', () => {
    const packed = compress('snappy', Buffer.alloc(70_000, 'x'))
    expect(packed.toString('hex', 0, 16)).toBe('82534e41505059000000000100000001')
    let blocks = 0
    for (let at = 16; at < packed.length; at += 4 + packed.readInt32BE(at)) blocks++
    expect(blocks).toBe(3)
  })

  test('a stream appended to another is read as one', () => {
    const packed = compress('snappy', Buffer.from('one '))
    expect(decompress('snappy', Buffer.concat([packed, packed])).toString()).toBe('one one ')
  })

  test('a block that claims more than so few bytes can become is refused before memory is taken', () => {
    const claim = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x07, 0x00, 0x61])
    expect(failureOf(() => decompress('snappy', claim)).reason).toBe('damaged')
  })
})

describe('lz4', () => {
  const data = Buffer.from('sensor kafka temp '.repeat(10))

  test('xxHash32 gives the values of its specification', () => {
    expect(xxhash32(Buffer.alloc(0), 0, 0)).toBe(0x02cc5d05)
    const abc = Buffer.from('abc')
    expect(xxhash32(abc, 0, 3)).toBe(0x32d153ff)
    const long = Buffer.from('Nobody inspects the spammish repetition')
    expect(xxhash32(long, 0, long.length)).toBe(0xe2293b2f)
  })

  test('the header checksum of magic 0 covers the magic number too, and is not compared there', () => {
    const historic = compress('lz4', data, { magic: 0 })
    const modern = compress('lz4', data)
    // Frame headers as the Java clients of each format write them.
    expect(historic.toString('hex', 0, 7)).toBe(`04224d186040${historicChecksum()}`)
    expect(modern.toString('hex', 0, 7)).toBe('04224d18604082')
    expect(decompress('lz4', historic, { magic: 0 }).equals(data)).toBe(true)
    expect(decompress('lz4', modern, { magic: 0 }).equals(data)).toBe(true)
    expect(failureOf(() => decompress('lz4', historic)).message).toContain('header does not match')
  })

  test('content size, block checksums and content checksum of other writers are taken', () => {
    expect(decompress('lz4', frame(0x7c, data, { contentSize: true })).equals(data)).toBe(true)
    const spoiled = frame(0x7c, data, { contentSize: true, spoilChecksum: true })
    expect(failureOf(() => decompress('lz4', spoiled)).message).toContain('checksum of an LZ4 block')
  })

  test('blocks that depend on each other are refused, as Kafka refuses them', () => {
    expect(failureOf(() => decompress('lz4', frame(0x40, data))).message).toContain('depend on each other')
  })

  test('what follows the end mark is not looked at', () => {
    const packed = Buffer.concat([compress('lz4', data), Buffer.from('tail')])
    expect(decompress('lz4', packed).equals(data)).toBe(true)
  })

  /** A frame of one stored block, put together by hand from the format's description. */
  function frame(
    flags: number,
    content: Buffer,
    options: { contentSize?: boolean; spoilChecksum?: boolean } = {},
  ): Buffer {
    const header = Buffer.alloc(options.contentSize ? 10 : 2)
    header[0] = flags
    header[1] = 0x40
    if (options.contentSize) header.writeBigUInt64LE(BigInt(content.length), 2)
    const size = Buffer.alloc(4)
    size.writeUInt32LE((content.length | 0x80000000) >>> 0)
    const sum = Buffer.alloc(4)
    sum.writeUInt32LE(xxhash32(content, 0, content.length))
    if (options.spoilChecksum) sum[0]! ^= 1
    const checksum = Buffer.from([(xxhash32(header, 0, header.length) >>> 8) & 255])
    const blockSum = flags & 0x10 ? sum : Buffer.alloc(0)
    const contentSum = flags & 0x04 ? sum : Buffer.alloc(0)
    const magic = Buffer.from('04224d18', 'hex')
    return Buffer.concat([magic, header, checksum, size, content, blockSum, Buffer.alloc(4), contentSum])
  }

  /** From a Java producer of 0.9, as recorded in record-batches-v0. */
  function historicChecksum(): string {
    return '1a'
  }
})

describe('zstd', () => {
  test('a frame that asks for a huge window is refused before memory is taken', () => {
    const frame = Buffer.from('28b52ffd00f8010000', 'hex')
    expect(failureOf(() => decompress('zstd', frame)).reason).toBe('too-large')
  })
})
