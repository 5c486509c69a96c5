import { isDeepStrictEqual } from 'node:util'
import { murmur2, partitionOfKey } from '../../src/client/partitioner.ts'
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
} from '../../src/protocol/embedded/consumer-protocol.ts'
import { DecodeError } from '../../src/protocol/errors.ts'
import { decodePrefixed, encodePrefixed } from '../../src/protocol/prefixed.ts'
import { Reader } from '../../src/protocol/reader.ts'
import * as varint from '../../src/protocol/records/varint.ts'
import * as scram from '../../src/protocol/scram.ts'
import { Writer } from '../../src/protocol/writer.ts'
import { crc32 } from '../../src/runtime/crc32.ts'
import { crc32c } from '../../src/runtime/crc32c.ts'

/** One line of misc.jsonl.gz. */
export type MiscSample = { readonly kind: string } & Readonly<Record<string, never>>

/** What is wrong with our answer to a sample: empty if nothing is. Throws for a kind that is not known. */
export const checkMisc = (sample: MiscSample): string[] => {
  const check = CHECKS.get(sample.kind)
  if (check === undefined) throw new Error(`there is no check for ${sample.kind}`)
  return check(sample as never)
}

const hex = (text: string): Buffer => Buffer.from(text, 'hex')

/** `expected` and what we got instead, if that differs. */
const compare = (what: string, ours: unknown, expected: unknown): string[] =>
  isDeepStrictEqual(ours, expected)
    ? []
    : [`${what}: ${JSON.stringify(ours)} instead of ${JSON.stringify(expected)}`]

interface Murmur2Sample {
  keyHex: string
  murmur2: number
  partition: Readonly<Record<string, number>>
}

const checkMurmur2 = (sample: Murmur2Sample): string[] => {
  const key = hex(sample.keyHex)
  return [
    ...compare('murmur2', murmur2(key), sample.murmur2),
    ...Object.entries(sample.partition).flatMap(([count, partition]) =>
      compare(`partition of ${count}`, partitionOfKey(key, Number(count)), partition),
    ),
  ]
}

const checkCrc = (sample: { hex: string; crc32: number; crc32c: number }): string[] => [
  ...compare('crc32', crc32(hex(sample.hex)), sample.crc32),
  ...compare('crc32c', crc32c(hex(sample.hex)), sample.crc32c),
]

const checkUuid = (sample: { hex: string; string: string }): string[] => {
  const writer = new Writer()
  writer.uuid(sample.string)
  return [
    ...compare('written', writer.toBuffer().toString('hex'), sample.hex),
    ...compare('read', new Reader(hex(sample.hex)).uuid(), sample.string),
  ]
}

interface VarintSample {
  value: string
  zigzagVarlongHex: string
  zigzagVarintHex?: string
  unsignedVarintHex?: string
}

const checkVarint = (sample: VarintSample): string[] => [
  ...checkZigzag(sample),
  ...(sample.unsignedVarintHex === undefined ? [] : checkUnsigned(sample.value, sample.unsignedVarintHex)),
]

/** The varints of records. */
const checkZigzag = ({ value, zigzagVarlongHex, zigzagVarintHex }: VarintSample): string[] => {
  const into = Buffer.alloc(10)
  const long = BigInt(value)
  const written = (end: number): string => into.toString('hex', 0, end)
  const wrong = [
    ...compare('varlong', written(varint.writeVarlong(into, 0, long)), zigzagVarlongHex),
    ...compare('varlong bytes', varint.varlongBytes(long) * 2, zigzagVarlongHex.length),
    ...compare('varlong read', String(new varint.VarintReader(hex(zigzagVarlongHex)).varlong()), value),
  ]
  if (Number.isSafeInteger(Number(value))) {
    const end = varint.writeVarlong(into, 0, Number(value))
    wrong.push(...compare('varlong of a number', written(end), zigzagVarlongHex))
  }
  if (zigzagVarintHex === undefined) return wrong
  return [
    ...wrong,
    ...compare('varint', written(varint.writeVarint(into, 0, Number(value))), zigzagVarintHex),
    ...compare('varint bytes', varint.varintBytes(Number(value)) * 2, zigzagVarintHex.length),
    ...compare('varint read', new varint.VarintReader(hex(zigzagVarintHex)).varint(), Number(value)),
  ]
}

const checkUnsigned = (value: string, unsignedVarintHex: string): string[] => {
  const writer = new Writer()
  writer.uvarint(Number(value))
  return [
    ...compare('written', writer.toBuffer().toString('hex'), unsignedVarintHex),
    ...compare('read', new Reader(hex(unsignedVarintHex)).uvarint(), Number(value)),
  ]
}

interface MalformedSample {
  hex: string
  readUnsignedVarint: string
  readVarint: string
  readVarlong: string
}

const checkVarintMalformed = (sample: MalformedSample): string[] => {
  const reader = new Reader(hex(sample.hex))
  const records = (): varint.VarintReader => new varint.VarintReader(hex(sample.hex))
  const [unsigned, short, long] = [records(), records(), records()]
  return [
    ...checkAnswer(
      () => reader.uvarint() | 0,
      () => reader.position,
      sample.readUnsignedVarint,
    ),
    ...checkAnswer(
      () => unsigned.unsignedBits(),
      () => unsigned.at,
      sample.readUnsignedVarint,
    ),
    ...checkAnswer(
      () => short.varint(),
      () => short.at,
      sample.readVarint,
    ),
    ...checkAnswer(
      () => long.varlong(),
      () => long.at,
      sample.readVarlong,
    ),
  ]
}

/** The answer is a value with the bytes that it took, or the name of an exception. */
const checkAnswer = (read: () => number | bigint, position: () => number, answer: string): string[] => {
  const expected = /^-?\d+ \(\d+ bytes\)$/.test(answer) ? answer : 'an error'
  try {
    const value = read()
    return compare('read', `${value} (${position()} bytes)`, expected)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return compare('read', 'an error', expected)
  }
}

interface ScramSample {
  mechanism: scram.ScramMechanism
  username: string
  password: string
  iterations: number
  saltBase64: string
  clientNonce: string
  serverNonce: string
  tokenAuth: boolean
  saltedPasswordHex: string
  clientKeyHex: string
  storedKeyHex: string
  serverKeyHex: string
  clientFirst: string
  serverFirst: string
  authMessage: string
  clientFinal: string
  serverFinal: string
  clientProofHex: string
}

const checkScram = (sample: ScramSample): string[] => {
  const { mechanism, username, password, iterations, clientNonce, serverNonce, tokenAuth } = sample
  const salt = Buffer.from(sample.saltBase64, 'base64')
  const salted = scram.saltedPassword(mechanism, password, salt, iterations)
  const credential = scram.scramCredential(mechanism, salted, salt, iterations)
  const nonce = clientNonce + serverNonce
  const clientFirst = scram.clientFirstMessage(username, clientNonce, tokenAuth)
  const serverFirst = scram.serverFirstMessage(nonce, credential)
  const message = scram.authMessage(clientFirst, serverFirst, nonce)
  const proof = scram.clientProof(mechanism, salted, message)
  const spoiled = Buffer.from(proof)
  spoiled[0]! ^= 1
  return [
    ...compare('salted password', salted.toString('hex'), sample.saltedPasswordHex),
    ...compare('client key', scram.clientKey(mechanism, salted).toString('hex'), sample.clientKeyHex),
    ...compare('stored key', credential.storedKey.toString('hex'), sample.storedKeyHex),
    ...compare('server key', credential.serverKey.toString('hex'), sample.serverKeyHex),
    ...compare('client first', clientFirst, sample.clientFirst),
    ...compare('server first', serverFirst, sample.serverFirst),
    ...compare('auth message', message, sample.authMessage),
    ...compare('proof', proof.toString('hex'), sample.clientProofHex),
    ...compare('client final', scram.clientFinalMessage(nonce, proof), sample.clientFinal),
    ...compare('server final', scram.serverFinalMessage(mechanism, credential, message), sample.serverFinal),
    ...compare('proof accepted', scram.isProof(mechanism, credential, message, proof), true),
    ...compare('spoiled proof accepted', scram.isProof(mechanism, credential, message, spoiled), false),
  ]
}

type TopicPartitionPair = readonly [topic: string, partition: number]

interface AssignorSample {
  members: Readonly<Record<string, AssignorMember>>
  assignment: Readonly<Record<string, MemberAssignment>>
}

interface AssignorMember {
  subscription: readonly string[]
  owned: readonly TopicPartitionPair[]
  rackId: string | null
  userDataHex: string | null
  subscriptionHexByVersion: Readonly<Record<string, string>>
}

interface MemberAssignment {
  partitions: readonly TopicPartitionPair[]
  userDataHex: string | null
  assignmentHexByVersion: Readonly<Record<string, string>>
}

const pairs = (
  list: readonly { topic: string; partitions: readonly number[] }[],
): readonly TopicPartitionPair[] =>
  sorted(list.flatMap(({ topic, partitions }) => partitions.map((p): TopicPartitionPair => [topic, p])))

const sorted = (list: readonly TopicPartitionPair[]): readonly TopicPartitionPair[] =>
  [...list].sort(([a, p], [b, q]) => (a === b ? p - q : a < b ? -1 : 1))

const checkAssignor = (sample: AssignorSample): string[] => [
  ...Object.values(sample.members).flatMap(checkSubscription),
  ...Object.values(sample.assignment).flatMap(checkAssignment),
]

const checkSubscription = (member: AssignorMember): string[] =>
  Object.entries(member.subscriptionHexByVersion).flatMap(([v, bytes]) => {
    const version = Number(v)
    const value = decodePrefixed(ConsumerProtocolSubscription, hex(bytes))
    return [
      // The Java client sends its topics sorted, whatever their order in the subscription.
      ...compare('topics', value.topics, [...member.subscription].sort()),
      ...compare('user data', value.userData?.toString('hex') ?? null, member.userDataHex),
      ...compare('owned', pairs(value.ownedPartitions), version >= 1 ? sorted(member.owned) : []),
      ...compare('rack', value.rackId, version >= 3 ? member.rackId : null),
      ...compare(
        'bytes',
        encodePrefixed(ConsumerProtocolSubscription, version, value).toString('hex'),
        bytes,
      ),
    ]
  })

const checkAssignment = (given: MemberAssignment): string[] =>
  Object.entries(given.assignmentHexByVersion).flatMap(([version, bytes]) => {
    const value = decodePrefixed(ConsumerProtocolAssignment, hex(bytes))
    const ours = encodePrefixed(ConsumerProtocolAssignment, Number(version), value)
    return [
      ...compare('partitions', pairs(value.assignedPartitions), sorted(given.partitions)),
      ...compare('user data', value.userData?.toString('hex') ?? null, given.userDataHex),
      ...compare('bytes', ours.toString('hex'), bytes),
    ]
  })

const CHECKS: ReadonlyMap<string, (sample: never) => string[]> = new Map<string, (sample: never) => string[]>(
  [
    ['murmur2', checkMurmur2],
    ['crc', checkCrc],
    ['uuid', checkUuid],
    ['varint', checkVarint],
    ['varintMalformed', checkVarintMalformed],
    ['scram', checkScram],
    ['assignors', checkAssignor],
  ],
)
