import { GroupCoordinator } from '../../../src/coordinator/group/group-coordinator.ts'
import { DEFAULT_GROUP_SETTINGS, type GroupSettings } from '../../../src/coordinator/group/settings.ts'
import type {
  CommitRequest,
  JoinRequest,
  JoinResult,
  SyncRequest,
  SyncResult,
} from '../../../src/coordinator/group/types.ts'
import type { Env } from '../../../src/runtime/env.ts'
import { silentLogger } from '../../../src/runtime/logger.ts'
import { ManualClock } from '../../../src/runtime/manual-clock.ts'
import { SeededRandom } from '../../../src/runtime/random.ts'
import { MemoryRecordLog } from '../memory-record-log.ts'

const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'

/** A group coordinator with one partition on an array, and time that a test moves. */
export class GroupFixture {
  readonly clock = new ManualClock()
  readonly log = new MemoryRecordLog()
  readonly env: Env
  settings: GroupSettings = DEFAULT_GROUP_SETTINGS
  groups: GroupCoordinator

  constructor(seed = 1) {
    // Disk and network are not touched by coordinators.
    this.env = { clock: this.clock, random: new SeededRandom(seed), log: silentLogger } as unknown as Env
    this.groups = this.#start()
  }

  /** Another broker takes over: it knows what the log holds. */
  restart(): void {
    this.groups.unload(0)
    this.groups = this.#start()
  }

  #start(): GroupCoordinator {
    const groups = new GroupCoordinator(this.env, { partitionCount: () => 1, settings: () => this.settings })
    groups.load(0, this.log)
    return groups
  }

  join(request: Partial<JoinRequest> = {}): JoinResult | Promise<JoinResult> {
    return this.groups.joinGroup({
      groupId: 'g',
      memberId: '',
      groupInstanceId: null,
      clientId: 'client',
      clientHost: '/127.0.0.1',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 60_000,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
      requiresMemberId: false,
      canSkipAssignment: false,
      ...request,
    })
  }

  sync(request: Partial<SyncRequest> & { memberId: string; generationId: number }) {
    return this.groups.syncGroup({
      groupId: 'g',
      groupInstanceId: null,
      protocolType: null,
      protocolName: null,
      assignments: [],
      ...request,
    }) as SyncResult | Promise<SyncResult>
  }

  /** Joins as the only member and makes the group stable; gives the member id. */
  stable(groupId = 'g', request: Partial<JoinRequest> = {}): string {
    const { memberId, generationId } = this.join({ ...request, groupId }) as JoinResult
    this.sync({ groupId, memberId, generationId, assignments: [{ memberId, assignment: Buffer.from('a') }] })
    return memberId
  }

  commit(offsets: Record<string, number>, request: Partial<CommitRequest> = {}) {
    return this.groups.commitOffsets({
      groupId: 'g',
      generationId: -1,
      memberId: '',
      groupInstanceId: null,
      retentionTimeMs: -1,
      offsets: Object.entries(offsets).map(([name, offset]) => {
        const [topic = '', partition = ''] = name.split(':')
        return {
          topic,
          topicId: ZERO_UUID,
          partition: Number(partition),
          offset,
          leaderEpoch: -1,
          metadata: null,
          commitTimestampMs: -1,
        }
      }),
      ...request,
    })
  }

  /** Committed offsets of a group as `topic:partition=offset`. */
  committed(groupId = 'g'): string[] {
    return this.groups
      .fetchOffsets(groupId, null, false)
      .map(({ topic, partition, offset }) => `${topic}:${partition}=${offset}`)
  }

  state(groupId = 'g'): string {
    return this.groups.describeGroups([groupId])[0]!.state
  }
}
