import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EncodeError } from '../../src/protocol/errors.ts'
import { Reader } from '../../src/protocol/reader.ts'
import { Writer } from '../../src/protocol/writer.ts'

const written = (write: (w: Writer) => void): string => {
  const writer = new Writer()
  write(writer)
  const { size } = writer
  const buffer = writer.toBuffer()
  expect(buffer.length).toBe(size)
  return buffer.toString('hex')
}

describe('a writer', () => {
  it('writes integers big endian', () => {
    const hex = written((w) => {
      w.i8(-1)
      w.i16(-2)
      w.u16(65535)
      w.i32(-2147483648)
      w.u32(4294967295)
      w.i64(-1n)
      w.f64(Math.PI)
      w.bool(true)
    })
    expect(hex).toBe(
      `ff fffe ffff 80000000 ffffffff ${'f'.repeat(16)} 400921fb54442d18 01`.replaceAll(' ', ''),
    )
  })

  it.each([
    ['i8', 128],
    ['i8', -129],
    ['i16', 32768],
    ['u16', -1],
    ['u16', 65536],
    ['i32', 2147483648],
    ['i32', 1.5],
    ['i32', Number.NaN],
    ['i32', undefined],
    ['u32', 4294967296],
    ['i64', 1n << 63n],
    ['i64', -(1n << 63n) - 1n],
    ['i64', 1],
    ['f64', '1'],
    ['bool', 1],
    ['uvarint', -1],
    ['uuid', 'short'],
    ['uuid', '~~~~~~~~~~~~~~~~~~~~~~'],
    ['string', null],
    ['string', undefined],
    ['string', 'x'.repeat(32768)],
    ['compactString', 'é'.repeat(16384)],
    ['bytes', null],
    ['bytes', 'text'],
  ] as const)('refuses to write %s of %s', (method, value) => {
    const write = new Writer()[method] as (value: unknown) => void
    expect(() => write.call(new Writer(), value)).toThrow(EncodeError)
  })

  it('writes what a reader reads, for any text', () => {
    const text = fc.oneof(fc.string({ maxLength: 100 }), fc.string({ unit: 'binary', maxLength: 100 }))
    const property = fc.property(text, (value) => {
      const writer = new Writer()
      writer.string(value)
      writer.compactString(value)
      const reader = new Reader(writer.toBuffer())
      const expected = Buffer.from(value).toString()
      expect([reader.string(), reader.compactString(), reader.remaining]).toEqual([expected, expected, 0])
    })
    fc.assert(property, { seed: 1, numRuns: 300 })
  })

  it('writes varints in the fewest bytes', () => {
    expect(written((w) => [0, 127, 128, 16383, 16384, 4294967295].forEach((n) => void w.uvarint(n)))).toBe(
      '00 7f 8001 ff7f 808001 ffffffff0f'.replaceAll(' ', ''),
    )
  })

  it('sends large bytes by reference and copies small ones', () => {
    const large = Buffer.alloc(5000, 1)
    const small = Buffer.from([2])
    const writer = new Writer()
    writer.nullableRecords([large, small])
    writer.i8(3)
    const parts = writer.finish()
    expect(parts).toHaveLength(3)
    expect(parts[1]).toBe(large)
    expect(Buffer.concat(parts).toString('hex')).toBe(`00001389${'01'.repeat(5000)}0203`)
  })

  it('grows past any size, with references in between', () => {
    const large = Buffer.alloc(4096, 7)
    const writer = new Writer()
    const expected: Buffer[] = []
    for (let i = 0; i < 200; i++) {
      const text = `${i}:`.repeat(i)
      writer.string(text)
      writer.raw(large)
      const size = Buffer.alloc(2)
      size.writeInt16BE(text.length)
      expected.push(size, Buffer.from(text), large)
    }
    for (let i = 0; i < 20_000; i++) writer.i32(i)
    const ints = Buffer.alloc(80_000)
    for (let i = 0; i < 20_000; i++) ints.writeInt32BE(i, 4 * i)
    expect(writer.toBuffer().equals(Buffer.concat([...expected, ints]))).toBe(true)
  })

  it.each([0, 1, 127, 128, 16383, 16384, 40_000])(
    'puts its size before a tagged field of %i bytes',
    (size) => {
      const payload = Buffer.alloc(size, 9)
      const hex = written((w) => {
        w.i8(1)
        const mark = w.openTag(3)
        w.raw(payload)
        w.closeTag(mark)
        w.i8(2)
      })
      const reader = new Reader(Buffer.from(hex, 'hex'))
      expect([reader.i8(), reader.uvarint(), reader.uvarint()]).toEqual([1, 3, size])
      expect(reader.take(size).equals(payload)).toBe(true)
      expect([reader.i8(), reader.remaining]).toEqual([2, 0])
    },
  )

  it('never shares memory between messages, written at once or one after the other', () => {
    const first = new Writer()
    first.string('first')
    const second = new Writer()
    second.string('second')
    const a = first.toBuffer()
    const b = second.toBuffer()
    const third = new Writer()
    third.raw(Buffer.alloc(3000, 0xff))
    third.toBuffer()
    expect([a.toString('latin1', 2), b.toString('latin1', 2)]).toEqual(['first', 'second'])
  })

  it('fills in the length of a frame', () => {
    const writer = new Writer()
    writer.i32(0)
    writer.i16(7)
    writer.raw(Buffer.alloc(5000))
    expect(writer.finishFrame()[0]!.toString('hex')).toBe('0000138a0007')
  })

  it('is one empty buffer when nothing was written', () => {
    expect(new Writer().finish()).toEqual([Buffer.alloc(0)])
  })
})
