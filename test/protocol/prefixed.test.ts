import { describe, expect, it } from 'vitest'
import { ConsumerProtocolAssignment } from '../../src/protocol/embedded/consumer-protocol.ts'
import { DecodeError } from '../../src/protocol/errors.ts'
import { OffsetCommitKey, OffsetCommitValue } from '../../src/protocol/persisted/offset-commit.ts'
import { decodePrefixed, encodePrefixed, prefixOf } from '../../src/protocol/prefixed.ts'

describe('a message with a prefix', () => {
  it('begins with its type if it is a key, with its version otherwise', () => {
    const key = encodePrefixed(OffsetCommitKey, 0, { group: 'g', topic: 't', partition: 2 })
    expect(key.toString('hex')).toBe('0001000167000174 00000002'.replaceAll(' ', ''))
    expect(prefixOf(key)).toBe(1)
    const value = encodePrefixed(OffsetCommitValue, 3, { offset: 1n, metadata: '', commitTimestamp: 2n })
    expect(prefixOf(value)).toBe(3)
  })

  it('is refused under another type, or a version that does not exist', () => {
    expect(() => decodePrefixed(OffsetCommitKey, Buffer.from('00020001670001740000000', 'hex'))).toThrow(
      'OffsetCommitKey has key type 1, not 2',
    )
    expect(() => decodePrefixed(OffsetCommitValue, Buffer.from('0005', 'hex'))).toThrow(DecodeError)
    expect(() => decodePrefixed(OffsetCommitValue, Buffer.from('ffff', 'hex'))).toThrow(DecodeError)
    expect(() => decodePrefixed(OffsetCommitValue, Buffer.alloc(0))).toThrow(DecodeError)
  })

  it('of the consumer protocol is read in a newer version too, as far as it is known', () => {
    const newer = Buffer.from(
      '0009 00000001 000174 00000001 00000005 ffffffff aabbcc'.replaceAll(' ', ''),
      'hex',
    )
    expect(decodePrefixed(ConsumerProtocolAssignment, newer)).toEqual({
      assignedPartitions: [{ topic: 't', partitions: [5] }],
      userData: null,
    })
    const negative = Buffer.from(newer)
    negative.writeInt16BE(-1)
    expect(() => decodePrefixed(ConsumerProtocolAssignment, negative)).toThrow(DecodeError)
  })
})
