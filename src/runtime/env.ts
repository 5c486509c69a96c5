import type { Clock } from './clock.ts'
import type { Disk } from './disk.ts'
import type { Logger } from './logger.ts'
import type { Network } from './network.ts'
import type { Random } from './random.ts'
import type { SlabPool } from './slab-pool.ts'

/** Everything of the outside world, passed to constructors first and never global. */
export interface Env {
  readonly clock: Clock
  readonly random: Random
  readonly disk: Disk
  readonly network: Network
  readonly log: Logger
  /** Memory that is used again, for large frames. Absent where the disk keeps what it is given: nothing would come back. */
  readonly slabs?: SlabPool
}
