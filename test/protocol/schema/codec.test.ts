import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DecodeError, EncodeError } from '../../../src/protocol/errors.ts'
import { Fetch } from '../../../src/protocol/messages/01-fetch.ts'
import { Metadata } from '../../../src/protocol/messages/03-metadata.ts'
import { Heartbeat } from '../../../src/protocol/messages/12-heartbeat.ts'
import { Reader } from '../../../src/protocol/reader.ts'
import { api, data } from '../../../src/protocol/schema/api.ts'
import { dataCodec, requestCodec, responseCodec } from '../../../src/protocol/schema/codec.ts'
import { array, i32, string, struct } from '../../../src/protocol/schema/field.ts'
import { Writer } from '../../../src/protocol/writer.ts'

const thrown = (run: () => unknown): Error => {
  try {
    run()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}

describe('a codec', () => {
  it('gives every field of a message, whatever the version', () => {
    const request = requestCodec(Fetch, 0).decode(
      new Reader(Buffer.from('ffffffff000000010000000200000000', 'hex')),
    )
    expect(request).toEqual({
      clusterId: null,
      replicaId: -1,
      replicaState: { replicaId: -1, replicaEpoch: -1n },
      maxWaitMs: 1,
      minBytes: 2,
      maxBytes: 2147483647,
      isolationLevel: 0,
      sessionId: 0,
      sessionEpoch: -1,
      topics: [],
      forgottenTopicsData: [],
      rackId: '',
    })
  })

  it('leaves what follows the message', () => {
    const reader = new Reader(Buffer.from('000000000019 aabb'.replace(' ', ''), 'hex'))
    expect(responseCodec(Heartbeat, 1).decode(reader)).toEqual({ throttleTimeMs: 0, errorCode: 25 })
    expect(reader.remaining).toBe(2)
  })

  it('names message, version and field of what cannot be decoded', () => {
    const error = thrown(() =>
      requestCodec(Metadata, 1).decode(new Reader(Buffer.from('00000002000161ffff', 'hex'))),
    )
    expect(error).toBeInstanceOf(DecodeError)
    expect(error.message).toBe(
      'MetadataRequest v1, topics[1].name: a string that may not be null is null (at byte 9)',
    )
    expect((error as DecodeError).path).toBe('topics[1].name')
  })

  it('names message, version and field of what cannot be encoded', () => {
    const brokers = [{ nodeId: 1, host: 'h', port: Number.NaN }]
    const error = thrown(() =>
      responseCodec(Metadata, 0).encode(new Writer(), { brokers, topics: [], errorCode: 0 }),
    )
    expect(error).toBeInstanceOf(EncodeError)
    expect(error.message).toBe('MetadataResponse v0, brokers[0].port: expected an int32, got number NaN')
  })

  it('refuses a field that its version would lose, unless that may be ignored', () => {
    const heartbeat = { groupId: 'g', generationId: 1, memberId: 'm', groupInstanceId: 'i' }
    const error = thrown(() => requestCodec(Heartbeat, 2).encode(new Writer(), heartbeat))
    expect(error.message).toBe('HeartbeatRequest v2: groupInstanceId is set, but is not in version 2')
    requestCodec(Heartbeat, 2).encode(new Writer(), { ...heartbeat, groupInstanceId: null })
    responseCodec(Heartbeat, 0).encode(new Writer(), { throttleTimeMs: 9, errorCode: 0 })
  })

  it('refuses a tag that the message has in other versions only, and one that does not fill its size', () => {
    const tagged = data({
      name: 'Tagged',
      versions: [0, 1],
      flexible: 0,
      fields: { a: i32.tag(0, 0), b: struct({ c: i32 }).tag(1, 1) },
    })
    const decode = (version: number, hex: string) =>
      dataCodec(tagged, version).decode(new Reader(Buffer.from(hex, 'hex')))
    expect(decode(1, '02 00 04 00000007 01 05 00000008 00'.replaceAll(' ', ''))).toEqual({
      a: 7,
      b: { c: 8 },
    })
    expect(() => decode(0, '010105000000080 0'.replaceAll(' ', ''))).toThrow(
      /tag 1 does not exist in this version/,
    )
    expect(() => decode(1, '0100050000000700')).toThrow(/should end at byte/)
    expect(() => decode(1, '01000300000007')).toThrow(DecodeError)
  })

  it('has no name in its generated source that is not an identifier', () => {
    const odd = data({ name: 'Odd', versions: [0, 0], flexible: 0, fields: { 'a: 1, b': i32 } })
    expect(() => dataCodec(odd, 0).decode(new Reader(Buffer.alloc(8)))).toThrow(/is an identifier/)
  })

  it('refuses a version that never existed, as a mistake of the caller', () => {
    expect(() => requestCodec(Heartbeat, 5)).toThrow('Heartbeat has no version 5')
  })

  it('bounds the memory of a message with millions of empty elements', () => {
    const nested = api({
      key: 999,
      name: 'Nested',
      versions: [0, 0],
      flexible: 0,
      request: { list: array({ a: string, b: array(string) }) },
      response: {},
    })
    const bytes = Buffer.alloc(31_000_000, 0x01)
    Buffer.from('80ade204', 'hex').copy(bytes)
    const error = thrown(() => requestCodec(nested, 0).decode(new Reader(bytes)))
    expect(error.message).toMatch(/of memory/)
  })

  it('works where making code from strings is refused', () => {
    const program = `
      import { Heartbeat } from './src/protocol/messages/12-heartbeat.ts'
      import { decodeResponseFrame, encodeResponseFrame } from './src/protocol/header.ts'
      const frame = Buffer.concat(encodeResponseFrame(Heartbeat, 4, 3, { errorCode: 27 }))
      console.log(frame.toString('hex'), JSON.stringify(decodeResponseFrame(Heartbeat, 4, frame.subarray(4)).response))`
    const flags = [
      '--disallow-code-generation-from-strings',
      '--import',
      'tsx',
      '--input-type=module',
      '-e',
      program,
    ]
    const out = execFileSync(process.execPath, flags, {
      cwd: join(import.meta.dirname, '../../..'),
      encoding: 'utf8',
    })
    expect(out.trim()).toBe('0000000c000000030000000000001b00 {"throttleTimeMs":0,"errorCode":27}')
  })
})
