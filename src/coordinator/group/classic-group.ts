import { ConsumerProtocolSubscription } from '../../protocol/embedded/consumer-protocol.ts'
import { DecodeError, type ErrorName } from '../../protocol/errors.ts'
import { decodePrefixed } from '../../protocol/prefixed.ts'
import { assert } from '../../runtime/assert.ts'
import { javaHashCode } from '../runtime.ts'
import type { Answer } from '../runtime-answer.ts'
import { ClassicMember } from './classic-member.ts'
import { javaHashOrder } from './java-hash-order.ts'
import type {
  ClassicState,
  JoinedMember,
  JoinRequest,
  JoinResult,
  MemberProtocol,
  SyncResult,
} from './types.ts'

/**
 * From which states each state can be reached. CompletingRebalance: the members have joined, their leader
 * makes the assignment. Source: ClassicGroupState.
 *
 *     Empty ──join──► PreparingRebalance ──all joined──► CompletingRebalance ──leader's sync──► Stable
 *       ▲                 │   ▲   ▲                              │                                 │
 *       └────all left─────┘   │   └─────join, leave, timeout─────┘                                 │
 *                             └─────────────────────join, leave, timeout───────────────────────────┘
 */
const REACHED_FROM: Readonly<Record<ClassicState, readonly ClassicState[]>> = {
  Empty: ['PreparingRebalance'],
  PreparingRebalance: ['Empty', 'CompletingRebalance', 'Stable'],
  CompletingRebalance: ['PreparingRebalance'],
  Stable: ['CompletingRebalance'],
  Dead: ['Empty', 'PreparingRebalance', 'CompletingRebalance', 'Stable', 'Dead'],
}

/** The members of a classic group and where their rebalance stands. Source: ClassicGroup. */
export class ClassicGroup {
  readonly groupId: string
  readonly members = new Map<string, ClassicMember>()
  /** Ids given to members that have not joined with them yet (KIP-394). */
  readonly pendingJoin = new Set<string>()
  /** Members of the current generation whose SyncGroup has not come yet. */
  readonly pendingSync = new Set<string>()
  state: ClassicState = 'Empty'
  previousState: ClassicState = 'Dead'
  /** When the state last changed; -1: a record of an old broker does not say. */
  stateChangedAtMs: number
  generationId = 0
  /** Null until the first member joined. */
  protocolType: string | null = null
  protocolName: string | null = null
  leaderId: string | null = null
  /** Someone joined while the initial rebalance waits: it may wait longer. */
  newMemberAdded = false
  /** Topics that the members of this generation subscribe to; null: they cannot be known. */
  subscribedTopics: ReadonlySet<string> | null = null
  /** Instance id → member id. */
  readonly #instances = new Map<string, string>()
  /** Protocol → members that support it. */
  readonly #supporters = new Map<string, number>()
  #awaitingJoin = 0

  constructor(groupId: string, nowMs: number) {
    this.groupId = groupId
    this.stateChangedAtMs = nowMs
  }

  transitionTo(state: ClassicState, nowMs: number): void {
    assert(
      REACHED_FROM[state].includes(this.state),
      `${this.groupId} cannot go from ${this.state} to ${state}`,
    )
    this.previousState = this.state
    this.state = state
    this.stateChangedAtMs = nowMs
  }

  get canRebalance(): boolean {
    return REACHED_FROM.PreparingRebalance.includes(this.state)
  }

  /** Members whose JoinGroup is parked. */
  get awaitingJoinCount(): number {
    return this.#awaitingJoin
  }

  get hasEveryoneJoined(): boolean {
    return this.pendingJoin.size === 0 && this.#awaitingJoin === this.members.size
  }

  /** The longest of its members; 0 without members. */
  get rebalanceTimeoutMs(): number {
    let longestMs = 0
    for (const member of this.members.values()) longestMs = Math.max(longestMs, member.rebalanceTimeoutMs)
    return longestMs
  }

  get isConsumerGroup(): boolean {
    return this.protocolType === 'consumer'
  }

  isLeader(memberId: string): boolean {
    return this.leaderId === memberId
  }

  /** The member id of a static member. */
  memberIdOf(groupInstanceId: string): string | undefined {
    return this.#instances.get(groupInstanceId)
  }

  /** Is this a member, and the one that holds its instance id? */
  validateMember(memberId: string, groupInstanceId: string | null): ErrorName {
    if (groupInstanceId === null) return this.members.has(memberId) ? 'NONE' : 'UNKNOWN_MEMBER_ID'
    const holder = this.#instances.get(groupInstanceId)
    if (holder === undefined) return 'UNKNOWN_MEMBER_ID'
    return holder === memberId ? 'NONE' : 'FENCED_INSTANCE_ID'
  }

  add(member: ClassicMember, protocolType: string): void {
    if (this.members.size === 0) this.protocolType = protocolType
    this.leaderId ??= member.memberId
    this.members.set(member.memberId, member)
    this.#count(member.protocols, 1)
    if (member.groupInstanceId !== null) this.#instances.set(member.groupInstanceId, member.memberId)
    this.pendingJoin.delete(member.memberId)
  }

  /** The member's JoinGroup waits for the others. */
  parkJoin(member: ClassicMember, answer: Answer<JoinResult>): void {
    // A client that asks again on a new connection: the old one must not stay parked for ever.
    this.settleJoin(member, joinFailed('REBALANCE_IN_PROGRESS', member.memberId))
    member.awaitingJoin = answer
    this.#awaitingJoin++
  }

  /** Answers the member's parked JoinGroup, if there is one. */
  settleJoin(member: ClassicMember, result: JoinResult): void {
    if (member.awaitingJoin === null) return
    this.#awaitingJoin--
    const answer = member.awaitingJoin
    member.awaitingJoin = null
    answer.settle(result)
  }

  /** Answers the member's parked SyncGroup, if there is one; says whether there was. */
  settleSync(member: ClassicMember, result: SyncResult): boolean {
    const answer = member.awaitingSync
    member.awaitingSync = null
    answer?.settle(result)
    return answer !== null
  }

  /** Forgets a member, or the id that was given to one. Whoever waits for it must be told before. */
  remove(memberId: string): void {
    const member = this.members.get(memberId)
    this.members.delete(memberId)
    if (member !== undefined) {
      this.#count(member.protocols, -1)
      if (member.awaitingJoin !== null) this.#awaitingJoin--
      if (member.groupInstanceId !== null) this.#instances.delete(member.groupInstanceId)
    }
    if (this.leaderId === memberId) this.leaderId = this.members.keys().next().value ?? null
    this.pendingJoin.delete(memberId)
    this.pendingSync.delete(memberId)
  }

  /** A static member came back under a new id: it takes the old one's place, assignment and leadership. */
  replaceStatic(groupInstanceId: string, oldMemberId: string, newMemberId: string): ClassicMember {
    const old = this.members.get(oldMemberId)
    assert(old !== undefined, 'the replaced member is a member')
    this.members.delete(oldMemberId)
    const member = new ClassicMember({
      memberId: newMemberId,
      groupInstanceId,
      clientId: old.clientId,
      clientHost: old.clientHost,
      sessionTimeoutMs: old.sessionTimeoutMs,
      rebalanceTimeoutMs: old.rebalanceTimeoutMs,
      protocols: old.protocols,
    })
    member.assignment = old.assignment
    this.members.set(newMemberId, member)
    this.#instances.set(groupInstanceId, newMemberId)
    if (this.leaderId === oldMemberId) this.leaderId = newMemberId
    return member
  }

  /** False: nobody can have joined, the group must wait. */
  electLeaderAmongJoined(): boolean {
    if (this.leaderId === null) return false
    if (this.members.get(this.leaderId)?.awaitingJoin) return true
    for (const member of this.members.values()) {
      if (member.awaitingJoin === null) continue
      this.leaderId = member.memberId
      return true
    }
    return false
  }

  /** A new member may have any protocols in an empty group; otherwise one that all the others support. */
  supports(protocolType: string, protocols: JoinRequest['protocols']): boolean {
    if (this.state === 'Empty') return protocolType !== '' && protocols.length > 0
    if (this.protocolType === null || this.protocolType !== protocolType) return false
    return protocols.some(({ name }) => (this.#supporters.get(name) ?? 0) === this.members.size)
  }

  /** The protocol with the most votes; each member votes for its favourite among those that all support. */
  selectProtocol(): string {
    const candidates = this.#candidates()
    const votes = new Map<string, number>()
    for (const member of this.members.values()) {
      const vote = member.vote(candidates)
      if (vote !== undefined) votes.set(vote, (votes.get(vote) ?? 0) + 1)
    }
    let best: string | undefined
    for (const name of javaHashOrder([...votes.keys()], javaHashCode))
      if (best === undefined || (votes.get(name) ?? 0) > (votes.get(best) ?? 0)) best = name
    assert(best !== undefined, 'the members of a group have a protocol in common')
    return best
  }

  beginGeneration(nowMs: number): void {
    this.generationId++
    const isEmpty = this.members.size === 0
    this.protocolName = isEmpty ? null : this.selectProtocol()
    this.subscribedTopics = this.#subscribed()
    this.transitionTo(isEmpty ? 'Empty' : 'CompletingRebalance', nowMs)
    this.pendingSync.clear()
  }

  /** What a record says that is not a member: used on load. */
  restore(fields: {
    readonly state: ClassicState
    readonly generationId: number
    readonly protocolType: string | null
    readonly protocolName: string | null
    readonly leaderId: string | null
    readonly members: readonly ClassicMember[]
  }): void {
    this.state = fields.state
    this.generationId = fields.generationId
    for (const member of fields.members) this.add(member, fields.protocolType ?? '')
    this.protocolType = fields.protocolType
    this.protocolName = fields.protocolName
    this.leaderId = fields.leaderId
    this.subscribedTopics = this.#subscribed()
  }

  /** Might a member be reading this topic? Where subscriptions cannot be read, any consumer might. */
  isSubscribedTo(topic: string): boolean {
    return this.subscribedTopics?.has(topic) ?? this.isConsumerGroup
  }

  /** Every member with its metadata for the chosen protocol: what the leader assigns by. */
  joinedMembers(): JoinedMember[] {
    return [...this.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      metadata: member.metadataOf(this.protocolName),
    }))
  }

  /** What a member gets when the generation begins, or when it asks again. */
  joinResult(memberId: string, skipAssignment = false): JoinResult {
    return {
      error: 'NONE',
      generationId: this.generationId,
      protocolType: this.protocolType,
      protocolName: this.protocolName,
      leader: this.leaderId ?? '',
      skipAssignment,
      memberId,
      members: this.isLeader(memberId) ? this.joinedMembers() : [],
    }
  }

  update(
    member: ClassicMember,
    to: Pick<JoinRequest, 'protocols' | 'rebalanceTimeoutMs' | 'sessionTimeoutMs'>,
  ): void {
    this.#count(member.protocols, -1)
    this.#count(to.protocols, 1)
    member.protocols = to.protocols
    member.rebalanceTimeoutMs = to.rebalanceTimeoutMs
    member.sessionTimeoutMs = to.sessionTimeoutMs
  }

  #count(protocols: readonly MemberProtocol[], by: 1 | -1): void {
    for (const name of new Set(protocols.map((protocol) => protocol.name))) {
      const count = (this.#supporters.get(name) ?? 0) + by
      if (count === 0) this.#supporters.delete(name)
      else this.#supporters.set(name, count)
    }
  }

  #candidates(): Set<string> {
    const candidates = new Set<string>()
    for (const [name, count] of this.#supporters) if (count === this.members.size) candidates.add(name)
    return candidates
  }

  #subscribed(): ReadonlySet<string> | null {
    if (!this.isConsumerGroup) return null
    const topics = new Set<string>()
    if (this.members.size === 0) return topics
    if (this.protocolName === null) return null
    try {
      for (const member of this.members.values()) {
        const metadata = member.metadataOf(this.protocolName)
        for (const topic of decodePrefixed(ConsumerProtocolSubscription, metadata).topics) topics.add(topic)
      }
      return topics
    } catch (error) {
      // A protocol of its own inside the consumer type: the broker cannot read it, and need not.
      if (error instanceof DecodeError) return null
      throw error
    }
  }
}

/** A join that is refused. */
export const joinFailed = (error: ErrorName, memberId = ''): JoinResult => ({
  error,
  generationId: -1,
  protocolType: null,
  protocolName: null,
  leader: '',
  skipAssignment: false,
  memberId,
  members: [],
})
