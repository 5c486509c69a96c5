import { expect, test } from 'vitest'
import { crc32, crc32ByTables } from '../../src/runtime/crc32.ts'
import { crc32c, crc32cByTables } from '../../src/runtime/crc32c.ts'
import { SeededRandom } from '../../src/runtime/random.ts'

/** One bit a step, straight from the definition. */
function slowly(polynomial: number, data: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of data) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1
  }
  return ~crc >>> 0
}

test('the check values of the CRC catalogue come out', () => {
  const digits = Buffer.from('123456789')
  expect(crc32c(digits)).toBe(0xe3069283)
  expect(crc32(digits)).toBe(0xcbf43926)
  // RFC 3720, B.4: 32 bytes of zeros.
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa)
})

test('the change to native code, after some work, changes no result', () => {
  const data = new SeededRandom('many').bytes(64 * 1024)
  const expected = slowly(0x82f63b78, data)
  for (let round = 0; round < 8; round++) expect(crc32c(data)).toBe(expected)
})

test('every length and alignment gives what the definition gives, on every path', () => {
  const data = new SeededRandom('crc').bytes(4096)
  for (let start = 0; start < 8; start++) {
    for (const length of [0, 1, 3, 4, 15, 16, 17, 31, 33, 100, 255, 256, 257, 1000, 4000]) {
      const end = start + length
      const range = data.subarray(start, end)
      expect(crc32c(data, start, end)).toBe(slowly(0x82f63b78, range))
      expect(crc32cByTables(data, start, end)).toBe(slowly(0x82f63b78, range))
      expect(crc32(data, start, end)).toBe(slowly(0xedb88320, range))
      expect(crc32ByTables(data, start, end)).toBe(slowly(0xedb88320, range))
    }
  }
})

test('a checksum goes on where the one before ended', () => {
  const data = new SeededRandom('parts').bytes(2000)
  for (const cut of [0, 1, 300, 1999, 2000]) {
    expect(crc32c(data, cut, 2000, crc32c(data, 0, cut))).toBe(crc32c(data))
    expect(crc32cByTables(data, cut, 2000, crc32cByTables(data, 0, cut))).toBe(crc32c(data))
  }
})
