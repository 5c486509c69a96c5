import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Running, TargetKind } from './target.ts'

const VERSION = '4.3.1'
const JARS = join(import.meta.dirname, `../../node_modules/.cache/clients/java/kafka_2.13-${VERSION}`)
const POM = join(import.meta.dirname, '../../test/clients/java/pom.xml')
const has = (command: string): boolean => spawnSync(command, ['-version']).status === 0

const settings = (port: number, controllerPort: number, directory: string): string =>
  `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controllerPort}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
controller.listener.names=CONTROLLER
log.dirs=${directory}/data
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
`

async function answers(port: number, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    if (child.exitCode !== null) throw new Error(`Apache Kafka ended with ${child.exitCode}`)
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true))
      socket.on('error', () => resolve(false)).on('connect', () => socket.destroy())
    })
    if (open) return
    await delay(100)
  }
  throw new Error('Apache Kafka did not listen within 30 s')
}

/** Apache Kafka in KRaft mode, one node, its defaults, from the Java registry. */
export const apacheKafka: TargetKind = {
  name: `Apache Kafka ${VERSION}`,
  async missing() {
    if (!has('java')) return 'no java'
    if (existsSync(JARS)) return null
    if (!has('mvn')) return 'no mvn'
    const goal = [
      'dependency:copy-dependencies',
      '-Dartifact=kafka_2.13',
      `-Dwanted=${VERSION}`,
      `-DoutputDirectory=${JARS}`,
    ]
    return spawnSync('mvn', ['-q', '-B', '-f', POM, ...goal]).status === 0
      ? null
      : 'its jars cannot be fetched'
  },
  async start(): Promise<Running> {
    const directory = mkdtempSync(join(tmpdir(), 'apache-kafka-'))
    const port = 20_000 + (process.pid % 20_000)
    const file = join(directory, 'server.properties')
    writeFileSync(file, settings(port, port + 1, directory))
    const java = ['-Xmx1g', '-Xms1g', '-cp', join(JARS, '*')]
    const format = spawnSync('java', [
      ...java,
      'kafka.tools.StorageTool',
      'format',
      '-t',
      'AAAAAAAAAAAAAAAAAAAAAQ',
      '-c',
      file,
    ])
    if (format.status !== 0) throw new Error(`StorageTool: ${format.stderr}`)
    const child = spawn('java', [...java, 'kafka.Kafka', file], { stdio: 'ignore' })
    await answers(port, child)
    return {
      name: `Apache Kafka ${VERSION}`,
      host: '127.0.0.1',
      port,
      pid: child.pid as number,
      async stop() {
        child.kill('SIGTERM')
        await once(child, 'exit')
        rmSync(directory, { recursive: true, force: true })
      },
    }
  },
}
