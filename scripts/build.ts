/**
 * Builds what users get:
 *
 *     dist/index.js    the embed API, ES module         } these two share lazily loaded chunks (dist/chunks/)
 *     dist/cli.js      the `odradek` command            }
 *     dist/index.cjs   the embed API for require(), one file
 *     dist/types/      declarations: .d.ts for import, .d.cts for require
 *
 * Everything is bundled except what package.json names in `dependencies` and `optionalDependencies`; what is bundled
 * belongs in `devDependencies`, and its licences are collected in dist/THIRD-PARTY-LICENSES.txt.
 *
 *     tsx scripts/build.ts [--out DIR] [--no-types] [--stamp FINGERPRINT] [--report]
 */
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type BuildOptions, build, type Metafile } from 'esbuild'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))

interface PackageJson {
  readonly version: string
  readonly dependencies?: Record<string, string>
  readonly optionalDependencies?: Record<string, string>
}

const { values: options } = parseArgs({
  options: {
    out: { type: 'string', default: join(ROOT, 'dist') },
    types: { type: 'boolean', default: true },
    stamp: { type: 'string' },
    report: { type: 'boolean', default: false },
  },
  allowNegative: true,
})

const packageJson: PackageJson = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

const shared = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  external: Object.keys({ ...packageJson.dependencies, ...packageJson.optionalDependencies }),
  define: { ODRADEK_VERSION: JSON.stringify(packageJson.version) },
  sourcemap: true,
  // The map points at the sources; a copy of them in every map would double the package.
  sourcesContent: false,
  // Whitespace and syntax only: stack traces of users keep the names of functions.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
} as const satisfies BuildOptions

async function bundle(out: string): Promise<Metafile[]> {
  const [modules, commonJs] = await Promise.all([
    build({
      ...shared,
      entryPoints: { index: 'src/index.ts', cli: 'src/cli/bin.ts' },
      outdir: out,
      format: 'esm',
      splitting: true,
      chunkNames: 'chunks/[name]-[hash]',
      // CommonJS packages that are bundled into an ES module still call require() for what Node has built in.
      banner: {
        js: "import{createRequire as odradekRequire}from'node:module';const require=odradekRequire(import.meta.url);",
      },
    }),
    build({
      ...shared,
      entryPoints: { index: 'src/index.ts' },
      outfile: join(out, 'index.cjs'),
      format: 'cjs',
      // CommonJS has no import.meta: its url is made from the file's name.
      define: { ...shared.define, 'import.meta.url': 'odradekUrl' },
      banner: { js: "const odradekUrl=require('node:url').pathToFileURL(__filename).href;" },
    }),
  ])
  return [modules.metafile, commonJs.metafile]
}

/** Writes the licence of every package whose code went into a bundle. */
function writeLicences(out: string, metafiles: readonly Metafile[]): void {
  const packages = new Set<string>()
  for (const metafile of metafiles)
    for (const input of Object.keys(metafile.inputs)) {
      const name = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(input)?.[1]
      if (name !== undefined) packages.add(name)
    }
  const texts = [...packages].sort().map((name) => {
    const directory = join(ROOT, 'node_modules', name)
    const file = readdirSync(directory).find((entry) => /^licen[cs]e/i.test(entry))
    if (file === undefined) throw new Error(`${name} is bundled but has no licence file`)
    const { version } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as PackageJson
    return `${name} ${version}\n\n${readFileSync(join(directory, file), 'utf8').trim()}\n`
  })
  writeFileSync(join(out, 'THIRD-PARTY-LICENSES.txt'), texts.join(`\n${'-'.repeat(80)}\n\n`))
}

/**
 * Declarations of what src/index.ts exports and what these need, a file for each source file. TypeScript leaves the `.ts` of
 * relative imports as they are; here they become `.js` (and, in a second copy for require(), `.cjs`).
 */
function writeTypes(out: string): void {
  const directory = join(out, 'types')
  const result = spawnSync(
    process.execPath,
    [
      join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'),
      ...['--ignoreConfig', 'src/index.ts', '--declaration', '--emitDeclarationOnly', '--outDir', directory],
      ...['--rootDir', 'src', '--target', 'ES2023', '--lib', 'ES2023,ESNext.Disposable', '--types', 'node'],
      ...['--module', 'NodeNext', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck'],
      ...['--allowImportingTsExtensions', '--stripInternal'],
    ],
    { cwd: ROOT, stdio: ['ignore', process.stderr, process.stderr] },
  )
  if (result.status !== 0) throw new Error('the declarations could not be made')
  const reached = reachableTypes(join(directory, 'index.d.ts'))
  for (const file of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const path = join(directory, file)
    if (!path.endsWith('.d.ts')) continue
    const text = readFileSync(path, 'utf8')
    rmSync(path)
    if (!reached.has(path)) continue
    const importing = (extension: string) => text.replace(RELATIVE_IMPORT, `$1$2${extension}$3`)
    writeFileSync(path, importing('.js'))
    writeFileSync(path.replace(/\.d\.ts$/, '.d.cts'), importing('.cjs'))
  }
  removeEmptyDirectories(directory)
}

const RELATIVE_IMPORT = /((?:from|import)\s*\(?\s*['"])(\.{1,2}\/[^'"]*)\.ts(['"])/g

/** The declaration files that `path` imports, directly or not, and itself: the rest is nobody's business. */
function reachableTypes(path: string, reached = new Set<string>()): Set<string> {
  if (reached.has(path)) return reached
  reached.add(path)
  for (const [, , target] of readFileSync(path, 'utf8').matchAll(RELATIVE_IMPORT))
    reachableTypes(join(dirname(path), `${target}.d.ts`), reached)
  return reached
}

function removeEmptyDirectories(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true }))
    if (entry.isDirectory()) removeEmptyDirectories(join(directory, entry.name))
  if (readdirSync(directory).length === 0) rmdirSync(directory)
}

/** Prints the size of what each entry loads at once, without what it loads later. */
function report(metafile: Metafile): void {
  for (const [path, output] of Object.entries(metafile.outputs)) {
    if (path.endsWith('.map')) continue
    const packages = new Map<string, number>()
    for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
      const area =
        /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? input.split('/').slice(0, 2).join('/')
      packages.set(area, (packages.get(area) ?? 0) + bytesInOutput)
    }
    const parts = [...packages].sort((a, b) => b[1] - a[1]).map(([area, size]) => `${area} ${size}`)
    process.stdout.write(`${relative(ROOT, path)} ${output.bytes}: ${parts.join(', ')}\n`)
  }
}

/** Puts the finished directory in the place of the old one, so that a failed build leaves what was there. */
function moveIntoPlace(from: string, to: string): void {
  const old = `${to}.old-${process.pid}`
  if (existsSync(to)) renameSync(to, old)
  renameSync(from, to)
  rmSync(old, { recursive: true, force: true })
}

const out = resolve(options.out)
const work = `${out}.new-${process.pid}`
try {
  mkdirSync(work, { recursive: true })
  const metafiles = await bundle(work)
  writeLicences(work, metafiles)
  if (options.types) writeTypes(work)
  if (options.stamp !== undefined) writeFileSync(join(work, '.built-from'), `${options.stamp}\n`)
  if (options.report) for (const metafile of metafiles) report(metafile)
  moveIntoPlace(work, out)
} finally {
  rmSync(work, { recursive: true, force: true })
}
