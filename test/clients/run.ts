/** Runs the client suites: see README.md beside this file. Ends with `N passed, M failed`; exit code 1 when a check failed. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { Report, type Suite, type Target } from './suite.ts'
import { franzGo } from './suites/go.ts'
import { javaAges, javaModern, javaTools } from './suites/java.ts'
import { kcat } from './suites/kcat.ts'
import { kafkaPython, librdkafka } from './suites/python.ts'

const SUITES: readonly Suite[] = [kcat, librdkafka, kafkaPython, franzGo, javaModern, javaTools, javaAges]
/** Sizes of cluster that every suite sees. */
const BROKER_COUNTS = [1, 3]

/** Starts `odradek up` as a user would; stopped by its process id when `body` is done. */
async function withOdradek(brokerCount: number, body: (target: Target) => Promise<void>): Promise<void> {
  const cli = join(import.meta.dirname, '../../dist/cli.js')
  const args = [cli, 'up', '--brokers', String(brokerCount), '--port', '0', '--json']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })
  try {
    const ready = await Promise.race([
      once(lines, 'line').then(([line]) => JSON.parse(line as string) as { bootstrap: string }),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`odradek up ended with ${code}`))),
    ])
    await body({ bootstrap: ready.bootstrap, brokerCount })
    if (child.exitCode !== null) throw new Error(`odradek died during the suite: exit ${child.exitCode}`)
  } finally {
    if (child.exitCode === null) {
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { against: { type: 'string' } },
    allowPositionals: true,
  })
  for (const name of positionals)
    if (!SUITES.some((suite) => suite.name === name))
      throw new Error(`no suite ${name}; there are: ${SUITES.map((suite) => suite.name).join(', ')}`)
  const chosen = SUITES.filter((suite) => positionals.length === 0 || positionals.includes(suite.name))
  const report = new Report()
  for (const suite of chosen) {
    await suite.prepare()
    const on = async (target: Target): Promise<void> => {
      process.stdout.write(`${suite.name}, ${target.brokerCount} broker(s) at ${target.bootstrap}\n`)
      await suite.run(target, report)
    }
    if (values.against !== undefined) {
      const [bootstrap, count] = values.against.split('=') as [string, string | undefined]
      await on({ bootstrap, brokerCount: Number(count ?? 1) })
    } else for (const count of BROKER_COUNTS) await withOdradek(count, on)
  }
  for (const failure of report.failures) process.stdout.write(`failed: ${failure}\n`)
  process.stdout.write(`${report.passed} passed, ${report.failures.length} failed\n`)
  process.exitCode = report.failures.length === 0 ? 0 : 1
}

await main()
