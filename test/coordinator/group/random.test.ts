import { describe, expect, test } from 'vitest'
import type { JoinResult, SyncResult } from '../../../src/coordinator/group/types.ts'
import { SeededRandom } from '../../../src/runtime/random.ts'
import { GroupFixture } from './fixture.ts'

interface Client {
  memberId: string
  generationId: number
  readonly instance: string | null
}

/** Clients that do anything at any time, also what they must not, while time passes and the coordinator restarts. */
class Crowd {
  readonly fixture: GroupFixture
  /** Generation → what its members were told. */
  readonly generations = new Map<number, Set<string>>()
  waiting = 0
  readonly #random: SeededRandom
  readonly #clients: Client[]

  constructor(seed: number) {
    this.fixture = new GroupFixture(seed)
    this.fixture.settings = {
      ...this.fixture.settings,
      maxSize: 5,
      initialRebalanceDelayMs: (seed % 3) * 500,
    }
    this.#random = new SeededRandom(`crowd ${seed}`)
    this.#clients = Array.from({ length: 8 }, (_, i) => ({
      memberId: '',
      generationId: -1,
      instance: i < 3 ? `i${i % 2}` : null,
    }))
  }

  async step(): Promise<void> {
    const client = this.#clients[this.#random.int(this.#clients.length)]!
    const { fixture } = this
    const { memberId, generationId, instance: groupInstanceId } = client
    switch (this.#random.int(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return this.#join(client)
      case 4:
      case 5:
      case 6:
        return this.#sync(client)
      case 7:
        fixture.groups.heartbeat({ groupId: 'g', memberId, generationId, groupInstanceId })
        return
      case 8:
        fixture.commit({ 't:0': 1 }, { memberId, generationId, groupInstanceId })
        return
      case 9:
        await fixture.groups.leaveGroup('g', [{ memberId, groupInstanceId, reason: null }])
        return
      case 10:
        await fixture.clock.advance(this.#random.int(9_000))
        return
      default:
        if (this.#random.int(10) === 0) fixture.restart()
    }
  }

  #join(client: Client): void {
    const isNew = this.#random.int(4) === 0
    this.#answer(
      this.fixture.join({
        memberId: isNew ? '' : client.memberId,
        groupInstanceId: client.instance,
        requiresMemberId: this.#random.int(2) === 0,
        canSkipAssignment: this.#random.int(2) === 0,
        rebalanceTimeoutMs: 15_000,
        protocols: ['range', 'sticky'].slice(this.#random.int(2)).map((name) => ({
          name,
          metadata: Buffer.from([this.#random.int(2)]),
        })),
      }),
      (result: JoinResult) => {
        if (result.error === 'UNKNOWN_MEMBER_ID' || result.error === 'FENCED_INSTANCE_ID')
          client.memberId = ''
        else if (result.memberId !== '') client.memberId = result.memberId
        if (result.error !== 'NONE') return
        client.generationId = result.generationId
        this.#note(result)
      },
    )
  }

  #sync(client: Client): void {
    const assignments = this.#clients.map(({ memberId }) => ({ memberId, assignment: Buffer.from(memberId) }))
    const { memberId, generationId, instance } = client
    this.#answer(
      this.fixture.sync({ memberId, generationId, groupInstanceId: instance, assignments }),
      (_result: SyncResult) => {},
    )
  }

  /** Everybody of a generation hears of the same protocol. */
  #note({ generationId, protocolName }: JoinResult): void {
    const told = this.generations.get(generationId) ?? new Set()
    told.add(String(protocolName))
    this.generations.set(generationId, told)
  }

  #answer<R>(answer: R | Promise<R>, take: (result: R) => void): void {
    if (!(answer instanceof Promise)) {
      take(answer)
      return
    }
    this.waiting++
    answer.then((result) => {
      this.waiting--
      take(result)
    })
  }
}

describe('a crowd of unruly clients', () => {
  test.each(Array.from({ length: 40 }, (_, seed) => seed))(
    'seed %i: nobody waits for ever, and a group that is left alone comes to rest',
    async (seed) => {
      const crowd = new Crowd(seed)
      for (let i = 0; i < 400; i++) await crowd.step()
      await crowd.fixture.clock.advance(60_000)
      expect(crowd.waiting).toBe(0)
      expect(['Empty', 'Dead']).toContain(crowd.fixture.state())
      // What is left is the check for expired offsets.
      expect(crowd.fixture.clock.pending).toBe(1)
    },
  )

  test.each(Array.from({ length: 10 }, (_, seed) => 100 + seed))(
    'seed %i: without restarts a generation has one protocol',
    async (seed) => {
      const crowd = new Crowd(seed)
      crowd.fixture.restart = () => {}
      for (let i = 0; i < 400; i++) await crowd.step()
      expect(crowd.generations.size).toBeGreaterThan(3)
      for (const protocols of crowd.generations.values()) expect(protocols.size).toBe(1)
    },
  )
})
