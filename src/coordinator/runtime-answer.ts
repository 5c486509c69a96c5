/**
 * The answer to one request, which may come later: a join waits for the other members, a sync for the leader.
 * Settled at most once; later values are dropped. When it is settled before it is asked for, no promise is
 * made.
 */
export class Answer<T> {
  #value: T | undefined
  #settled = false
  #resolve: ((value: T) => void) | undefined

  get isSettled(): boolean {
    return this.#settled
  }

  settle(value: T): void {
    if (this.#settled) return
    this.#settled = true
    this.#value = value
    this.#resolve?.(value)
  }

  /** The value if it is there, otherwise a promise of it, which never rejects. Ask once. */
  get result(): T | Promise<T> {
    if (this.#settled) return this.#value as T
    return new Promise((resolve) => {
      this.#resolve = resolve
    })
  }
}
