/** Where this broker answers a transcript otherwise than the recorded one, on purpose. docs/differences.md lists them too. */
export interface Difference {
  /** Ids of cases, `*` for any text. */
  readonly cases: string
  /** Paths of fields, `*` for any text. */
  readonly paths: string
  readonly reason: string
}

export const DIFFERENCES: readonly Difference[] = []

const matcher = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  )

/** The difference that explains a field of a case, if one does. */
export const differenceFor = (caseId: string, path: string): Difference | undefined =>
  DIFFERENCES.find(({ cases, paths }) => matcher(cases).test(caseId) && matcher(paths).test(path))
