import { expect, it } from 'vitest'
import { type FetchedPartition, type FollowerPosition, ReplicationLinks } from '../../src/replication/link.ts'
import { ManualClock } from '../../src/runtime/manual-clock.ts'
import { releaseSlab, SlabPool } from '../../src/runtime/slab-pool.ts'

const position: FollowerPosition = {
  topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
  index: 0,
  currentLeaderEpoch: 0,
  fetchOffset: 0,
  lastFetchedEpoch: -1,
  logStartOffset: 0,
}

const answerOf = (buffer: Buffer): FetchedPartition => ({
  position,
  error: null,
  buffers: [buffer],
  sizeBytes: buffer.length,
  highWatermark: 0,
  logStartOffset: 0,
  logEndOffset: 0,
  divergingEpoch: null,
})

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

it.each(['arrives', 'is lost'])(
  'an answer that is under way for long keeps its bytes until it %s',
  async (fate) => {
    const clock = new ManualClock()
    const links = new ReplicationLinks(clock)
    const slabs = new SlabPool({ poison: true })
    let reply: (partitions: readonly FetchedPartition[]) => void = () => {}
    links.attach(1, {
      accept(_, give) {
        reply = give
        return { fetch() {}, close() {} }
      },
      reachable() {},
    })
    links.setDelay(2, 1, 50)
    const seen: number[] = []
    links.connect(2, 1, {
      fetched: (partitions) => seen.push(partitions[0]!.buffers[0]![0]!),
      disconnected() {},
    })
    const read = slabs.lend(64 * 1024).fill(5)
    reply([answerOf(read)])
    await turn()
    expect([read[0], slabs.freeBytes]).toEqual([5, 0])
    if (fate === 'is lost') links.setCut(2, 1, true)
    await clock.advance(50)
    await turn()
    expect(seen).toEqual(fate === 'arrives' ? [5] : [])
    expect([read[0], slabs.freeBytes]).toEqual([0xdd, 64 * 1024])
    releaseSlab(read)
  },
)
