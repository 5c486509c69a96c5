import { DecodeError } from '../../../src/protocol/errors.ts'
import { decodeRequestHeader, decodeResponseFrame, encodeRequestFrame } from '../../../src/protocol/header.ts'
import { apiByKey } from '../../../src/protocol/messages/index.ts'
import { Reader } from '../../../src/protocol/reader.ts'
import type { Api } from '../../../src/protocol/schema/api.ts'
import { requestCodec } from '../../../src/protocol/schema/codec.ts'
import type { Network } from '../../../src/runtime/network.ts'
import { compare, type Mismatch, toJson } from './compare.ts'
import { type GivenProducer, withOwnProducers, withRecordedProducers } from './producer-ids.ts'
import type { Case, Json, Step } from './transcript.ts'
import { RawConnection, type Reply, withLength } from './wire.ts'

export interface StepMismatch extends Mismatch {
  readonly step: number
}

/** An ApiVersions v0 request: answered at once by every broker. */
const PROBE = Buffer.from('0000000a00120000000000ff0000', 'hex')
/** Rounds that a broker gets to settle what it was just sent on another connection. */
const PROBE_ROUNDS = 3

/** How time goes by for the broker. */
export interface ReplayTime {
  /** Lets time go by before a step. */
  pass(ms: number): Promise<void>
  /** Makes time go on while an answer is waited for; absent: it does so by itself. */
  readonly move?: (ms: number) => Promise<void>
}

/** By how much time is moved on at once. */
const MOVE_MS = 50
/** No answer takes longer than this: a request that waits is given up. */
const PATIENCE_MS = 60_000
/** A step that was sent some time after the one before says so. */
const PAUSE = /after ([\d.]+) s/

/** A message as its codec gives it. */
type Message = { [key: string]: unknown }

/**
 * Replays one case against a broker and gives every field in which it answers otherwise than the recorded
 * one.
 */
export async function replay(
  recorded: Case,
  target: {
    readonly network: Network
    readonly host: string
    readonly port: number
    readonly time: ReplayTime
  },
): Promise<StepMismatch[]> {
  const { network, host, port, time } = target
  const run = new CaseRun(recorded, () => RawConnection.open(network, host, port), time)
  try {
    return await run.run()
  } finally {
    run.close()
  }
}

class CaseRun {
  readonly #steps: readonly Step[]
  readonly #dial: () => Promise<RawConnection>
  readonly #connections = new Map<number, RawConnection>()
  readonly #replies: Promise<Reply>[] = []
  /** Answers as JSON, by step, once they came. */
  readonly #answers: Json[] = []
  readonly #mismatches: StepMismatch[] = []
  readonly #producers: GivenProducer[] = []
  #probe: RawConnection | undefined

  readonly #time: ReplayTime

  constructor(recorded: Case, dial: () => Promise<RawConnection>, time: ReplayTime) {
    this.#steps = recorded.steps
    this.#dial = dial
    this.#time = time
  }

  async run(): Promise<StepMismatch[]> {
    for (const [index, step] of this.#steps.entries()) {
      const pause = PAUSE.exec(step.note ?? '')
      if (pause !== null) await this.#time.pass(Number(pause[1]) * 1000)
      const connection = await this.#connection(step.conn)
      connection.send(await this.#bytesOf(step))
      if (step.noResponse) {
        this.#replies[index] = this.#silence(connection)
        await this.#replies[index]
        continue
      }
      const reply = connection.next()
      this.#replies[index] = reply
      // What waits (a join, a long poll) waits for a step on another connection: that one must be sent first.
      const next = this.#steps[index + 1]
      await Promise.race([reply, this.#settled()])
      const waits = next !== undefined && next.conn !== step.conn
      if (!waits || (await isDone(reply))) await this.#check(index)
    }
    for (const index of this.#steps.keys()) await this.#check(index)
    return this.#mismatches
  }

  close(): void {
    for (const connection of this.#connections.values()) connection.close()
    this.#probe?.close()
  }

  async #connection(number: number): Promise<RawConnection> {
    let connection = this.#connections.get(number)
    if (connection === undefined) {
      connection = await this.#dial()
      this.#connections.set(number, connection)
    }
    return connection
  }

  /** Resolves when the broker has taken in what was sent before, whether or not it has answered. */
  async #settled(): Promise<void> {
    this.#probe ??= await this.#dial()
    for (let round = 0; round < PROBE_ROUNDS; round++) {
      this.#probe.send(PROBE)
      await this.#probe.next()
    }
  }

  async #silence(connection: RawConnection): Promise<Reply> {
    await this.#settled()
    return connection.isClosed || connection.unclaimed > 0 ? connection.next() : { kind: 'silent' }
  }

  async #bytesOf(step: Step): Promise<Buffer> {
    if (step.rawHex !== undefined) return Buffer.from(step.rawHex, 'hex')
    const frame = Buffer.from(step.requestHex ?? '', 'hex')
    const refs = Object.entries(step.requestRefs ?? {})
    if (refs.length === 0 && (step.api !== 'Produce' || this.#producers.length === 0))
      return withLength(frame)
    const header = decodeRequestHeader(frame)
    const message = requestCodec(header.api, header.apiVersion).decode(new Reader(frame, header.bodyOffset))
    for (const [path, ref] of refs) {
      await this.#check(ref.step)
      setField(message as Message, path, getField(this.#answers[ref.step], ref.path))
    }
    if (step.api === 'Produce') this.#ownProducers(message as Message)
    return Buffer.concat(encodeRequestFrame(header.api, header.apiVersion, header, message))
  }

  #ownProducers(message: Message): void {
    for (const topic of message.topicData as Message[]) {
      for (const partition of topic.partitionData as Message[]) {
        const records = partition.records as Buffer | null
        if (records !== null) partition.records = withOwnProducers(records, this.#producers)
      }
    }
  }

  /** Waits for the answer of a step and compares it, once. */
  async #check(index: number): Promise<void> {
    if (this.#answers[index] !== undefined) return
    const step = this.#steps[index] as Step
    const reply = await this.#patiently(this.#replies[index] as Promise<Reply>)
    const mismatches = this.#compare(index, step, reply)
    this.#mismatches.push(...mismatches.map((mismatch) => ({ step: index, ...mismatch })))
  }

  /** Moves time on until the answer comes, if somebody must. */
  async #patiently(reply: Promise<Reply>): Promise<Reply> {
    const { move } = this.#time
    if (move === undefined) return reply
    for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += MOVE_MS) {
      await Promise.race([reply, this.#settled()])
      if (await isDone(reply)) return reply
      await move(MOVE_MS)
    }
    return { kind: 'silent' }
  }

  #compare(index: number, step: Step, reply: Reply): Mismatch[] {
    const expected = step.closed ? 'closed' : step.noResponse ? 'silent' : 'frame'
    this.#answers[index] = null
    if (reply.kind === 'frame' && expected === 'frame') return this.#compareFrames(index, step, reply.frame)
    const actual = reply.kind === 'frame' ? `frame ${reply.frame.toString('hex').slice(0, 200)}` : reply.kind
    return actual === expected ? [] : [{ path: 'outcome', expected, actual }]
  }

  #compareFrames(index: number, step: Step, frame: Buffer): Mismatch[] {
    const api = step.key === undefined ? undefined : apiByKey(step.key)
    if (api === undefined || step.version === undefined) return compareRaw(step, frame)
    const decoded = decode(api, step.version, frame)
    if (decoded instanceof DecodeError) {
      return [{ path: 'bytes', expected: `${api.name} v${step.version}`, actual: decoded.message }]
    }
    const { correlationId, response } = decoded
    const asked = Buffer.from(step.requestHex ?? '', 'hex').readInt32BE(4)
    if (api.name === 'Fetch') this.#recordedProducers(response as Message)
    const answer = toJson(response)
    this.#answers[index] = answer
    this.#rememberProducer(step, answer)
    const mismatches = compare(
      this.#own(step, step.response ?? null),
      this.#own(step, answer),
      step.volatile ?? [],
    )
    if (correlationId !== asked) {
      mismatches.push({ path: 'correlationId', expected: String(asked), actual: String(correlationId) })
    }
    return mismatches
  }

  /** Lists of all groups of a broker hold those of other cases too: only this case's are looked at. */
  #own(step: Step, answer: Json): Json {
    if (step.api !== 'ListGroups') return answer
    const mine = JSON.stringify(this.#steps.map(({ request }) => request ?? null))
    const all = answer as { readonly groups: readonly { readonly groupId: string }[] }
    return { ...all, groups: all.groups.filter(({ groupId }) => mine.includes(JSON.stringify(groupId))) }
  }

  #recordedProducers(message: Message): void {
    for (const topic of message.responses as Message[]) {
      for (const partition of topic.partitions as Message[]) {
        const records = partition.records as Buffer | null
        if (records !== null) partition.records = withRecordedProducers(records, this.#producers)
      }
    }
  }

  #rememberProducer(step: Step, answer: Json): void {
    if (step.api !== 'InitProducerId') return
    const recorded = step.response as { producerId: string; producerEpoch: number }
    const given = answer as { producerId: string; producerEpoch: number }
    if (given.producerId === '-1') return
    this.#producers.push({
      recordedId: BigInt(recorded.producerId),
      recordedEpoch: recorded.producerEpoch,
      id: BigInt(given.producerId),
      epoch: given.producerEpoch,
    })
  }
}

/** Answers to raw bytes are equal, or mean the same in the version that was asked for. */
function compareRaw({ rawHex, responseHex }: Step, frame: Buffer): Mismatch[] {
  const expected = Buffer.from(responseHex ?? '', 'hex')
  if (expected.equals(frame)) return []
  const { api, apiVersion } = decodeRequestHeader(Buffer.from(rawHex ?? '', 'hex').subarray(4))
  const wanted = decode(api, apiVersion, expected)
  const given = decode(api, apiVersion, frame)
  if (wanted instanceof DecodeError || given instanceof DecodeError) {
    return [
      { path: 'bytes', expected: expected.toString('hex'), actual: frame.toString('hex').slice(0, 200) },
    ]
  }
  return compare(toJson(wanted.response), toJson(given.response), [])
}

function decode(
  api: Api,
  version: number,
  frame: Buffer,
): ReturnType<typeof decodeResponseFrame> | DecodeError {
  try {
    return decodeResponseFrame(api, version, frame)
  } catch (error) {
    if (error instanceof DecodeError) return error
    throw error
  }
}

/** Whether a promise is settled by now. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending')
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending
}

const getField = (value: Json | undefined, path: string): Json =>
  path.split('.').reduce<Json>((at, key) => (at as { [key: string]: Json })[key] ?? null, value ?? null)

function setField(message: Message, path: string, value: Json): void {
  const keys = path.split('.')
  const last = keys.pop() as string
  const parent = keys.reduce<Message>((at, key) => at[key] as Message, message)
  parent[last] = typeof parent[last] === 'bigint' ? BigInt(value as string) : value
}
