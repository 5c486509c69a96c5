/**
 * Who leads a partition after something changed, and with which ISR. Source: KRaft's PartitionChangeBuilder; eligible
 * leader replicas: KIP-966.
 */

import type { ClusterState } from './cluster-state.ts'
import { DONE, type ElectionResult, type ElectionType, type ItemResult, refused } from './commands.ts'
import type { Decision } from './decision.ts'
import type { PartitionImage, TopicImage, Uuid } from './image.ts'
import type { MetadataRecord, PartitionRecord } from './records.ts'

export interface PartitionRules {
  readonly topicId: Uuid
  /** Which brokers may lead. */
  readonly isAcceptableLeader: (brokerId: number) => boolean
  /** `online`: an ISR member (or an eligible one); `unclean`: if there is none, any live replica, losing what it lacks. */
  readonly election: 'preferred' | 'online' | 'unclean'
  /** Effective `min.insync.replicas`; below it ex-members of the ISR stay eligible as leaders. */
  readonly minInsyncReplicas: number
  /** Feature `eligible.leader.replicas.version` is on. */
  readonly eligibleLeaders: boolean
}

/** The record that brings a partition to the wanted ISR and a fitting leader; null when nothing changes. */
export const changePartition = (
  partition: PartitionImage,
  wantedIsr: readonly number[],
  rules: PartitionRules,
): PartitionRecord | null => {
  // Without eligible leaders the last member stays in the ISR while it is away: only it has everything.
  let isr = wantedIsr.length > 0 || rules.eligibleLeaders ? wantedIsr : partition.isr
  const leader = elect(partition, isr, rules)
  const unclean =
    leader !== -1 && !isr.includes(leader) && !isEligible(partition, leader, rules.eligibleLeaders)
  if (leader !== -1 && !isr.includes(leader)) isr = [leader]
  const eligible = unclean ? [] : eligibleAfter(partition, isr, rules)
  const changed =
    leader !== partition.leader ||
    !sameMembers(isr, partition.isr) ||
    !sameMembers(eligible, partition.eligibleLeaderReplicas)
  if (!changed) return null
  return {
    ...partition,
    type: 'partition',
    topicId: rules.topicId,
    isr,
    leader,
    // The epoch counts leaders (and phases without one), not ISR changes: producers need no refresh for the latter.
    leaderEpoch: leader === partition.leader ? partition.leaderEpoch : partition.leaderEpoch + 1,
    partitionEpoch: partition.partitionEpoch + 1,
    eligibleLeaderReplicas: eligible,
    lastKnownLeader: leader === -1 && partition.leader !== -1 ? partition.leader : -1,
  }
}

const isEligible = (partition: PartitionImage, brokerId: number, eligibleLeaders: boolean): boolean =>
  eligibleLeaders && partition.eligibleLeaderReplicas.includes(brokerId)

const elect = (partition: PartitionImage, isr: readonly number[], rules: PartitionRules): number => {
  const acceptable = rules.isAcceptableLeader
  const valid = (id: number): boolean =>
    acceptable(id) && (isr.includes(id) || isEligible(partition, id, rules.eligibleLeaders))
  if (rules.election === 'preferred') {
    const preferred = partition.replicas[0] as number
    if (valid(preferred)) return preferred
  }
  if (valid(partition.leader)) return partition.leader
  const clean = partition.replicas.find((id) => isr.includes(id) && acceptable(id))
  if (clean !== undefined) return clean
  const eligible = partition.replicas.find(valid)
  if (eligible !== undefined) return eligible
  if (rules.election !== 'unclean') return -1
  return partition.replicas.find(acceptable) ?? -1
}

const eligibleAfter = (
  partition: PartitionImage,
  isr: readonly number[],
  rules: PartitionRules,
): readonly number[] => {
  if (!rules.eligibleLeaders) return []
  if (isr.length >= Math.min(rules.minInsyncReplicas, partition.replicas.length)) return []
  const candidates = new Set([...partition.eligibleLeaderReplicas, ...partition.isr])
  return [...candidates].filter((id) => !isr.includes(id))
}

const sameMembers = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((id) => b.includes(id))

/** Settings that elections read. */
export interface ElectionSettings {
  minInsyncReplicas(image: ClusterState, topic: string): number
  uncleanLeaderElection(image: ClusterState, topic: string): boolean
}

export const eligibleLeadersOn = (image: ClusterState): boolean =>
  (image.features.get('eligible.leader.replicas.version') ?? 0) >= 1

/** Moves leadership and ISR of every partition that concerns a broker which goes (`removed`) or comes (`added`). */
export const updateLeaders = (
  image: ClusterState,
  settings: ElectionSettings,
  { removed, added }: { readonly removed?: number; readonly added?: number },
): MetadataRecord[] => {
  const records: MetadataRecord[] = []
  const isAcceptableLeader = (id: number): boolean => id !== removed && (id === added || image.isActive(id))
  for (const topic of image.topics()) {
    const affected = topic.partitions.filter(
      (partition) =>
        (removed !== undefined && (partition.isr.includes(removed) || partition.leader === removed)) ||
        (added !== undefined && partition.leader === -1 && partition.replicas.includes(added)),
    )
    if (affected.length === 0) continue
    const rules = rulesOf(image, topic, settings, isAcceptableLeader)
    for (const partition of affected) {
      const isr = partition.isr.filter((id) => id !== removed)
      const record = changePartition(partition, isr, rules)
      if (record) records.push(record)
    }
  }
  return records
}

const rulesOf = (
  image: ClusterState,
  topic: TopicImage,
  settings: ElectionSettings,
  isAcceptableLeader: (id: number) => boolean,
): PartitionRules => ({
  topicId: topic.id,
  isAcceptableLeader,
  election: settings.uncleanLeaderElection(image, topic.name) ? 'unclean' : 'online',
  minInsyncReplicas: settings.minInsyncReplicas(image, topic.name),
  eligibleLeaders: eligibleLeadersOn(image),
})

/** ElectLeaders. `targets` null: every partition; those that need nothing are then left out of the result. */
export const decideElectLeaders = (
  image: ClusterState,
  type: ElectionType,
  targets: readonly { readonly topic: string; readonly partition: number }[] | null,
  settings: ElectionSettings,
): Decision<ElectionResult[]> => {
  const all = targets ?? [...allPartitions(image)]
  const records: MetadataRecord[] = []
  const done = new Set<string>()
  const result: ElectionResult[] = []
  for (const { topic, partition } of all) {
    const key = `${topic}/${partition}`
    if (done.has(key)) continue
    done.add(key)
    const outcome = electOne(image, type, topic, partition, settings)
    if ('type' in outcome) records.push(outcome)
    const answer = 'type' in outcome ? DONE : outcome
    if (targets !== null || answer.error !== 'ELECTION_NOT_NEEDED')
      result.push({ ...answer, topic, partition })
  }
  return { records, result }
}

function* allPartitions(image: ClusterState): Iterable<{ topic: string; partition: number }> {
  for (const { name, partitions } of image.topics()) {
    for (const { index } of partitions) yield { topic: name, partition: index }
  }
}

const electOne = (
  image: ClusterState,
  type: ElectionType,
  topicName: string,
  index: number,
  settings: ElectionSettings,
): PartitionRecord | ItemResult => {
  const topic = image.topic(topicName)
  if (!topic) return refused('UNKNOWN_TOPIC_OR_PARTITION', `No such topic as ${topicName}`)
  const partition = topic.partitions[index]
  if (!partition) return refused('UNKNOWN_TOPIC_OR_PARTITION', `No such partition as ${topicName}-${index}`)
  const settled = type === 'preferred' ? partition.leader === partition.replicas[0] : partition.leader !== -1
  if (settled) return refused('ELECTION_NOT_NEEDED')
  const rules = rulesOf(image, topic, settings, (id) => image.isActive(id))
  const record = changePartition(partition, partition.isr, { ...rules, election: type })
  if (record && record.leader !== partition.leader) {
    if (type !== 'preferred' || record.leader === partition.replicas[0]) return record
  }
  return refused(type === 'preferred' ? 'PREFERRED_LEADER_NOT_AVAILABLE' : 'ELIGIBLE_LEADERS_NOT_AVAILABLE')
}
