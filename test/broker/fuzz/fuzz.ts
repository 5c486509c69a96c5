import { readFileSync } from 'node:fs'
import { connect as open } from 'node:net'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { HANDLERS } from '../../../src/broker/handlers/index.ts'
import { startCluster } from '../../../src/index.ts'
import { Witness } from './witness.ts'

/** Golden requests of the APIs that are served, as frames: length, header, body. */
const goldenFrames = (): Buffer[] => {
  const served = new Set(HANDLERS.map(({ api }) => api.key))
  const file = new URL('../../data/golden/messages-4.4.0.jsonl.gz', import.meta.url)
  const frames: Buffer[] = []
  for (const line of gunzipSync(readFileSync(file)).toString().split('\n')) {
    if (!line.includes('"kind":"request"')) continue
    const { key, hex, headerHex } = JSON.parse(line) as { key: number; hex: string; headerHex: string }
    if (served.has(key)) frames.push(framed(Buffer.from(headerHex + hex, 'hex')))
  }
  return frames
}

const framed = (message: Buffer): Buffer => {
  const frame = Buffer.alloc(4 + message.length)
  frame.writeInt32BE(message.length)
  message.copy(frame, 4)
  return frame
}

/** What is done to a frame; positions are fractions of its length. */
type Mutation =
  | { readonly kind: 'none' }
  | { readonly kind: 'byte'; readonly at: number; readonly value: number }
  | { readonly kind: 'int32'; readonly at: number; readonly value: number }
  | { readonly kind: 'cut'; readonly at: number; readonly fixLength: boolean }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'length'; readonly value: number }

const at = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const absurd = fc.oneof(
  fc.constantFrom(-1, 0, 1, 2 ** 31 - 1, -(2 ** 31), 2 ** 20, 100 * 2 ** 20 + 1, 0x7fffff),
  fc.integer(),
)
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.constant<Mutation>({ kind: 'none' }),
  fc.record({ kind: fc.constant('byte' as const), at, value: fc.nat(255) }),
  fc.record({ kind: fc.constant('int32' as const), at, value: absurd }),
  fc.record({ kind: fc.constant('cut' as const), at, fixLength: fc.boolean() }),
  fc.record({
    kind: fc.constant('insert' as const),
    at,
    bytes: fc.uint8Array({ minLength: 1, maxLength: 64 }),
  }),
  fc.record({ kind: fc.constant('length' as const), value: absurd }),
)

const mutate = (original: Buffer, change: Mutation): Buffer => {
  const frame = Buffer.from(original)
  const place = 'at' in change ? 4 + Math.floor(change.at * (frame.length - 4)) : 0
  switch (change.kind) {
    case 'none':
      return frame
    case 'byte':
      frame[place] = change.value
      return frame
    case 'int32':
      frame.writeInt32BE(change.value, Math.min(place, frame.length - 4))
      return frame
    case 'cut':
      return change.fixLength ? framed(frame.subarray(4, place)) : frame.subarray(0, place)
    case 'insert':
      return framed(Buffer.concat([frame.subarray(4, place), change.bytes, frame.subarray(place)]))
    case 'length':
      frame.writeInt32BE(change.value)
      return frame
  }
}

/** Sends bytes as one client and goes; settles when the broker has let go of the connection. */
const sendAndLeave = (port: number, bytes: Buffer): Promise<void> =>
  new Promise((resolve) => {
    const socket = open({ port, host: '127.0.0.1' }, () => socket.end(bytes))
    socket.on('error', () => {})
    socket.on('close', () => resolve())
    socket.resume()
  })

export interface FuzzReport {
  readonly runs: number
  readonly acknowledged: number
  /** What the witness found missing or wrong at the end. */
  readonly lost: readonly string[]
  readonly peakRssGrowthBytes: number
  /** Lines at level error: each would be a bug. */
  readonly errors: readonly string[]
}

/**
 * Sends mutated golden requests to a live broker while a well-behaved client goes on producing and reading
 * beside them. The same seed does the same. Throws (with the seed and the smallest case) when the witness is
 * disturbed.
 */
export const fuzz = async (runs: number, seed: number): Promise<FuzzReport> => {
  const frames = goldenFrames()
  const errors: string[] = []
  const logger = {
    debug: () => {},
    info: () => {},
    warn: () => {},
    error: (message: string, fields?: object) => errors.push(`${message} ${JSON.stringify(fields)}`),
  }
  const cluster = await startCluster({ storage: 'memory', topics: ['witness:1'], logger })
  const port = cluster.brokers[0]?.port ?? 0
  const witness = await Witness.connect(port)
  const before = process.memoryUsage().rss
  let peak = before
  try {
    const cases = fc.array(fc.tuple(fc.nat(frames.length - 1), mutation), { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(cases, async (chosen) => {
        const bytes = chosen.map(([index, change]) => mutate(frames[index] as Buffer, change))
        await sendAndLeave(port, Buffer.concat(bytes))
        await witness.produceAndRead()
        peak = Math.max(peak, process.memoryUsage().rss)
      }),
      { numRuns: runs, seed, endOnFailure: true },
    )
    const lost = await witness.verify()
    return { runs, acknowledged: witness.acknowledged, lost, peakRssGrowthBytes: peak - before, errors }
  } finally {
    witness.close()
    await cluster.stop()
  }
}
