import type { Answer } from '../runtime-answer.ts'
import type { JoinResult, MemberProtocol, SyncResult } from './types.ts'

const NOTHING = Buffer.alloc(0)

/** A member of a classic group. Source: ClassicGroupMember. */
export class ClassicMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  sessionTimeoutMs: number
  rebalanceTimeoutMs: number
  /** In order of preference. */
  protocols: readonly MemberProtocol[]
  assignment: Buffer = NOTHING
  /** Joined since the last generation began: it has no session yet, only its parked JoinGroup. */
  isNew = false
  awaitingJoin: Answer<JoinResult> | null = null
  awaitingSync: Answer<SyncResult> | null = null

  constructor(fields: {
    readonly memberId: string
    readonly groupInstanceId: string | null
    readonly clientId: string
    readonly clientHost: string
    readonly sessionTimeoutMs: number
    readonly rebalanceTimeoutMs: number
    readonly protocols: readonly MemberProtocol[]
  }) {
    this.memberId = fields.memberId
    this.groupInstanceId = fields.groupInstanceId
    this.clientId = fields.clientId
    this.clientHost = fields.clientHost
    this.sessionTimeoutMs = fields.sessionTimeoutMs
    this.rebalanceTimeoutMs = fields.rebalanceTimeoutMs
    this.protocols = fields.protocols
  }

  get isStatic(): boolean {
    return this.groupInstanceId !== null
  }

  /**
   * While it waits for an answer of ours it cannot send heartbeats; but a new member must not wait forever.
   */
  get isExcusedFromHeartbeats(): boolean {
    return !this.isNew && (this.awaitingJoin !== null || this.awaitingSync !== null)
  }

  /** Its metadata for a protocol; empty when it has none. */
  metadataOf(protocolName: string | null): Buffer {
    return this.protocols.find(({ name }) => name === protocolName)?.metadata ?? NOTHING
  }

  /** Same protocols in the same order with the same metadata. */
  matches(protocols: readonly MemberProtocol[]): boolean {
    return (
      protocols.length === this.protocols.length &&
      protocols.every(({ name, metadata }, i) => {
        const own = this.protocols[i] as MemberProtocol
        return own.name === name && own.metadata.equals(metadata)
      })
    )
  }

  /** Its favourite among `candidates`, of which it supports at least one. */
  vote(candidates: ReadonlySet<string>): string | undefined {
    return this.protocols.find(({ name }) => candidates.has(name))?.name
  }
}
