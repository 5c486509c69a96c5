/** Feature levels (KIP-584): what this release supports, what a new cluster starts with, and UpdateFeatures. */

import type { ClusterState } from './cluster-state.ts'
import { DONE, type FeatureUpdate, type ItemResult, refused } from './commands.ts'
import type { Decision } from './decision.ts'
import type { FeatureRecord } from './records.ts'

export interface SupportedFeature {
  readonly name: string
  readonly minLevel: number
  readonly maxLevel: number
  /** Level of a new cluster; 0: not finalized. */
  readonly initialLevel: number
}

/** Of Kafka 4.4, in order of name. `kraft.version` is set only where the controller quorum is dynamic; ours is not. */
export const SUPPORTED_FEATURES: readonly SupportedFeature[] = [
  { name: 'eligible.leader.replicas.version', minLevel: 0, maxLevel: 1, initialLevel: 1 },
  { name: 'group.version', minLevel: 0, maxLevel: 1, initialLevel: 1 },
  { name: 'kraft.version', minLevel: 0, maxLevel: 1, initialLevel: 0 },
  { name: 'metadata.version', minLevel: 7, maxLevel: 33, initialLevel: 33 },
  { name: 'share.version', minLevel: 0, maxLevel: 2, initialLevel: 2 },
  { name: 'streams.version', minLevel: 0, maxLevel: 1, initialLevel: 1 },
  { name: 'transaction.version', minLevel: 0, maxLevel: 2, initialLevel: 2 },
]

const METADATA_VERSION = 'metadata.version'

export interface UpdatedFeature extends ItemResult {
  readonly feature: string
}

/** All or nothing: if one update is refused, each of the others is refused with the reason of the first. */
export const decideUpdateFeatures = (
  image: ClusterState,
  updates: readonly FeatureUpdate[],
  validateOnly: boolean,
): Decision<UpdatedFeature[]> => {
  const seen = new Set<string>()
  const result = updates.map((update): UpdatedFeature => {
    const problem = seen.has(update.feature)
      ? refused('INVALID_REQUEST', `Feature ${update.feature} is named more than once.`)
      : problemOf(image, update)
    seen.add(update.feature)
    return { ...(problem ?? DONE), feature: update.feature }
  })
  const first = result.find(({ error }) => error !== null)
  if (first) {
    const why = `The update failed for all features since the following feature had an error: ${first.message}`
    return {
      records: [],
      result: result.map(({ feature }) => ({ feature, error: first.error, message: why })),
    }
  }
  const records = updates.map(
    ({ feature, level }): FeatureRecord => ({ type: 'feature', name: feature, level: Math.max(level, 0) }),
  )
  return { records: validateOnly ? [] : records, result }
}

const problemOf = (
  image: ClusterState,
  { feature, level, upgradeType }: FeatureUpdate,
): ItemResult | null => {
  const bad = (why: string): ItemResult =>
    refused('INVALID_UPDATE_VERSION', `Invalid update version ${level} for feature ${feature}. ${why}`)
  const supported = SUPPORTED_FEATURES.find(({ name }) => name === feature)
  if (!supported) return bad('Local controller does not support this feature.')
  if (level < supported.minLevel || level > supported.maxLevel) {
    return bad(`Supported versions are ${supported.minLevel}-${supported.maxLevel}.`)
  }
  const now = image.features.get(feature) ?? 0
  if (level < now && upgradeType === 'upgrade') {
    return bad(`Can't downgrade the version of this feature without setting the upgrade type to a downgrade.`)
  }
  if (level > now && upgradeType !== 'upgrade') return bad(`Can't downgrade to a newer version.`)
  if (feature === METADATA_VERSION && level < now) {
    return bad('Downgrading the metadata version is not supported.')
  }
  if (feature === 'kraft.version' && level !== now) return bad('The controller quorum is static.')
  return null
}
