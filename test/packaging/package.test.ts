import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Child, ROOT } from '../cli/processes.ts'

const directory = mkdtempSync(join(tmpdir(), 'odradek-package-'))
const consumer = join(directory, 'consumer')
const installed = join(consumer, 'node_modules', 'odradek')
const packageJson = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

/** Builds and packs aside, then unpacks into a project that has nothing but what the package depends on. */
beforeAll(() => {
  const stage = join(directory, 'stage')
  mkdirSync(stage)
  const build = ['--import', 'tsx', 'scripts/build.ts', '--out', join(stage, 'dist')]
  execFileSync(process.execPath, build, { cwd: ROOT, stdio: 'pipe' })
  for (const file of ['package.json', 'README.md', 'LICENSE']) cpSync(join(ROOT, file), join(stage, file))
  const shell = process.platform === 'win32'
  execFileSync('npm', ['pack', '--ignore-scripts', '--offline'], { cwd: stage, stdio: 'pipe', shell })
  const unpacked = join(directory, 'unpacked')
  mkdirSync(unpacked)
  const tarball = join(stage, `odradek-${packageJson.version}.tgz`)
  execFileSync('tar', ['-xzf', tarball, '-C', unpacked])
  mkdirSync(dirname(installed), { recursive: true })
  cpSync(join(unpacked, 'package'), installed, { recursive: true })
  for (const name of [
    ...Object.keys({ ...packageJson.dependencies, ...packageJson.optionalDependencies }),
    '@types/node',
    'undici-types',
  ])
    link(name)
  writeFileSync(join(consumer, 'package.json'), '{ "name": "consumer", "private": true }')
}, 120_000)
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const link = (name: string): void => {
  const from = join(ROOT, 'node_modules', name)
  if (!existsSync(from)) return
  const to = join(consumer, 'node_modules', name)
  mkdirSync(dirname(to), { recursive: true })
  symlinkSync(from, to, 'junction')
}

/** Runs a file of the consumer; gives what it printed. */
const runFile = (name: string, content: string): string => {
  writeFileSync(join(consumer, name), content)
  const { status, stdout, stderr } = spawnSync(process.execPath, [name], { cwd: consumer, encoding: 'utf8' })
  if (status !== 0) throw new Error(`exit code ${status}: ${stdout}${stderr}`)
  return stdout.trim()
}

const USE = `
  const cluster = await startCluster({ topics: ['t:2'] })
  console.log(cluster.bootstrap.startsWith('127.0.0.1:'), cluster.brokers.length)
  await cluster.stop()
`

describe('the package', () => {
  it('is imported as an ES module', () => {
    expect(runFile('esm.mjs', `import { startCluster } from 'odradek'\n${USE}`)).toBe('true 1')
  })

  it('is required as CommonJS', () => {
    const content = `const { startCluster } = require('odradek')\n;(async () => {${USE}})()`
    expect(runFile('cjs.cjs', content)).toBe('true 1')
  })

  it('has no side effects when it is imported', () => {
    const content = `
      const turn = () => new Promise((resolve) => setImmediate(resolve))
      await turn()
      const [handles, globals] = [process.getActiveResourcesInfo().sort(), Object.keys(globalThis)]
      await import('odradek')
      await turn()
      console.log(String(process.getActiveResourcesInfo().sort()) === String(handles))
      console.log(String(Object.keys(globalThis)) === String(globals))
    `
    expect(runFile('import.mjs', content)).toBe('true\ntrue')
  })

  it('has a command that starts with a line for the shell and may be executed', () => {
    const file = join(installed, packageJson.bin.odradek)
    expect(readFileSync(file, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o111).toBe(0o111)
    const { stdout } = spawnSync(process.execPath, [file, '--version'], { cwd: consumer, encoding: 'utf8' })
    expect(stdout).toBe(`${packageJson.version}\n`)
  })

  it('runs a broker through its command', async () => {
    const file = join(installed, packageJson.bin.odradek)
    const up = new Child(process.execPath, [file, 'up', '--port', '0'], { cwd: consumer })
    expect(await up.firstLine()).toMatch(/^BROKERS=/)
    up.process.kill('SIGTERM')
    await up.exit
  })

  it('has the licences of what is bundled, and no sources or tests', () => {
    expect(readFileSync(join(installed, 'dist', 'THIRD-PARTY-LICENSES.txt'), 'utf8')).toMatch(
      /^commander \d/m,
    )
    expect(existsSync(join(installed, 'LICENSE'))).toBe(true)
    expect(existsSync(join(installed, 'src'))).toBe(false)
    expect(existsSync(join(installed, 'test'))).toBe(false)
  })

  it.each([
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])(
    'has types for ES modules and CommonJS with module %s, moduleResolution %s',
    (module, moduleResolution) => {
      const body = (load: string) => `${load}
      const options: ClusterOptions = { brokers: 2, topics: ['a:1', { name: 'b', partitions: 2 }] }
      export async function use(): Promise<string> {
        await using cluster: Cluster = await startCluster(options)
        const first: number | undefined = cluster.brokers[0]?.port
        // @ts-expect-error: there is no such option
        await startCluster({ brokerz: 1 })
        return cluster.bootstrap + first
      }
    `
      const load = "import { startCluster, type Cluster, type ClusterOptions } from 'odradek'"
      writeFileSync(join(consumer, 'types.mts'), body(load))
      writeFileSync(join(consumer, 'types.cts'), body(load))
      const files = moduleResolution === 'bundler' ? ['types.mts'] : ['types.mts', 'types.cts']
      const { status, stdout } = spawnSync(
        process.execPath,
        [
          join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'),
          ...[
            '--noEmit',
            '--strict',
            '--target',
            'es2022',
            '--lib',
            'es2023,esnext.disposable',
            '--types',
            'node',
          ],
          ...[
            '--exactOptionalPropertyTypes',
            '--module',
            module,
            '--moduleResolution',
            moduleResolution,
            ...files,
          ],
        ],
        { cwd: consumer, encoding: 'utf8' },
      )
      expect(stdout).toBe('')
      expect(status).toBe(0)
    },
  )
})
