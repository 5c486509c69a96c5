import { spawn } from 'node:child_process'

/** A Kafka under test. */
export interface Target {
  readonly bootstrap: string
  readonly brokerCount: number
}

export interface Suite {
  readonly name: string
  /** Fetches what the suite needs (registries), once. */
  prepare(): Promise<void>
  run(target: Target, report: Report): Promise<void>
}

/** Counts checks. Every printed line is one. */
export class Report {
  passed = 0
  readonly failures: string[] = []

  ok(what: string): void {
    this.passed++
    process.stdout.write(`  ok - ${what}\n`)
  }

  notOk(what: string, detail = ''): void {
    this.failures.push(what)
    process.stdout.write(`  not ok - ${what}\n${detail.replace(/^/gm, '      ')}\n`)
  }

  async check(what: string, body: () => Promise<void>): Promise<void> {
    try {
      await body()
      this.ok(what)
    } catch (error) {
      this.notOk(what, error instanceof Error ? error.message : String(error))
    }
  }

  /** Counts the `ok - …` lines of a program. A program that printed none, or failed without saying why, is a failure itself. */
  take(program: string, result: Result): void {
    const before = this.passed + this.failures.length
    for (const line of result.stdout.split('\n')) {
      if (line.startsWith('ok - ')) this.ok(line.slice(5))
      else if (line.startsWith('not ok - ')) this.notOk(line.slice(9), result.stderr.slice(-2000))
    }
    const counted = this.passed + this.failures.length - before
    if (counted === 0 || (result.code !== 0 && this.failures.length === 0))
      this.notOk(
        `${program} ran to its end`,
        `exit ${result.code}\n${result.stdout}\n${result.stderr.slice(-4000)}`,
      )
  }
}

export interface Result {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end, at most `timeoutMs` (default two minutes), then kills it. */
export function run(
  command: string,
  args: readonly string[],
  options: { input?: string | undefined; cwd?: string; timeoutMs?: number } = {},
): Promise<Result> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: 'pipe',
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 120_000)
    child.on('error', (error) => {
      clearTimeout(timer)
      resolve({ code: null, stdout, stderr: `${stderr}${error.message}` })
    })
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code, stdout, stderr })
    })
    child.stdin.on('error', () => {})
    child.stdin.end(options.input ?? '')
  })
}

/** Runs a program that must succeed. */
export async function must(
  command: string,
  args: readonly string[],
  options: Parameters<typeof run>[2] = {},
): Promise<string> {
  const result = await run(command, args, options)
  if (result.code !== 0)
    throw new Error(`${command} ${args.join(' ')}: exit ${result.code}\n${result.stdout}\n${result.stderr}`)
  return result.stdout
}

export function same(expected: unknown, actual: unknown, what = 'value'): void {
  const [left, right] = [JSON.stringify(expected), JSON.stringify(actual)]
  if (left !== right) throw new Error(`${what}: expected ${left}, got ${right}`)
}
