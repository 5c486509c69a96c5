import { ZERO_UUID } from '../../../src/coordinator/cluster/topics.ts'
import { decodeResponseFrame, encodeRequestFrame } from '../../../src/protocol/header.ts'
import { Produce } from '../../../src/protocol/messages/00-produce.ts'
import { Fetch } from '../../../src/protocol/messages/01-fetch.ts'
import { encodeBatch } from '../../../src/protocol/records/batch-builder.ts'
import { recordsOf } from '../../../src/protocol/records/convert.ts'
import type { Api, RequestInput, ResponseOutput } from '../../../src/protocol/schema/api.ts'
import { RawConnection } from '../raw-connection.ts'

const TOPIC = 'witness'

/** A client that behaves, on one connection for all the time: whatever others send, it must not notice. */
export class Witness {
  readonly #connection: RawConnection
  #correlationId = 0
  acknowledged = 0

  private constructor(connection: RawConnection) {
    this.#connection = connection
  }

  static async connect(port: number): Promise<Witness> {
    return new Witness(await RawConnection.open(port))
  }

  async #ask<A extends Api>(api: A, version: number, request: RequestInput<A>): Promise<ResponseOutput<A>> {
    const correlationId = ++this.#correlationId
    this.#connection.send(encodeRequestFrame(api, version, { correlationId, clientId: 'witness' }, request))
    const frame = await this.#connection.nextFrame()
    const answer = decodeResponseFrame(api, version, frame)
    if (answer.correlationId !== correlationId) throw new Error('answers are out of order')
    return answer.response
  }

  /** Produces the next number and reads it back. Throws when either fails. */
  async produceAndRead(): Promise<void> {
    const value = Buffer.from(String(this.acknowledged))
    const records = encodeBatch({ records: [{ timestamp: 1, key: null, value }] })
    const produced = await this.#ask(Produce, 9, {
      acks: -1,
      timeoutMs: 10_000,
      topicData: [{ name: TOPIC, topicId: ZERO_UUID, partitionData: [{ index: 0, records }] }],
    })
    const result = produced.responses[0]?.partitionResponses[0]
    if (result?.errorCode !== 0 || result.baseOffset !== BigInt(this.acknowledged)) {
      throw new Error(`produce ${this.acknowledged}: ${JSON.stringify(result, (_, v) => String(v))}`)
    }
    const [read] = await this.#read(this.acknowledged)
    if (read !== String(this.acknowledged)) throw new Error(`read ${this.acknowledged}: ${read}`)
    this.acknowledged++
  }

  /** Reads everything from the start; gives what is missing or wrong. */
  async verify(): Promise<string[]> {
    const wrong: string[] = []
    for (let offset = 0; offset < this.acknowledged; ) {
      const values = await this.#read(offset)
      if (values.length === 0) return [...wrong, `nothing at ${offset}`]
      for (const value of values) {
        if (value !== String(offset)) wrong.push(`${offset}: ${value}`)
        offset++
      }
    }
    return wrong
  }

  async #read(offset: number): Promise<string[]> {
    const answer = await this.#ask(Fetch, 11, {
      maxWaitMs: 10_000,
      minBytes: 1,
      isolationLevel: 0,
      sessionId: 0,
      topics: [
        {
          topic: TOPIC,
          topicId: ZERO_UUID,
          partitions: [{ partition: 0, fetchOffset: BigInt(offset), partitionMaxBytes: 1_000_000 }],
        },
      ],
      forgottenTopicsData: [],
      rackId: '',
    })
    const partition = answer.responses[0]?.partitions[0]
    if (partition?.errorCode !== 0) throw new Error(`fetch ${offset}: ${partition?.errorCode}`)
    return [...recordsOf(partition.records ?? Buffer.alloc(0))].map(({ value }) => String(value))
  }

  close(): void {
    this.#connection.close()
  }
}
