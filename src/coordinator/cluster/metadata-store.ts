import type { MetadataRecord } from './records.ts'

/** Where the controller keeps its records; offsets count records from 0. */
export interface MetadataStore {
  /** Everything that is kept, oldest first: called once, before anything else. */
  load(): StoredMetadata
  /** Keeps records that belong together: after a crash all of them are there or none. `offset` is that of the first. */
  append(offset: number, records: readonly MetadataRecord[]): void
  /** True when so much was appended that it should be replaced by a snapshot. */
  readonly wantsSnapshot: boolean
  /** Replaces all that is kept up to and including `lastOffset` by records that mean the same. */
  replaceBySnapshot(lastOffset: number, records: readonly MetadataRecord[]): void
  close(): Promise<void>
}

export interface StoredMetadata {
  /** Offset of the last record that went into the snapshot; -1 when there is none. */
  readonly snapshotOffset: number
  readonly snapshot: readonly MetadataRecord[]
  /** Those that came after it, in groups as they were appended. */
  readonly batches: readonly (readonly MetadataRecord[])[]
}
