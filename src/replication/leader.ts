/** What a broker keeps of a partition while it leads it: its followers, the ISR that it wants, the high watermark. */

import type { PartitionImage } from '../coordinator/cluster/image.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import { assert } from '../runtime/assert.ts'
import { FollowerState } from './follower-state.ts'
import type { Partition, PartitionHost } from './partition.ts'

export class Leader {
  /** Log end offset when this leadership began: whoever joins the ISR must have reached it. */
  readonly epochStartOffset: number
  readonly #host: PartitionHost
  readonly #partition: Partition
  readonly #log: PartitionLog
  #image: PartitionImage
  #followers: readonly FollowerState[]
  /** An ISR that the controller was asked for; its members count for the high watermark already. */
  #proposedIsr: readonly number[] | null = null

  constructor(host: PartitionHost, partition: Partition, image: PartitionImage) {
    this.#host = host
    this.#partition = partition
    this.#log = partition.log
    this.#image = image
    this.epochStartOffset = this.#log.logEndOffset
    // A follower with records of an epoch that we never had must learn where ours parted, even before our first append.
    this.#log.startEpoch(image.leaderEpoch)
    const nowMs = host.clock.now()
    this.#followers = image.replicas
      .filter((id) => id !== host.brokerId)
      // Members of the ISR get the full time to show themselves to the new leader.
      .map((id) => new FollowerState(id, image.isr.includes(id) ? nowMs : 0))
    if (image.isr.length > 1) host.watchLag(partition)
  }

  get hasFollowers(): boolean {
    return this.#followers.length > 0
  }

  /** Smallest log start offset of this leader and its live followers. */
  get lowWatermark(): number {
    let low = this.#log.logStartOffset
    for (const { brokerId, logStartOffset } of this.#followers) {
      if (logStartOffset < low && this.#host.isActive(brokerId)) low = logStartOffset
    }
    return low
  }

  /** The same leadership with another ISR or other replicas. */
  update(image: PartitionImage): void {
    this.#image = image
    this.#proposedIsr = null
    const known = new Map(this.#followers.map((follower) => [follower.brokerId, follower]))
    this.#followers = image.replicas
      .filter((id) => id !== this.#host.brokerId)
      .map((id) => known.get(id) ?? new FollowerState(id, 0))
  }

  /** The log grew from `endBefore` on. */
  appended(endBefore: number): void {
    if (this.#followers.length === 0) return
    const nowMs = this.#host.clock.now()
    for (const follower of this.#followers) follower.leaderAppends(endBefore, nowMs)
    this.#host.watchLag(this.#partition)
    this.#host.wakeFollowers(this.#partition)
  }

  /**
   * The high watermark is the smallest log end offset in the ISR. A replica that is catching up and eligible is waited for as
   * well, or it would never reach a moving target; and below min.insync.replicas it stands still (KIP-966).
   */
  advanceHighWatermark(): void {
    if (this.#image.isr.length < this.#partition.minInsyncReplicas) return
    const end = this.#log.logEndOffset
    let watermark = end
    if (this.#followers.length > 0) {
      const nowMs = this.#host.clock.now()
      for (const follower of this.#followers) {
        if (follower.logEndOffset < watermark && this.#isWaitedFor(follower, end, nowMs)) {
          watermark = follower.logEndOffset
        }
      }
    }
    if (watermark <= this.#log.highWatermark) return
    this.#log.setHighWatermark(watermark)
    if (this.#followers.length > 0) this.#host.wakeFollowers(this.#partition)
    this.#host.changed(this.#partition, 'highWatermark')
  }

  #isWaitedFor(follower: FollowerState, end: number, nowMs: number): boolean {
    const { brokerId } = follower
    if (this.#image.isr.includes(brokerId) || this.#proposedIsr?.includes(brokerId)) return true
    const recent = follower.isCaughtUp(end, nowMs, this.#host.replicaLagTimeMaxMs)
    return recent && this.#host.isActive(brokerId)
  }

  /** A follower in this epoch asks from `fetchOffset` on: it has all before. */
  followerFetched(brokerId: number, fetchOffset: number, logStartOffset: number): void {
    const follower = this.#followers.find((known) => known.brokerId === brokerId)
    assert(follower, 'only replicas of the partition fetch as followers')
    const lowWatermark = this.lowWatermark
    follower.fetched(fetchOffset, logStartOffset, this.#log.logEndOffset, this.#host.clock.now())
    this.#maybeExpandIsr(follower)
    this.advanceHighWatermark()
    if (this.lowWatermark !== lowWatermark) this.#host.changed(this.#partition, 'logStart')
  }

  #maybeExpandIsr(follower: FollowerState): void {
    const { isr } = this.#image
    if (isr.includes(follower.brokerId) || this.#proposedIsr?.includes(follower.brokerId)) return
    const { logEndOffset } = follower
    const inSync = logEndOffset >= this.#log.highWatermark && logEndOffset >= this.epochStartOffset
    if (!inSync || !this.#host.isActive(follower.brokerId)) return
    this.#proposedIsr = [...(this.#proposedIsr ?? isr), follower.brokerId]
    this.#host.proposeIsr(this.#partition, this.#proposedIsr)
  }

  /** Brokers came or went: followers that were in sync all the time may be eligible only now. */
  reviewIsr(): void {
    if (this.#image.isr.length === this.#image.replicas.length) return
    for (const follower of this.#followers) if (follower.logEndOffset !== -1) this.#maybeExpandIsr(follower)
  }

  /** Proposes to drop members of the ISR that lag for too long. False: no member is behind, nothing to look after. */
  checkLag(): boolean {
    const { isr } = this.#image
    const end = this.#log.logEndOffset
    const nowMs = this.#host.clock.now()
    const members = this.#followers.filter(({ brokerId }) => isr.includes(brokerId))
    const inTime = members.filter((member) => member.isCaughtUp(end, nowMs, this.#host.replicaLagTimeMaxMs))
    const behind = members.some((member) => member.logEndOffset < end)
    if (inTime.length < members.length) {
      const stay = new Set([this.#host.brokerId, ...inTime.map(({ brokerId }) => brokerId)])
      this.#host.proposeIsr(
        this.#partition,
        isr.filter((id) => stay.has(id)),
      )
    }
    return behind
  }

  /** The controller refused a proposal: the old ISR holds. */
  isrRefused(): void {
    this.#proposedIsr = null
    this.advanceHighWatermark()
  }
}
