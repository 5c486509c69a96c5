import { expect, test } from 'vitest'
import type { Partition } from '../../src/replication/partition.ts'
import { type Random, SeededRandom } from '../../src/runtime/random.ts'
import { batch, ReplicationCluster, valuesOf } from './fixture.ts'

const BROKERS = [1, 2, 3]
const STEPS = 120

/**
 * Brokers die and return, links break and slow down, time jumps, leaders are elected, producers write with acks=all. After
 * each step: whatever was acknowledged is in the log of every in-sync replica that lives, at its offset; no offset below the
 * high watermark ever holds another record. In the end, with all faults gone, all logs are equal.
 */
class Simulation {
  readonly #cluster = new ReplicationCluster(BROKERS)
  readonly #random: Random
  readonly #acknowledged = new Map<number, string>()
  #pending: { partition: Partition; epoch: number; offset: number; value: string }[] = []
  #written = 0

  constructor(seed: number) {
    this.#random = new SeededRandom(seed)
    this.#cluster.onChange = (partition) => this.#acknowledge(partition)
  }

  async run(): Promise<void> {
    await this.#cluster.createTopic('t', 1, 3, { 'min.insync.replicas': String(1 + this.#random.int(2)) })
    for (let step = 0; step < STEPS; step++) {
      await this.#step()
      this.#check()
    }
    await this.#heal()
    this.#check()
    const [first, ...others] = BROKERS.map((id) => valuesOf(this.#cluster.replica(id)))
    for (const other of others) expect(other).toEqual(first)
    expect(this.#cluster.isr()).toEqual(BROKERS)
    expect(this.#acknowledged.size).toBeGreaterThan(5)
  }

  async #step(): Promise<void> {
    const cluster = this.#cluster
    const broker = BROKERS[this.#random.int(3)] as number
    const other = BROKERS[this.#random.int(3)] as number
    switch (this.#random.int(12)) {
      case 0:
        if (cluster.brokers.has(broker)) await cluster.killBroker(broker)
        break
      case 1:
      case 2:
        if (!cluster.brokers.has(broker)) cluster.startBroker(broker)
        break
      case 3:
        cluster.links.setCut(broker, other, true)
        break
      case 4:
        cluster.links.setCut(broker, other, false)
        break
      case 5:
        cluster.links.setDelay(broker, other, this.#random.int(3) * 400)
        break
      case 6:
        await cluster.env.clock.advance(this.#random.int(40_000))
        break
      case 7:
        cluster.controller.electLeaders('preferred', null)
        break
      default:
        for (let i = this.#random.int(3); i >= 0; i--) this.#append()
        // Sometimes the next fault comes before anything was replicated.
        if (this.#random.int(3) > 0) await cluster.settle()
    }
  }

  #append(): void {
    const partition = this.#leader()
    if (!partition || partition.isr.length < partition.minInsyncReplicas) return
    const value = `v${this.#written++}`
    const { firstOffset } = partition.appendAsLeader(batch(value), { requiredAcks: -1, origin: 'client' })
    this.#pending.push({ partition, epoch: partition.leaderEpoch, offset: firstOffset, value })
    this.#acknowledge(partition)
  }

  #leader(): Partition | undefined {
    const leader = this.#cluster.controller.image.topic('t')?.partitions[0]?.leader ?? -1
    return this.#cluster.brokers.get(leader)?.partition('t', 0)
  }

  #acknowledge(changed: Partition): void {
    this.#pending = this.#pending.filter(({ partition, epoch, offset, value }) => {
      if (partition !== changed) return true
      if (partition.leaderEpoch !== epoch) return false
      const { done, error } = partition.replicationOf(offset + 1)
      if (done && error === null) {
        expect(this.#acknowledged.get(offset) ?? value).toBe(value)
        this.#acknowledged.set(offset, value)
      }
      return !done
    })
  }

  #check(): void {
    const state = this.#cluster.controller.image.topic('t')?.partitions[0]
    expect(state?.isr.every((id) => state.replicas.includes(id))).toBe(true)
    const members = new Set([...(state?.isr ?? []), ...(state && state.leader !== -1 ? [state.leader] : [])])
    for (const id of members) {
      const partition = this.#cluster.brokers.get(id)?.partition('t', 0)
      if (!partition) continue
      const values = valuesOf(partition)
      for (const [offset, value] of this.#acknowledged) {
        if (values[offset] !== value) throw new Error(`broker ${id} lost ${value} at ${offset}: ${values}`)
      }
    }
  }

  async #heal(): Promise<void> {
    const cluster = this.#cluster
    for (const id of BROKERS) {
      for (const other of BROKERS) {
        cluster.links.setCut(id, other, false)
        cluster.links.setDelay(id, other, 0)
      }
      if (!cluster.brokers.has(id)) cluster.startBroker(id)
    }
    await cluster.env.clock.advance(60_000)
    this.#append()
    await cluster.env.clock.advance(60_000)
  }
}

const SEEDS = Number(process.env.SIMULATION_SEEDS ?? 40)

test(`${SEEDS} seeds of random deaths, cuts and elections lose no acknowledged record`, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    try {
      await new Simulation(seed).run()
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : error}`, { cause: error })
    }
  }
})
