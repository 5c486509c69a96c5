import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { TargetKind } from './target.ts'

/** A bare Node TCP server answering canned frames: what no broker on Node can beat. */
export const bare: TargetKind = {
  name: 'bare Node server',
  missing: async () => null,
  async start(canned) {
    const child = fork(join(import.meta.dirname, 'bare-server.mjs'), { execArgv: [] })
    child.send(Object.fromEntries([...canned].map(([key, frame]) => [key, frame.toString('base64')])))
    const [{ port }] = (await once(child, 'message')) as [{ port: number }]
    return {
      name: 'bare Node server',
      host: '127.0.0.1',
      port,
      pid: child.pid as number,
      async stop() {
        child.disconnect()
        await once(child, 'exit')
      },
    }
  },
}
