import { describe, expect, it } from 'vitest'
import { DecodeError } from '../../src/protocol/errors.ts'
import { Reader } from '../../src/protocol/reader.ts'

const reader = (hex: string): Reader => new Reader(Buffer.from(hex.replaceAll(' ', ''), 'hex'))

describe('a reader', () => {
  it('reads integers big endian and signed', () => {
    const r = reader('80 fffe ffff 80000000 ffffffff 8000000000000000 400921fb54442d18 01 00')
    expect([r.i8(), r.i16(), r.u16(), r.i32(), r.u32()]).toEqual([-128, -2, 65535, -2147483648, 4294967295])
    expect(r.i64()).toBe(-9223372036854775808n)
    expect(r.f64()).toBe(Math.PI)
    expect([r.bool(), r.bool(), r.remaining]).toEqual([true, false, 0])
  })

  it('reads inside its range only', () => {
    const r = new Reader(Buffer.from('00010203', 'hex'), 1, 3)
    expect(r.i16()).toBe(0x0102)
    expect(() => r.i8()).toThrow(DecodeError)
  })

  it('reads strings of any length and alphabet', () => {
    const texts = [
      '',
      'plain',
      'naïve',
      '日本語トピック',
      '🦊',
      'x'.repeat(300),
      'é'.repeat(100),
      `${'a'.repeat(23)}ß`,
    ]
    for (const text of texts) {
      const utf8 = Buffer.from(text)
      const size = Buffer.alloc(2)
      size.writeInt16BE(utf8.length)
      expect(new Reader(Buffer.concat([size, utf8])).string()).toBe(text)
    }
  })

  it.each([
    ['string', 'ffff'],
    ['string', '8000'],
    ['compactString', '00'],
    ['bytes', 'ffffffff'],
    ['compactBytes', '00'],
  ] as const)('refuses a null %s (%s) where none may be', (method, hex) => {
    expect(() => reader(hex)[method]()).toThrow(/may not be null/)
  })

  it.each([
    ['nullableString', 'ffff'],
    ['nullableString', 'fffb'],
    ['compactNullableString', '00'],
    ['nullableBytes', 'ffffffff'],
    ['compactNullableBytes', '00'],
  ] as const)('reads a null %s from %s', (method, hex) => {
    expect(reader(hex)[method]()).toBeNull()
  })

  it('refuses a string that is longer than any may be, though its bytes are there', () => {
    const compact = Buffer.concat([Buffer.from('818002', 'hex'), Buffer.alloc(40_000)])
    expect(() => new Reader(compact).compactString()).toThrow(/a string of 32768 bytes/)
  })

  it('says where it ran out of bytes', () => {
    const r = reader('0005 6162')
    const error = (() => {
      try {
        return r.string()
      } catch (thrown) {
        return thrown
      }
    })()
    expect(error).toBeInstanceOf(DecodeError)
    expect((error as DecodeError).offset).toBe(2)
    expect((error as DecodeError).message).toBe('expected 5 more bytes, 2 are left (at byte 2)')
  })

  it('gives bytes as a view, without a copy', () => {
    const buffer = Buffer.from('00000002aabb', 'hex')
    const bytes = new Reader(buffer).bytes()
    buffer[4] = 0xcc
    expect(bytes).toEqual(Buffer.from('ccbb', 'hex'))
  })

  it('refuses a count that cannot follow, before anything is allocated', () => {
    expect(() => reader('7fffffff 0000').count(1)).toThrow(/2147483647 elements, but only 2 bytes/)
    expect(() => reader('00000003 00000000').count(2)).toThrow(/3 elements, but only 4 bytes/)
    expect(reader('00000002 00000000').count(2)).toBe(2)
    expect(() => reader('ffffffff0f').compactCount()).toThrow(DecodeError)
  })

  it('refuses arrays that would take too much memory, however well their bytes are there', () => {
    const r = new Reader(Buffer.concat([Buffer.from('00100000', 'hex'), Buffer.alloc(1 << 20)]))
    expect(() => r.count(1, 300)).toThrow(/of memory/)
    const many = new Reader(Buffer.from('0000000100'.repeat(3), 'hex'))
    const oneArray = () => {
      many.count(1, 100_000_000)
      many.i8()
    }
    oneArray()
    oneArray()
    expect(oneArray).toThrow(/of memory/)
  })

  it('skips tagged fields, and keeps them when asked to', () => {
    const struct = {}
    const r = reader('02 05 01 aa 8101 02 bbcc')
    r.unknownTags = new WeakMap()
    r.skipTags(struct)
    expect(r.unknownTags.get(struct)).toEqual([
      { tag: 5, bytes: Buffer.from('aa', 'hex') },
      { tag: 129, bytes: Buffer.from('bbcc', 'hex') },
    ])
    expect(() => reader('01 05 03 aa').skipTags(struct)).toThrow(DecodeError)
  })
})
