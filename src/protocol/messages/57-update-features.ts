import { api } from '../schema/api.ts'
import { array, bool, i8, i16, i32, string } from '../schema/field.ts'

const featureUpdate = {
  feature: string,
  maxVersionLevel: i16, // below 1: removes the finalized level
  allowDowngrade: bool.in(0, 0),
  upgradeType: i8.in(1).default(1), // 1: upgrade, 2: safe downgrade, 3: unsafe downgrade
}

const result = { feature: string, errorCode: i16, errorMessage: string.nullable() }

/**
 * UpdateFeatures: raises or lowers the finalized levels of features (KIP-584).
 *
 * Versions: v1 kinds of upgrade, validation only (KIP-778) · v2 one result for all features.
 */
export const UpdateFeatures = api({
  key: 57,
  name: 'UpdateFeatures',
  versions: [0, 2],
  flexible: 0,
  request: {
    timeoutMs: i32.default(60000),
    featureUpdates: array(featureUpdate),
    validateOnly: bool.in(1),
  },
  response: {
    throttleTimeMs: i32.default(0),
    errorCode: i16,
    errorMessage: string.nullable(),
    results: array(result).in(0, 1).ignorable(),
  },
})
