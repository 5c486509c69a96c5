import { DecodeError, type ErrorName } from '../../protocol/errors.ts'
import { GroupMetadataKey, GroupMetadataValue } from '../../protocol/persisted/classic-group.ts'
import {
  LegacyOffsetCommitKey,
  LegacyOffsetCommitValue,
  OffsetCommitKey,
  OffsetCommitValue,
} from '../../protocol/persisted/offset-commit.ts'
import { decodePrefixed, prefixOf } from '../../protocol/prefixed.ts'
import type { DataOf } from '../../protocol/schema/api.ts'
import type { Env } from '../../runtime/env.ts'
import type { CoordinatorRecord, RecordProducer } from '../record-log.ts'
import type { Shard, ShardState } from '../shard.ts'
import { ClassicGroup, joinFailed } from './classic-group.ts'
import { ClassicMember } from './classic-member.ts'
import { prepareRebalance, renewSession, syncFailed } from './classic-rebalance.ts'
import { type Effects, unasked } from './effects.ts'
import { expireOffsets } from './offset-expiry.ts'
import { OffsetStore } from './offset-store.ts'
import type { GroupSettings } from './settings.ts'

const EXPIRY_TIMER = 'expire offsets'
const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'

/** The groups of one partition of `__consumer_offsets`. */
export class GroupState implements ShardState {
  readonly env: Env
  readonly shard: Shard<GroupState>
  readonly settings: () => GroupSettings
  readonly groups = new Map<string, ClassicGroup>()
  readonly offsets = new OffsetStore()

  constructor(env: Env, shard: Shard<GroupState>, settings: () => GroupSettings) {
    this.env = env
    this.shard = shard
    this.settings = settings
  }

  apply(record: CoordinatorRecord, offset: number, producer: RecordProducer | null): void {
    try {
      this.#apply(record, offset, producer)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      // Kafka too goes on: a record of a newer version must not make a partition of groups unusable.
      this.env.log.error('a record of a group cannot be read', {
        partition: this.shard.partition,
        offset,
        error,
      })
    }
  }

  applyMarker(producer: RecordProducer, committed: boolean): void {
    this.offsets.endTransaction(producer.producerId, committed)
  }

  loaded(nowMs: number): void {
    const { maxSize } = this.settings()
    for (const group of this.groups.values()) {
      for (const member of group.members.values()) renewSession(this, group, member)
      if (group.members.size > maxSize) this.continue(() => prepareRebalance(this, group, nowMs))
    }
    this.#scheduleExpiry()
  }

  unloaded(error: ErrorName): void {
    for (const group of this.groups.values())
      for (const member of group.members.values()) {
        group.settleJoin(member, joinFailed(error, member.memberId))
        group.settleSync(member, syncFailed(error))
      }
  }

  /** A version 4 UUID as Java prints it. */
  newUuid(): string {
    const raw = Buffer.from(this.env.random.bytes(16))
    raw[6] = ((raw[6] as number) & 0x0f) | 0x40
    raw[8] = ((raw[8] as number) & 0x3f) | 0x80
    const hex = raw.toString('hex')
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
  }

  /**
   * A step that no request asked for: what it stores goes the usual way, and its failure is its own affair.
   */
  continue(step: (nowMs: number) => Effects): void {
    const failed = (error: unknown): void =>
      this.env.log.warn('a group could not go on', { partition: this.shard.partition, error })
    try {
      const written = this.shard.write((_, nowMs) => unasked(step(nowMs)))
      if (written instanceof Promise) written.catch(failed)
    } catch (error) {
      failed(error)
    }
  }

  #scheduleExpiry(): void {
    this.shard.setTimer(EXPIRY_TIMER, this.settings().offsetsRetentionCheckIntervalMs, (_, nowMs) => {
      this.#scheduleExpiry()
      return { records: expireOffsets(this, nowMs), response: undefined }
    })
  }

  #apply({ key, value }: CoordinatorRecord, offset: number, producer: RecordProducer | null): void {
    switch (prefixOf(key)) {
      case OffsetCommitKey.keyType:
        this.#applyOffset(decodePrefixed(OffsetCommitKey, key), value, offset, producer)
        break
      case LegacyOffsetCommitKey.keyType:
        this.#applyOffset(decodePrefixed(LegacyOffsetCommitKey, key), value, offset, producer)
        break
      case GroupMetadataKey.keyType: {
        const { group } = decodePrefixed(GroupMetadataKey, key)
        if (value === null) this.groups.delete(group)
        else this.groups.set(group, restored(group, decodePrefixed(GroupMetadataValue, value)))
        break
      }
      default:
        this.env.log.debug('a record of another kind of group was skipped', { type: prefixOf(key), offset })
    }
  }

  #applyOffset(
    key: DataOf<typeof OffsetCommitKey>,
    value: Buffer | null,
    recordOffset: number,
    producer: RecordProducer | null,
  ): void {
    const { group, topic, partition } = key
    if (value === null) {
      if (producer === null) this.offsets.delete(group, topic, partition)
      else this.offsets.deletePending(producer.producerId, group, topic, partition)
      return
    }
    // Who commits without ever joining has a group all the same, without a protocol type: a simple group.
    if (!this.groups.has(group)) this.groups.set(group, new ClassicGroup(group, this.env.clock.now()))
    const stored = storedOffset(value, recordOffset)
    if (producer === null) this.offsets.set(group, topic, partition, stored)
    else this.offsets.setPending(producer.producerId, group, topic, partition, stored)
  }
}

const storedOffset = (value: Buffer, recordOffset: number) => {
  const read = prefixOf(value) === 0 ? legacyOffset(value) : decodePrefixed(OffsetCommitValue, value)
  return {
    offset: Number(read.offset),
    leaderEpoch: read.leaderEpoch,
    metadata: read.metadata,
    commitTimestampMs: Number(read.commitTimestamp),
    expireTimestampMs: Number(read.expireTimestamp),
    topicId: read.topicId,
    recordOffset,
  }
}

const legacyOffset = (value: Buffer): DataOf<typeof OffsetCommitValue> => ({
  ...decodePrefixed(LegacyOffsetCommitValue, value),
  leaderEpoch: -1,
  expireTimestamp: -1n,
  topicId: ZERO_UUID,
})

const restored = (groupId: string, value: DataOf<typeof GroupMetadataValue>): ClassicGroup => {
  const group = new ClassicGroup(groupId, Number(value.currentStateTimestamp))
  const members = value.members.map((member) => {
    const { memberId, groupInstanceId, clientId, clientHost } = member
    const restoredMember = new ClassicMember({
      memberId,
      groupInstanceId,
      clientId,
      clientHost,
      sessionTimeoutMs: member.sessionTimeout,
      rebalanceTimeoutMs: member.rebalanceTimeout === -1 ? member.sessionTimeout : member.rebalanceTimeout,
      protocols: [{ name: value.protocol ?? '', metadata: Buffer.from(member.subscription) }],
    })
    restoredMember.assignment = Buffer.from(member.assignment)
    return restoredMember
  })
  group.restore({
    state: members.length === 0 ? 'Empty' : 'Stable',
    generationId: value.generation,
    protocolType: value.protocolType === '' ? null : value.protocolType,
    protocolName: value.protocol,
    leaderId: value.leader,
    members,
  })
  return group
}
