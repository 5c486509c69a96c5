import type { Disk } from '../runtime/disk.ts'

/**
 * Kafka's checkpoint files: text, one entry a line.
 *
 *     0                       version
 *     2                       number of entries
 *     topic partition offset  (or, in leader-epoch-checkpoint: epoch startOffset)
 *
 * Source: CheckpointFile. Replaced atomically.
 */
export const writeCheckpoint = (disk: Disk, path: string, lines: readonly string[]): void => {
  disk.writeFileAtomically(path, `0\n${lines.length}\n${lines.map((line) => `${line}\n`).join('')}`)
}

/** The entries' fields, or undefined when the file is missing or is not a checkpoint of version 0 with all its entries. */
export const readCheckpoint = (disk: Disk, path: string): string[][] | undefined => {
  if (!disk.exists(path)) return undefined
  const lines = disk.readFile(path).toString('utf8').split('\n')
  const expected = Number(lines[1])
  if (lines[0] !== '0' || !Number.isInteger(expected)) return undefined
  const entries = lines.slice(2).filter((line) => line !== '')
  return entries.length === expected ? entries.map((line) => line.split(/\s+/)) : undefined
}
