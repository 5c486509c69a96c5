import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ROOT } from '../cli/processes.ts'

interface Prepare {
  staleDependency(root: string): string | null
  sourceFingerprint(root: string): string
  prepare(root: string, say: (line: string) => void): void
}

const { staleDependency, sourceFingerprint, prepare } = (await import(
  pathToFileURL(join(ROOT, 'scripts', 'prepare.mjs')).href
)) as Prepare

let root: string
const write = (path: string, content: unknown): void => {
  mkdirSync(join(root, path, '..'), { recursive: true })
  writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content))
}
const lock = (a: string, extra = {}) => ({
  packages: {
    '': { name: 'x' },
    'node_modules/a': { version: a },
    'node_modules/native-other': { version: '1.0.0', optional: true, os: ['plan9'] },
    ...extra,
  },
})

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'odradek-prepare-'))
  write('package.json', { engines: { node: '>=20.19' } })
  write('package-lock.json', lock('1.0.0'))
  write('src/index.ts', 'export const one = 1')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

/** As npm leaves it: no optional package of another platform. */
const install = (version: string, extra = {}): void => {
  write('node_modules/.package-lock.json', { packages: { 'node_modules/a': { version }, ...extra } })
  write('node_modules/a/package.json', { version })
}

describe('preparing a clone', () => {
  it('installs when there are no dependencies, and not when they are what the lock file asks for', () => {
    expect(staleDependency(root)).toBe('there are none yet')
    install('1.0.0')
    expect(staleDependency(root)).toBeNull()
  })

  it('installs when a version differs, or a package has been removed by hand', () => {
    install('0.9.0')
    expect(staleDependency(root)).toBe('package-lock.json asks for a 1.0.0')
    install('1.0.0')
    rmSync(join(root, 'node_modules', 'a'), { recursive: true })
    expect(staleDependency(root)).toBe('node_modules/a is missing')
  })

  it('installs when node_modules came from another system', () => {
    install('1.0.0', { 'node_modules/native-other': { version: '1.0.0', os: ['plan9'] } })
    expect(staleDependency(root)).toBe('node_modules was installed for plan9')
  })

  it('builds when a source changed, appeared or went, whatever its date', () => {
    const seen = new Set([sourceFingerprint(root)])
    write('src/index.ts', 'export const one = 2')
    seen.add(sourceFingerprint(root))
    write('src/more/two.ts', '')
    seen.add(sourceFingerprint(root))
    expect(seen.size).toBe(3)
    rmSync(join(root, 'src/more'), { recursive: true })
    write('src/index.ts', 'export const one = 1')
    expect(seen.has(sourceFingerprint(root))).toBe(true)
  })

  it('says nothing and does nothing when all is ready', () => {
    install('1.0.0')
    write('dist/.built-from', `${sourceFingerprint(root)}\n`)
    const said: string[] = []
    prepare(root, (line) => said.push(line))
    expect(said).toEqual([])
  })

  it('refuses a Node that is too old, and says which it needs', () => {
    write('package.json', { engines: { node: '>=99.1' } })
    expect(() => prepare(root, () => {})).toThrow(/This is Node .*; odradek needs >=99\.1/)
  })

  it('says which file it cannot read', () => {
    install('1.0.0')
    write('package-lock.json', '{ half')
    expect(() => staleDependency(root)).toThrow(/package-lock\.json cannot be read/)
  })

  it('needs nothing but Node: it imports only what Node has', () => {
    for (const script of ['prepare.mjs', 'start.mjs']) {
      const imports = [...readFileSync(join(ROOT, 'scripts', script), 'utf8').matchAll(/from '([^']+)'/g)]
      for (const [, from] of imports) expect(from).toMatch(/^(node:|\.\/prepare\.mjs$)/)
    }
  })
})
