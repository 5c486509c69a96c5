import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TargetKind } from './target.ts'

/** The built `odradek up`, as a user runs it. */
export const odradek = (name: string, ...extra: string[]): TargetKind => ({
  name,
  missing: async () => null,
  async start() {
    const cli = join(import.meta.dirname, '../../dist/cli.js')
    const child = spawn(process.execPath, [cli, 'up', '--port', '0', '--json', ...extra], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
    const { brokers } = JSON.parse(line) as { brokers: { host: string; port: number }[] }
    const first = brokers[0] as { host: string; port: number }
    return {
      name,
      host: first.host,
      port: first.port,
      pid: child.pid as number,
      async stop() {
        child.kill('SIGTERM')
        await once(child, 'exit')
      },
    }
  },
})
