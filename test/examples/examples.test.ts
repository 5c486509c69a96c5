import { beforeAll, describe, expect, it } from 'vitest'
import { startCluster } from '../../src/index.ts'
import { Child, prepare, ROOT } from '../cli/processes.ts'

/** Runs node in the project's folder; gives what it printed. Fails with its stderr unless it ends with 0. */
const node = async (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> => {
  const child = new Child(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, NODE_OPTIONS: '', ...env },
  })
  const { code } = await child.exit
  if (code !== 0) throw new Error(`exit code ${code}: ${child.stdout}${child.stderr}`)
  return child.stdout
}

describe('the examples', () => {
  beforeAll(prepare, 120_000)

  it('kafkajs.mjs reads what it wrote, on two brokers and four partitions', async () => {
    await using cluster = await startCluster({ brokers: 2, topics: ['greetings:4:2'] })
    const lines = (await node(['examples/kafkajs.mjs'], { BROKERS: cluster.bootstrap })).trim().split('\n')
    expect(lines.map((line) => line.split(' ').slice(1).join(' ')).sort()).toEqual([
      '0 uno-1 23.5',
      '0 uno-2 19.0',
    ])
  })

  it('vitest', async () => {
    const out = await node(['node_modules/vitest/vitest.mjs', 'run', '--root', 'examples/vitest'])
    expect(out).toMatch(/2 passed/)
  })

  it('jest, in CommonJS', async () => {
    const out = await node([
      '--require',
      './test/examples/jest-globals.cjs',
      '--test',
      'examples/jest/orders.test.cjs',
    ])
    expect(out).toMatch(/^# pass 1$|pass 1/m)
  })

  it('node:test', async () => {
    const out = await node(['--test', 'examples/node-test/orders.test.mjs'])
    expect(out).toMatch(/pass 1/)
  })
})
