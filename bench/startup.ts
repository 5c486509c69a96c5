/**
 * npm run bench:startup: how long until a client is answered.
 *   in process: startCluster() to the first Metadata answer, warm, 100 starts
 *   as a program: `odradek up` from spawn to the first ApiVersions answer, beside Node that starts and listens; idle RSS of both
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { startCluster } from '../src/index.ts'
import { decodeResponseFrame, encodeRequestFrame } from '../src/protocol/header.ts'
import { Metadata } from '../src/protocol/messages/03-metadata.ts'
import { ApiVersions } from '../src/protocol/messages/18-api-versions.ts'
import { LoadConnection } from './load.ts'
import { usageOf } from './usage.ts'

const STARTS = 100
/** The first ones load and compile. */
const WARM_STARTS = 5
const SPAWNS = 15

const quantile = (values: number[], q: number): string =>
  (values.sort((a, b) => a - b)[Math.floor(values.length * q)] as number).toFixed(1)

const header = { correlationId: 1, clientId: 'bench' }
const metadataFrame = Buffer.concat(
  encodeRequestFrame(Metadata, 12, header, {
    topics: null,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  }),
).subarray(4)
const apiVersionsFrame = Buffer.concat(
  encodeRequestFrame(ApiVersions, 0, header, { clientSoftwareName: '', clientSoftwareVersion: '' }),
).subarray(4)

async function inProcess(brokers: number): Promise<Record<string, string>> {
  const starts: number[] = []
  const stops: number[] = []
  for (let i = -WARM_STARTS; i < STARTS; i++) {
    const began = performance.now()
    const cluster = await startCluster({ brokers })
    const { host, port } = cluster.brokers[0] as { host: string; port: number }
    const connection = await LoadConnection.open(host, port)
    const { response } = decodeResponseFrame(Metadata, 12, await connection.ask(metadataFrame))
    if (i >= 0) starts.push(performance.now() - began)
    if (response.brokers.length !== brokers)
      throw new Error(`Metadata lists ${response.brokers.length} brokers`)
    connection.close()
    const stopping = performance.now()
    await cluster.stop()
    if (i >= 0) stops.push(performance.now() - stopping)
  }
  return {
    what: `startCluster(), ${brokers} broker(s), to the first Metadata answer`,
    'p50 ms': quantile(starts, 0.5),
    'p99 ms': quantile(starts, 0.99),
    'stop p50 ms': quantile(stops, 0.5),
  }
}

const BARE = `require('node:net').createServer((s) => s.on('data', () => s.write(Buffer.alloc(8)))).listen(0, '127.0.0.1',
  function () { console.log(JSON.stringify({ brokers: [{ host: '127.0.0.1', port: this.address().port }] })) })`

/** Spawns a server that prints a JSON line when it listens, and asks it one thing. */
async function spawned(args: string[], ask: boolean): Promise<{ ms: number; rssMiB: number; cpuMs: number }> {
  const began = performance.now()
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [text] = (await once(child.stdout, 'data')) as [Buffer]
  const { host, port } = JSON.parse(text.toString()).brokers[0] as { host: string; port: number }
  const connection = await LoadConnection.open(host, port)
  if (ask) await connection.ask(apiVersionsFrame)
  const ms = performance.now() - began
  connection.close()
  const { rssMiB, cpuSeconds } = usageOf(child.pid as number)
  child.kill('SIGTERM')
  await once(child, 'exit')
  return { ms, rssMiB, cpuMs: cpuSeconds * 1000 }
}

async function asProgram(): Promise<Record<string, string>[]> {
  const cli = join(import.meta.dirname, '../dist/cli.js')
  const runs: Record<string, { ms: number; rssMiB: number; cpuMs: number }[]> = { bare: [], odradek: [] }
  for (let i = 0; i < SPAWNS; i++) {
    runs.bare?.push(await spawned(['-e', BARE], false))
    runs.odradek?.push(await spawned([cli, 'up', '--port', '0', '--json'], true))
  }
  return Object.entries(runs).map(([what, list]) => ({
    what: what === 'bare' ? 'node: spawn to connected' : 'odradek up: spawn to the first ApiVersions answer',
    'p50 ms': quantile(
      list.map((run) => run.ms),
      0.5,
    ),
    'CPU ms': quantile(
      list.map((run) => run.cpuMs),
      0.5,
    ),
    'RSS MiB': quantile(
      list.map((run) => run.rssMiB),
      0.5,
    ),
  }))
}

console.table([await inProcess(1), await inProcess(3), ...(await asProgram())])
