/** What became of the vectors of one file. */
export interface Verdict {
  passed: number
  failed: number
  /** Vectors of things that are left out on purpose. */
  skipped: number
  readonly failures: { readonly id: string; readonly message: string }[]
}

export const emptyVerdict = (): Verdict => ({ passed: 0, failed: 0, skipped: 0, failures: [] })

/** Runs one vector and counts it; whatever it throws is its failure. */
export function judge(verdict: Verdict, id: string, run: () => void): void {
  try {
    run()
    verdict.passed++
  } catch (error) {
    verdict.failed++
    verdict.failures.push({ id, message: error instanceof Error ? error.message : String(error) })
  }
}

/** Fails unless both are the same as JSON. */
export function same(what: string, actual: unknown, expected: unknown): void {
  const a = JSON.stringify(actual)
  const b = JSON.stringify(expected)
  if (a === b) return
  let at = 0
  while (at < a.length && a[at] === b[at]) at++
  const from = Math.max(at - 40, 0)
  throw new Error(`${what}: …${a.slice(from, at + 60)}… is not …${b.slice(from, at + 60)}…`)
}

export const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '')
