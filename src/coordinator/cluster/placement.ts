/**
 * Which brokers hold a new partition. Striped as KRaft's StripedReplicaPlacer does it (leaders go round the brokers,
 * followers are the next ones, racks are mixed, fenced brokers come last), but starting deterministically: Kafka draws the
 * first broker, here it is the one that is the preferred leader of the fewest partitions of user topics, the lowest id
 * among equals. So the first topic of a fresh cluster starts at the first broker, and many small topics stay balanced.
 */

import { type ItemResult, refused } from './commands.ts'
import type { BrokerImage } from './image.ts'

/** Replica lists, one per partition; the first of each is its preferred leader. */
export type Placement = readonly (readonly number[])[]

export class Placer {
  readonly #unfenced: readonly BrokerImage[]
  readonly #fenced: readonly BrokerImage[]
  /** Grows while one request places several topics. */
  readonly #leaderships: Map<number, number>

  constructor(brokers: ReadonlyMap<number, BrokerImage>, leaderships: ReadonlyMap<number, number>) {
    const all = [...brokers.values()]
    // A broker that is stopping gets new replicas like a fenced one: only when the others do not suffice.
    this.#unfenced = mixRacks(all.filter((broker) => !broker.fenced && !broker.inControlledShutdown))
    this.#fenced = mixRacks(all.filter((broker) => broker.fenced || broker.inControlledShutdown))
    this.#leaderships = new Map(leaderships)
  }

  /** Null: that many replicas can be placed. */
  check(replicationFactor: number): ItemResult | null {
    const total = this.#unfenced.length + this.#fenced.length
    if (replicationFactor > total) {
      return refused(
        'INVALID_REPLICATION_FACTOR',
        `Cannot place ${replicationFactor} replica(s): only ${total} broker(s) are registered.`,
      )
    }
    if (this.#unfenced.length === 0) {
      return refused('INVALID_REPLICATION_FACTOR', 'Cannot place replicas: all brokers are fenced.')
    }
    return null
  }

  /** Places `partitionCount` partitions; `check` has passed. */
  place(partitionCount: number, replicationFactor: number): Placement {
    const ring = this.#unfenced
    const start = this.#leastLoaded()
    // Each full round over the brokers shifts the followers by one, so that a dead broker's load spreads over all others.
    const roundsDone = this.#leaderships.get((ring[start] as BrokerImage).id) ?? 0
    const placement: number[][] = []
    for (let partition = 0; partition < partitionCount; partition++) {
      const leaderAt = (start + partition) % ring.length
      const shift = roundsDone + Math.floor(partition / ring.length)
      const replicas = this.#replicas(leaderAt, shift, replicationFactor)
      const leader = replicas[0] as number
      this.#leaderships.set(leader, (this.#leaderships.get(leader) ?? 0) + 1)
      placement.push(replicas)
    }
    return placement
  }

  #leastLoaded(): number {
    let best = 0
    let bestLoad = Number.POSITIVE_INFINITY
    this.#unfenced.forEach(({ id }, at) => {
      const load = this.#leaderships.get(id) ?? 0
      const lowerId = load === bestLoad && id < (this.#unfenced[best] as BrokerImage).id
      if (load < bestLoad || lowerId) {
        best = at
        bestLoad = load
      }
    })
    return best
  }

  #replicas(leaderAt: number, shift: number, replicationFactor: number): number[] {
    const ring = this.#unfenced
    const leader = ring[leaderAt] as BrokerImage
    const followers: BrokerImage[] = []
    const others = ring.length - 1
    for (let i = 0; i < others; i++) {
      followers.push(ring[(leaderAt + 1 + ((shift + i) % others)) % ring.length] as BrokerImage)
    }
    const chosen = [leader]
    pickByRack(chosen, followers, replicationFactor)
    pickByRack(chosen, this.#fenced, replicationFactor)
    return chosen.map((broker) => broker.id)
  }
}

/** Moves brokers from `candidates` to `chosen` until there are `wanted`: always the next one of the rack used least. */
const pickByRack = (chosen: BrokerImage[], candidates: readonly BrokerImage[], wanted: number): void => {
  const used = new Map<string | null, number>()
  for (const { rack } of chosen) used.set(rack, (used.get(rack) ?? 0) + 1)
  const left = candidates.slice()
  while (chosen.length < wanted && left.length > 0) {
    let at = 0
    left.forEach(({ rack }, i) => {
      if ((used.get(rack) ?? 0) < (used.get((left[at] as BrokerImage).rack) ?? 0)) at = i
    })
    const [broker] = left.splice(at, 1) as [BrokerImage]
    used.set(broker.rack, (used.get(broker.rack) ?? 0) + 1)
    chosen.push(broker)
  }
}

/** One broker of each rack in turn, racks and brokers in ascending order. Without racks: by id. */
const mixRacks = (brokers: readonly BrokerImage[]): readonly BrokerImage[] => {
  const racks = new Map<string, BrokerImage[]>()
  for (const broker of brokers.toSorted((a, b) => a.id - b.id)) {
    const rack = racks.get(broker.rack ?? '')
    if (rack) rack.push(broker)
    else racks.set(broker.rack ?? '', [broker])
  }
  const lists = [...racks.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, list]) => list)
  const mixed: BrokerImage[] = []
  for (let round = 0; mixed.length < brokers.length; round++) {
    for (const list of lists) if (list[round]) mixed.push(list[round] as BrokerImage)
  }
  return mixed
}
