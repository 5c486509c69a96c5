import type { ProducerIdBlock } from '../coordinator/cluster/commands.ts'

/**
 * Producer ids of one broker: handed out from blocks that the controller gives to it alone, so that no two
 * producers of a cluster ever share one, restarts included. Source: RPCProducerIdManager.
 */
export class ProducerIds {
  readonly #allocate: () => ProducerIdBlock
  #next = 0
  #end = 0

  constructor(allocate: () => ProducerIdBlock) {
    this.#allocate = allocate
  }

  /** An id that was never given before. */
  next(): number {
    if (this.#next >= this.#end) {
      const block = this.#allocate()
      this.#next = block.firstProducerId
      this.#end = block.firstProducerId + block.count
    }
    return this.#next++
  }
}
