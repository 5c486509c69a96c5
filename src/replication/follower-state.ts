/** What a leader knows of one follower. Source of the rules: Kafka's Replica class. */
export class FollowerState {
  readonly brokerId: number
  /** -1 until it fetched from this leader. */
  logEndOffset = -1
  logStartOffset = -1
  /** Last time at which it had all that the leader had. */
  #lastCaughtUpMs: number
  #lastFetchMs = 0
  #leaderEndAtLastFetch = -1

  constructor(brokerId: number, lastCaughtUpMs: number) {
    this.brokerId = brokerId
    this.#lastCaughtUpMs = lastCaughtUpMs
  }

  /**
   * It fetched from `logEndOffset` on. It counts as caught up now if it has all; or, when data kept coming, at the time of
   * its fetch before if it has by now what the leader had then.
   */
  fetched(logEndOffset: number, logStartOffset: number, leaderEndOffset: number, nowMs: number): void {
    if (logEndOffset >= leaderEndOffset) this.#lastCaughtUpMs = Math.max(this.#lastCaughtUpMs, nowMs)
    else if (logEndOffset >= this.#leaderEndAtLastFetch) {
      this.#lastCaughtUpMs = Math.max(this.#lastCaughtUpMs, this.#lastFetchMs)
    }
    this.logEndOffset = logEndOffset
    this.logStartOffset = logStartOffset
    this.#leaderEndAtLastFetch = leaderEndOffset
    this.#lastFetchMs = nowMs
  }

  /**
   * The leader is about to append. A follower that has all waits in a parked fetch, maybe for hours: its time as a laggard
   * starts now. (Kafka's followers ask every 500 ms instead.)
   */
  leaderAppends(leaderEndOffset: number, nowMs: number): void {
    if (this.logEndOffset >= leaderEndOffset) this.#lastCaughtUpMs = nowMs
  }

  isCaughtUp(leaderEndOffset: number, nowMs: number, lagTimeMaxMs: number): boolean {
    return this.logEndOffset >= leaderEndOffset || nowMs - this.#lastCaughtUpMs <= lagTimeMaxMs
  }
}
