import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Child, odradek, prepare } from './processes.ts'

const children: Child[] = []
const run = (args: readonly string[], env?: NodeJS.ProcessEnv): Child => {
  const child = odradek(args, env)
  children.push(child)
  return child
}

beforeAll(prepare, 120_000)
afterAll(() => {
  for (const { process } of children) if (process.exitCode === null) process.kill('SIGKILL')
})

describe('odradek as a process', () => {
  it('says where it listens when it is ready, works at once, and stops cleanly on Ctrl-C', async () => {
    const up = run(['up', '--port', '0', '--brokers', '2', '--topic', 'orders:4:2', '--json'])
    const ready = JSON.parse(await up.firstLine())
    expect(ready).toEqual({
      bootstrap: ready.brokers.map(({ port }: { port: number }) => `127.0.0.1:${port}`).join(','),
      brokers: [1, 2].map((id) => ({ id, host: '127.0.0.1', port: expect.any(Number) })),
      pid: up.process.pid,
      dataDir: expect.any(String),
    })
    expect(existsSync(ready.dataDir)).toBe(true)

    const env = { BROKERS: ready.bootstrap }
    const producing = run(['produce', 'orders'], env)
    producing.process.stdin?.end('hello\n')
    expect(await producing.exit).toEqual({ code: 0, signal: null })
    const consuming = run(['consume', 'orders', '--from-beginning', '-n', '1'], env)
    expect(await consuming.exit).toEqual({ code: 0, signal: null })
    expect(consuming.stdout).toBe('hello\n')

    const tail = run(['consume', 'orders', '--from-beginning'], env)
    expect(await tail.firstLine()).toBe('hello')
    tail.process.kill('SIGINT')
    expect(await tail.exit).toEqual({ code: 130, signal: null })

    up.process.kill('SIGINT')
    expect(await up.exit).toEqual({ code: 0, signal: null })
    expect(up.stderr).toBe('')
    expect(existsSync(ready.dataDir)).toBe(false)
  })

  it('prints BROKERS= for a person, with what to try next on stderr', async () => {
    const up = run(['up', '--port', '0', '--memory'])
    expect(await up.firstLine()).toMatch(/^BROKERS=127\.0\.0\.1:\d+$/)
    up.process.kill('SIGTERM')
    expect(await up.exit).toEqual({ code: 0, signal: null })
    expect(up.stderr).toMatch(
      /^One broker is ready\. Data: memory\. Ctrl-C stops\.\nTry in another terminal:\n/,
    )
  })

  it('keeps --data: a record is there after a restart', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'odradek-test-'))
    try {
      const first = run(['up', '--port', '0', '--data', directory, '--topic', 'kept:1'])
      const firstEnv = { BROKERS: (await first.firstLine()).slice('BROKERS='.length) }
      const producing = run(['produce', 'kept'], firstEnv)
      producing.process.stdin?.end('survives\n')
      expect((await producing.exit).code).toBe(0)
      first.process.kill('SIGTERM')
      expect((await first.exit).code).toBe(0)

      const second = run(['up', '--port', '0', '--data', directory])
      const secondEnv = { BROKERS: (await second.firstLine()).slice('BROKERS='.length) }
      const consuming = run(['consume', 'kept', '--from-beginning', '-n', '1'], secondEnv)
      await consuming.exit
      expect(consuming.stdout).toBe('survives\n')
      second.process.kill('SIGTERM')
      expect((await second.exit).code).toBe(0)
      expect(existsSync(directory)).toBe(true)
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  })

  it('says which port is in use, and what to do', async () => {
    const first = run(['up', '--port', '0'])
    const port = (await first.firstLine()).split(':').at(-1) as string
    const second = run(['up', '--port', port])
    expect(await second.exit).toEqual({ code: 1, signal: null })
    expect(second.stdout).toBe('')
    expect(second.stderr).toBe(
      `odradek: port ${port} is in use on 127.0.0.1\n` +
        '  Another broker? Stop it, choose another port, or let any free one be taken: odradek up --port 0\n',
    )
    first.process.kill('SIGTERM')
    await first.exit
  })

  it('ends without a word when the reader of its output goes', async () => {
    const up = run(['up', '--port', '0'])
    const env = { BROKERS: (await up.firstLine()).slice('BROKERS='.length) }
    const producing = run(['produce', 'many'], env)
    producing.process.stdin?.end(Array.from({ length: 50_000 }, (_, n) => `${n}\n`).join(''))
    expect((await producing.exit).code).toBe(0)
    const consuming = run(['consume', 'many', '--from-beginning'], env)
    await consuming.firstLine()
    consuming.process.stdout?.destroy()
    expect(await consuming.exit).toEqual({ code: 0, signal: null })
    expect(consuming.stderr).toBe('')
    up.process.kill('SIGTERM')
    await up.exit
  })

  it('takes given ids and ports', async () => {
    const up = run(['up', '--ids', '0,7', '--ports', '0,0', '--json'])
    const { brokers } = JSON.parse(await up.firstLine())
    expect(brokers.map(({ id }: { id: number }) => id)).toEqual([0, 7])
    up.process.kill('SIGTERM')
    expect((await up.exit).code).toBe(0)
  })
})
