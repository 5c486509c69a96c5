/**
 * Messages that stand alone, in a record or inside another message, begin with an int16: keys of the internal topics with
 * their type, everything else with its version.
 */

import { DecodeError } from './errors.ts'
import { Reader } from './reader.ts'
import type { Data, DataInput, DataOf } from './schema/api.ts'
import { dataCodec } from './schema/codec.ts'
import { Writer } from './writer.ts'

/** The prefix and the message. Throws EncodeError. */
export const encodePrefixed = <D extends Data>(data: D, version: number, value: DataInput<D>): Buffer => {
  const writer = new Writer()
  writer.i16(data.keyType ?? version)
  dataCodec(data, version).encode(writer, value)
  return writer.toBuffer()
}

/** The int16 that such a message begins with: which key it is, or its version. Throws DecodeError. */
export const prefixOf = (buffer: Buffer): number => new Reader(buffer).i16()

/** Reads a message after its prefix; bytes that follow it are ignored, as Kafka does. Throws DecodeError. */
export const decodePrefixed = <D extends Data>(data: D, buffer: Buffer): DataOf<D> => {
  const reader = new Reader(buffer)
  const prefix = reader.i16()
  return dataCodec(data, versionOf(data, prefix)).decode(reader)
}

const versionOf = ({ name, keyType, versions, readsNewer }: Data, prefix: number): number => {
  const [oldest, newest] = versions
  if (keyType !== undefined) {
    if (prefix === keyType) return newest
    throw new DecodeError(`${name} has key type ${keyType}, not ${prefix}`, 0)
  }
  if (prefix > newest && readsNewer) return newest
  if (prefix >= oldest && prefix <= newest) return prefix
  throw new DecodeError(`${name} has no version ${prefix}`, 0)
}
