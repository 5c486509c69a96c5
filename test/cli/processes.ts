import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '..', '..')
const CLI = join(ROOT, 'dist', 'cli.js')

/** Builds `dist/` unless it is what the sources say. */
export const prepare = (): void => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/prepare.mjs'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
}

/** A child process whose output is kept. */
export class Child {
  readonly process: ChildProcess
  stdout = ''
  stderr = ''
  readonly exit: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>

  constructor(
    file: string,
    args: readonly string[],
    options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
  ) {
    this.process = spawn(file, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] })
    this.process.stdout?.on('data', (chunk) => {
      this.stdout += chunk
    })
    this.process.stderr?.on('data', (chunk) => {
      this.stderr += chunk
    })
    this.exit = new Promise((resolve, reject) => {
      this.process.once('error', reject)
      this.process.once('close', (code, signal) => resolve({ code, signal }))
    })
  }

  /** The first line of stdout; rejects when the process ends before. */
  firstLine(): Promise<string> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        const end = this.stdout.indexOf('\n')
        if (end >= 0) resolve(this.stdout.slice(0, end))
      }
      this.process.stdout?.on('data', check)
      check()
      void this.exit.then(() => reject(new Error(`it ended: ${this.stderr}`)))
    })
  }
}

/** The built command line in a process of its own. */
export const odradek = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Child =>
  new Child(process.execPath, [CLI, ...args], { env: { ...process.env, ...env } })
