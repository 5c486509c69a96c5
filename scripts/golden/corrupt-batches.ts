import { connect, type Socket } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import { startCluster } from '../../src/index.ts'
import { FrameSplitter } from '../../src/protocol/frame.ts'
import { decodeResponseFrame, encodeRequestFrame } from '../../src/protocol/header.ts'
import { Produce } from '../../src/protocol/messages/00-produce.ts'
import { Fetch } from '../../src/protocol/messages/01-fetch.ts'
import type { Api, RequestInput, ResponseOutput } from '../../src/protocol/schema/api.ts'

/** One line of corrupt-batches.jsonl.gz: a damaged batch, and what a broker answered when it was produced. */
export interface CorruptVector {
  readonly id: string
  readonly hex: string
  readonly brokerErrorCode: number
  readonly brokerBaseOffset: string
  readonly brokerRecordErrors: readonly { readonly batchIndex: number }[]
  readonly storedRecordsBase64: string
}

const TOPIC = 'corrupt'
const PRODUCE_VERSION = 9
const FETCH_VERSION = 11
/** Not in these versions. */
const NO_ID = 'A'.repeat(22)
const FRAME_BYTES_MAX = 10_000_000

/**
 * Produces each vector to a partition of its own on a broker that is started for it, and fetches what was stored. Gives what
 * is wrong by vector: empty where nothing is. Texts of error messages are not compared.
 */
export const checkCorrupt = async (vectors: readonly CorruptVector[]): Promise<string[][]> => {
  await using cluster = await startCluster({ topics: [`${TOPIC}:${vectors.length}:1`] })
  const [host, port] = cluster.bootstrap.split(',')[0]!.split(':')
  const connection = new Connection(connect({ host: host!, port: Number(port) }))
  try {
    const results: string[][] = []
    for (const [partition, vector] of vectors.entries()) {
      results.push(await checkOne(connection, partition, vector))
    }
    return results
  } finally {
    connection.close()
  }
}

const checkOne = async (connection: Connection, index: number, vector: CorruptVector): Promise<string[]> => {
  const produced = await connection.send(Produce, PRODUCE_VERSION, {
    acks: -1,
    timeoutMs: 10_000,
    topicData: [
      {
        name: TOPIC,
        topicId: NO_ID,
        partitionData: [{ index, records: Buffer.from(vector.hex, 'hex') }],
      },
    ],
  })
  const { errorCode, baseOffset, recordErrors } = produced.responses[0]!.partitionResponses[0]!
  const ours = {
    errorCode,
    baseOffset: String(baseOffset),
    records: recordErrors.map((each) => each.batchIndex),
  }
  const expected = {
    errorCode: vector.brokerErrorCode,
    baseOffset: vector.brokerBaseOffset,
    records: vector.brokerRecordErrors.map((each) => each.batchIndex),
  }
  const stored = await fetchAll(connection, index)
  const wrong: string[] = []
  if (!isDeepStrictEqual(ours, expected))
    wrong.push(`${JSON.stringify(ours)} instead of ${JSON.stringify(expected)}`)
  if (stored !== vector.storedRecordsBase64)
    wrong.push(`stored ${stored} instead of ${vector.storedRecordsBase64}`)
  return wrong
}

const fetchAll = async (connection: Connection, partition: number): Promise<string> => {
  const request = {
    partition,
    fetchOffset: 0n,
    partitionMaxBytes: 1_000_000,
    replicaDirectoryId: NO_ID,
  }
  const { responses } = await connection.send(Fetch, FETCH_VERSION, {
    replicaId: -1,
    maxWaitMs: 0,
    minBytes: 0,
    isolationLevel: 0,
    sessionId: 0,
    topics: [{ topic: TOPIC, topicId: NO_ID, partitions: [request] }],
    forgottenTopicsData: [],
    rackId: '',
  })
  return responses[0]!.partitions[0]!.records?.toString('base64') ?? ''
}

/** One request at a time over a socket. */
class Connection {
  readonly #socket: Socket
  readonly #splitter = new FrameSplitter(FRAME_BYTES_MAX)
  #correlationId = 0
  #waiting: { resolve: (frame: Buffer) => void; reject: (error: Error) => void } | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk) => {
      this.#splitter.push(chunk)
      const frame = this.#splitter.next()
      if (frame !== undefined) this.#waiting?.resolve(frame)
    })
    socket.on('error', (error) => this.#waiting?.reject(error))
    socket.on('close', () => this.#waiting?.reject(new Error('the broker closed the connection')))
  }

  async send<A extends Api>(api: A, version: number, request: RequestInput<A>): Promise<ResponseOutput<A>> {
    const header = { correlationId: ++this.#correlationId, clientId: 'verify-golden' }
    const answer = new Promise<Buffer>((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
    for (const part of encodeRequestFrame(api, version, header, request)) this.#socket.write(part)
    return decodeResponseFrame(api, version, await answer).response
  }

  close(): void {
    this.#waiting = undefined
    this.#socket.destroy()
  }
}
