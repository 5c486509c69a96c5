import { ZERO_UUID } from '../../../src/coordinator/cluster/topics.ts'
import { Produce } from '../../../src/protocol/messages/00-produce.ts'
import { Fetch } from '../../../src/protocol/messages/01-fetch.ts'
import { encodeBatch } from '../../../src/protocol/records/batch-builder.ts'
import { recordsOf } from '../../../src/protocol/records/convert.ts'
import { TestClient } from '../test-client.ts'

const TOPIC = 'witness'

/** A client that behaves, on one connection for all the time: whatever others send, it must not notice. */
export class Witness {
  readonly #client: TestClient
  acknowledged = 0

  private constructor(client: TestClient) {
    this.#client = client
  }

  static async connect(port: number): Promise<Witness> {
    return new Witness(await TestClient.connect(port))
  }

  /** Produces the next number and reads it back. Throws when either fails. */
  async produceAndRead(): Promise<void> {
    const value = Buffer.from(String(this.acknowledged))
    const records = encodeBatch({ records: [{ timestamp: 1, key: null, value }] })
    const produced = await this.#client.ask(Produce, 9, {
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
    const answer = await this.#client.ask(Fetch, 11, {
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
    this.#client.close()
  }
}
