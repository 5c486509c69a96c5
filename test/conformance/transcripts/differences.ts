/**
 * Where this broker answers a transcript otherwise than the recorded one, on purpose. docs/differences.md
 * lists them too.
 */
export interface Difference {
  /** Ids of cases, `*` for any text. */
  readonly cases: string
  /** Paths of fields, `*` for any text. */
  readonly paths: readonly string[]
  readonly reason: string
}

/** APIs that need parts which are not there yet: what is not served is not advertised. */
const NOT_SERVED = [
  17, 24, 25, 26, 27, 28, 29, 30, 31, 34, 36, 38, 39, 40, 41, 43, 45, 46, 48, 49, 50, 51, 55, 57, 61, 64, 65,
  66, 68, 69, 76, 77, 78, 79, 80, 81, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94,
]

export const DIFFERENCES: readonly Difference[] = [
  {
    cases: '*',
    paths: ['apiKeys.*.minVersion'],
    reason: 'the versions that 4.0 removed are served, so that clients from 0.8.2 on find what they speak',
  },
  {
    cases: '*',
    paths: NOT_SERVED.map((key) => `apiKeys.${key}`),
    reason: 'what is not served yet is not advertised',
  },
  {
    cases: 'apiversions/*',
    paths: ['group.version', 'share.version', 'streams.version', 'transaction.version'].flatMap((feature) => [
      `supportedFeatures.${feature}`,
      `finalizedFeatures.${feature}`,
    ]),
    reason: 'a feature is supported when its coordinator is served',
  },
  {
    cases: 'frames/fetch-v3-removed',
    paths: ['outcome'],
    reason: 'Fetch 0 to 3 are served, for clients from 0.8.2 on',
  },
  ...['metadata/v0-unknown-topic', 'metadata/v5-auto-create'].map((cases) => ({
    cases,
    paths: ['topics.0.errorCode', 'topics.0.partitions.length'],
    reason: 'a topic that Metadata makes is in the same answer; KRaft has the client ask again',
  })),
  {
    cases: 'describeconfigs/v4-broker-all',
    paths: [
      'results.0.configs.listener.security.protocol.map.value',
      'results.0.configs.controller.listener.names.*',
      'results.0.configs.controller.quorum.voters.*',
      'results.0.configs.listeners.value',
      'results.0.configs.advertised.listeners.value',
    ],
    reason:
      'addresses are its own, and the controller is in the same process, without a listener or a quorum',
  },
  {
    cases: 'produce/v9-null-records',
    paths: ['outcome'],
    reason: 'a partition without records is refused at once; a real broker never answers such a request',
  },
]

const matcher = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  )

/** The difference that explains a field of a case, if one does. */
export const differenceFor = (caseId: string, path: string): Difference | undefined =>
  DIFFERENCES.find(
    ({ cases, paths }) => matcher(cases).test(caseId) && paths.some((pattern) => matcher(pattern).test(path)),
  )
