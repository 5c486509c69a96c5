import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'

/** Style as a test: what no linter checks. Rules and their reasons are in CONTRIBUTING.md. */

const ROOT = join(import.meta.dirname, '..')
const LINE_LENGTH_MAX = 132
const FILE_LINES_MAX = 400

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '' && existsSync(join(ROOT, path)))
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const sources = files.filter((path) => /\.(ts|mts|mjs|cjs)$/.test(path))
const product = sources.filter((path) => path.startsWith('src/'))

/** Where `pattern` stands, as `file:line`. */
function places(paths: readonly string[], pattern: RegExp): string[] {
  return paths.flatMap((path) =>
    read(path)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}`] : [])),
  )
}

describe('the tree', () => {
  it(`has no source line over ${LINE_LENGTH_MAX} characters`, () => {
    expect(places(sources, new RegExp(`^.{${LINE_LENGTH_MAX + 1},}$`))).toEqual([])
  })

  it(`has no product file over ${FILE_LINES_MAX} lines`, () => {
    const long = product.filter((path) => read(path).split('\n').length > FILE_LINES_MAX + 1)
    expect(long).toEqual([])
  })

  it('leaves nothing marked for later, and no test focused or skipped', () => {
    const others = sources.filter((path) => path !== 'test/tidy.test.ts')
    expect(places(others, /\b(TODO|FIXME|XXX|HACK)\b/)).toEqual([])
    expect(places(others, /\b(it|test|describe)\.(only|skip|todo|skipIf)\b/)).toEqual([])
  })

  it('takes chance and time from the environment that is passed in', () => {
    const outside = product.filter((path) => !path.startsWith('src/runtime/'))
    expect(places(outside, /Math\.random|new Date\(\)|performance\.now/)).toEqual([])
  })

  it('names no registry host in the lock file', () => {
    expect(read('package-lock.json')).not.toContain('"resolved"')
  })

  it('has no dead link in its documents', () => {
    const dead = files
      .filter((path) => path.endsWith('.md'))
      .flatMap((path) =>
        [...read(path).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
          .map((match) => match[1] as string)
          .filter((target) => !existsSync(join(ROOT, dirname(path), target)))
          .map((target) => `${path} -> ${target}`),
      )
    expect(dead).toEqual([])
  })
})

describe('the handlers', () => {
  const directory = join(ROOT, 'src/broker/handlers')
  const names = readdirSync(directory).filter((name) => /^\d\d-/.test(name))

  it.each(names)('%s says how it differs from Kafka and has a message of the same name', (name) => {
    expect(read(`src/broker/handlers/${name}`)).toMatch(/Differs from Kafka:/)
    expect(existsSync(join(ROOT, 'src/protocol/messages', name))).toBe(true)
  })
})
