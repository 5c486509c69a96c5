/** Keys and values of the records in control batches. */

import { data, NEVER } from '../schema/api.ts'
import { array, i16, i32, i64, string, struct, u16, uuid } from '../schema/field.ts'

/**
 * ControlRecordTypeSchema: the key of a control record, after its version; 0: abort, 1: commit, 2: leader
 * change, 3: snapshot header, 4: snapshot footer, 5: KRaft version, 6: KRaft voters.
 */
export const ControlRecordTypeSchema = data({
  name: 'ControlRecordTypeSchema',
  versions: [0, 0],
  flexible: NEVER,
  fields: { type: i16 },
})

/** EndTxnMarker: a transaction ended here. */
export const EndTxnMarker = data({
  name: 'EndTxnMarker',
  versions: [0, 0],
  flexible: NEVER,
  fields: { coordinatorEpoch: i32 },
})

const voter = { voterId: i32, voterDirectoryId: uuid.in(1) }

/**
 * LeaderChangeMessage: a Raft leader was elected.
 *
 * Versions: v1 directory ids (KIP-853).
 */
export const LeaderChangeMessage = data({
  name: 'LeaderChangeMessage',
  versions: [0, 1],
  flexible: 0,
  fields: {
    version: i16,
    leaderId: i32,
    voters: array(voter),
    grantingVoters: array(voter),
  },
})

/** SnapshotHeaderRecord: first record of a metadata snapshot. */
export const SnapshotHeaderRecord = data({
  name: 'SnapshotHeaderRecord',
  versions: [0, 0],
  flexible: 0,
  fields: { version: i16, lastContainedLogTimestamp: i64 },
})

/** SnapshotFooterRecord: last record of a metadata snapshot. */
export const SnapshotFooterRecord = data({
  name: 'SnapshotFooterRecord',
  versions: [0, 0],
  flexible: 0,
  fields: { version: i16 },
})

/** KRaftVersionRecord: version of the Raft protocol (KIP-853). */
export const KRaftVersionRecord = data({
  name: 'KRaftVersionRecord',
  versions: [0, 0],
  flexible: 0,
  fields: { version: i16, kRaftVersion: i16 },
})

const votersRecordVoter = {
  voterId: i32,
  voterDirectoryId: uuid,
  endpoints: array({ name: string, host: string, port: u16 }),
  kRaftVersionFeature: struct({ minSupportedVersion: i16, maxSupportedVersion: i16 }),
}

/** VotersRecord: voters of the Raft quorum (KIP-853). */
export const VotersRecord = data({
  name: 'VotersRecord',
  versions: [0, 0],
  flexible: 0,
  fields: { version: i16, voters: array(votersRecordVoter) },
})
