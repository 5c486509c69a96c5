/**
 * `npm start`: prepares the clone when that is needed, then runs the main job, a broker on 127.0.0.1:9092.
 * Arguments go on to it: `npm start -- --brokers 2`.
 *
 * The command line runs in this very process, so that Ctrl-C reaches it once and its exit code is ours.
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { orExit, prepare, ROOT } from './prepare.mjs'

orExit(() => prepare())

// npm runs scripts in a shell, and a signal that is sent to npm ends these two but does not reach us (Ctrl-C does).
if (process.env.npm_lifecycle_event !== undefined) {
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM')
  }, 500)
  watch.unref()
}

const cli = join(ROOT, 'dist', 'cli.js')
process.argv = [process.argv[0], cli, 'up', ...process.argv.slice(2)]
await import(pathToFileURL(cli).href)
