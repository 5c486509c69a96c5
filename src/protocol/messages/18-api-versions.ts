import { api } from '../schema/api.ts'
import { array, bool, i16, i32, i64, string } from '../schema/field.ts'

/**
 * ApiVersions: what a broker speaks. The first request of most connections.
 *
 * A version that the broker does not know is answered in the layout of v0 with UNSUPPORTED_VERSION, so that
 * any client learns what to use. The response header is never flexible.
 *
 * Versions: v1 throttle time · v2 the client is told to wait only after its answer (KIP-219) · v3 flexible,
 * the client names itself (KIP-511), features (KIP-584) · v4 features whose minimum is 0 · v5 the client says
 * whom it means to reach.
 */
export const ApiVersions = api({
  key: 18,
  name: 'ApiVersions',
  versions: [0, 5],
  flexible: 3,
  request: {
    clientSoftwareName: string.in(3).ignorable(),
    clientSoftwareVersion: string.in(3).ignorable(),
    clusterId: string.nullable().in(5).default(null).ignorable(),
    nodeId: i32.in(5).default(-1).ignorable(),
  },
  response: {
    errorCode: i16,
    apiKeys: array({ apiKey: i16, minVersion: i16, maxVersion: i16 }),
    throttleTimeMs: i32.in(1).default(0).ignorable(),
    supportedFeatures: array({ name: string, minVersion: i16, maxVersion: i16 }).tag(0, 3).ignorable(),
    finalizedFeaturesEpoch: i64.tag(1, 3).default(-1n).ignorable(), // -1: unknown
    // a set is valid only together with its epoch
    finalizedFeatures: array({ name: string, maxVersionLevel: i16, minVersionLevel: i16 })
      .tag(2, 3)
      .ignorable(),
    zkMigrationReady: bool.tag(3, 3).ignorable(),
  },
})
