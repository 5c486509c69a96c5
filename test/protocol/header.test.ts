import { describe, expect, it } from 'vitest'
import { DecodeError } from '../../src/protocol/errors.ts'
import {
  correlationIdOf,
  decodeRequestHeader,
  decodeResponseFrame,
  encodeRequestFrame,
  encodeResponseFrame,
} from '../../src/protocol/header.ts'
import { Heartbeat } from '../../src/protocol/messages/12-heartbeat.ts'
import { ApiVersions } from '../../src/protocol/messages/18-api-versions.ts'

const hex = (parts: readonly Buffer[]): string => Buffer.concat(parts).toString('hex')

describe('headers', () => {
  it('begin a request, the client id never compact', () => {
    const request = { groupId: 'g', generationId: 1, memberId: 'm' }
    const header = { correlationId: 5, clientId: 'cli' }
    expect(hex(encodeRequestFrame(Heartbeat, 3, header, request))).toBe(
      '00000019 000c 0003 00000005 0003636c69 000167 00000001 00016d ffff'.replaceAll(' ', ''),
    )
    expect(hex(encodeRequestFrame(Heartbeat, 4, { ...header, clientId: null }, request))).toBe(
      '00000015 000c 0004 00000005 ffff 00 0267 00000001 026d 00 00'.replaceAll(' ', ''),
    )
  })

  it('begin a response, never flexible for ApiVersions', () => {
    expect(hex(encodeResponseFrame(Heartbeat, 4, 5, { errorCode: 25 }))).toBe(
      '0000000c 00000005 00 00000000 0019 00'.replaceAll(' ', ''),
    )
    expect(hex(encodeResponseFrame(ApiVersions, 3, 5, { errorCode: 35, apiKeys: [] }))).toBe(
      '0000000c 00000005 0023 01 00000000 00'.replaceAll(' ', ''),
    )
  })

  it('of a response are read back with its body', () => {
    const frame = Buffer.concat(encodeResponseFrame(Heartbeat, 4, 77, { errorCode: 27 })).subarray(4)
    expect(correlationIdOf(frame)).toBe(77)
    expect(decodeResponseFrame(Heartbeat, 4, frame)).toEqual({
      correlationId: 77,
      response: { throttleTimeMs: 0, errorCode: 27 },
    })
  })

  it('of a version that nobody knows are read as those of the newest', () => {
    const header = decodeRequestHeader(Buffer.from('0012006300000007000361626300', 'hex'))
    expect(header).toMatchObject({
      apiKey: 18,
      apiVersion: 99,
      correlationId: 7,
      clientId: 'abc',
      bodyOffset: 14,
    })
    expect(header.api).toBe(ApiVersions)
  })

  it.each(['', '0012', '00120003', '001200030000', '00120003000000010005', '000c0004000000010000'])(
    'that are cut off (%s) are refused',
    (bytes) => {
      expect(() => decodeRequestHeader(Buffer.from(bytes, 'hex'))).toThrow(DecodeError)
    },
  )

  it('of an unknown API are refused', () => {
    const unknown = Buffer.from('12340001000000010000', 'hex')
    expect(() => decodeRequestHeader(unknown)).toThrow('unknown API key 4660 (version 1)')
  })
})
