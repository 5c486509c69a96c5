/**
 * Makes a clone ready to run: installs the dependencies and builds `dist/`, each only when it is not already done.
 * The first thing that runs on a fresh clone, so it needs nothing but Node: no dependency, no TypeScript.
 *
 *     node scripts/prepare.mjs            says what it does, on stderr; nothing when there is nothing to do
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))

/** What the build depends on: everything in these, by content. */
const SOURCES = ['src', 'scripts/build.ts', 'package.json', 'package-lock.json']

/** What went wrong, in words that say what to do. Nobody needs a stack trace of it. */
export class PrepareError extends Error {}

/** Installs and builds what is missing or stale in `root`. `say` gets one line for each step that really runs. */
export function prepare(root = ROOT, say = (line) => process.stderr.write(`${line}\n`)) {
  checkNode(root)
  const stale = staleDependency(root)
  if (stale !== null) {
    say(`Installing dependencies (${stale}) ...`)
    install(root)
    const still = staleDependency(root)
    if (still !== null)
      throw new PrepareError(`npm install ended well, but ${still}. Remove node_modules and try again.`)
  }
  const fingerprint = sourceFingerprint(root)
  if (builtFrom(root) !== fingerprint) {
    say('Building dist/ ...')
    build(root, fingerprint)
  }
}

/** Refuses a Node that is older than package.json's `engines.node` (`>=major.minor`). */
function checkNode(root) {
  const wanted = readJson(join(root, 'package.json')).engines.node
  const [major, minor] = wanted.replace('>=', '').split('.').map(Number)
  const [haveMajor, haveMinor] = process.versions.node.split('.').map(Number)
  if (haveMajor > major || (haveMajor === major && haveMinor >= minor)) return
  throw new PrepareError(
    `This is Node ${process.versions.node}; odradek needs ${wanted}. Install a newer one from https://nodejs.org and try again.`,
  )
}

/**
 * Why the dependencies have to be installed, or null when node_modules is what package-lock.json asks for.
 * npm leaves its own lock file in node_modules at the end of an install; the two are compared package by package.
 * Optional packages may be missing: npm leaves out those of other platforms.
 */
export function staleDependency(root) {
  const installedLock = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(installedLock)) return 'there are none yet'
  const wanted = readJson(join(root, 'package-lock.json')).packages
  const installed = readJson(installedLock).packages
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue
    const found = installed[path]
    if (found === undefined && entry.optional) continue
    if (found?.version !== entry.version)
      return `package-lock.json asks for ${basename(path)} ${entry.version}`
    if (!entry.optional && !existsSync(join(root, path))) return `${path} is missing`
  }
  const native = Object.values(installed).filter((entry) => entry.os !== undefined)
  if (native.length > 0 && !native.some((entry) => entry.os.includes(process.platform)))
    return `node_modules was installed for ${native[0].os.join(', ')}`
  return null
}

function install(root) {
  // `npm ci` refuses a lock file that leaves out an optional package of another platform, which is what npm writes when a
  // registry does not have that package; `install` takes the same versions from the lock file, and --no-save leaves it alone.
  // Development dependencies are asked for by name: NODE_ENV=production or an npm setting would leave them out.
  const args = ['install', '--no-save', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']
  const npm = npmCommand()
  const result = spawnSync(npm.file, [...npm.args, ...args], {
    cwd: root,
    stdio: ['ignore', process.stderr.fd, process.stderr.fd],
    shell: npm.shell,
  })
  if (result.error !== undefined)
    throw new PrepareError(
      `npm could not be started (${result.error.message}). It comes with Node: check that it is in PATH.`,
    )
  if (result.status !== 0)
    throw new PrepareError(
      `npm install failed (exit code ${result.status}); its own message is above. ` +
        'Check the network and the free disk space, then try again.',
    )
}

/** How npm is run: by the very npm that runs us when there is one, else by the one beside this Node, else through PATH. */
function npmCommand() {
  const running = process.env.npm_execpath
  const beside = [
    join(dirname(realpathSync(process.execPath)), 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(dirname(realpathSync(process.execPath)), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
  ]
  const script = [running, ...beside].find(
    (path) => path !== undefined && basename(path) === 'npm-cli.js' && existsSync(path),
  )
  if (script !== undefined) return { file: process.execPath, args: [script], shell: false }
  // npm is a .cmd file on Windows, which only a shell runs; the arguments are constants of this file.
  return { file: 'npm', args: [], shell: process.platform === 'win32' }
}

/** A hash of all that the build reads. */
export function sourceFingerprint(root) {
  const hash = createHash('sha256')
  const add = (path) =>
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0')
  for (const source of SOURCES) {
    if (!existsSync(join(root, source))) continue
    if (source.includes('.')) add(source)
    else for (const path of filesUnder(root, source)) add(path)
  }
  return hash.digest('hex')
}

function filesUnder(root, directory) {
  return readdirSync(join(root, directory), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${directory}/${entry.name}`
      return entry.isDirectory() ? filesUnder(root, path) : [path]
    })
}

/** The fingerprint that `dist/` was built from; null when there is none. */
function builtFrom(root) {
  const stamp = join(root, 'dist', '.built-from')
  return existsSync(stamp) ? readFileSync(stamp, 'utf8').trim() : null
}

function build(root, fingerprint) {
  const result = spawnSync(
    process.execPath,
    ['--import', 'tsx', 'scripts/build.ts', '--no-types', '--stamp', fingerprint],
    { cwd: root, stdio: ['ignore', process.stderr.fd, process.stderr.fd] },
  )
  if (result.status !== 0) throw new PrepareError('The build failed; its own message is above.')
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new PrepareError(`${path} cannot be read: ${cause.message}`, { cause })
  }
}

/** Runs `main`; a PrepareError becomes its message and exit code 1. */
export function orExit(main) {
  try {
    return main()
  } catch (error) {
    if (!(error instanceof PrepareError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  orExit(() => prepare())
