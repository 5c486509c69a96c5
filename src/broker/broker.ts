/** One broker of the cluster. */
export interface Broker {
  readonly id: number
}
