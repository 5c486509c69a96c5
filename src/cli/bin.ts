#!/usr/bin/env node
/** The `odradek` command: this process's streams and signals, given to `runCli`. */
import * as nodeModule from 'node:module'

// Node 22.8 and later keep compiled code between runs; it must be switched on before the rest is loaded.
const { enableCompileCache } = nodeModule as { enableCompileCache?: () => unknown }
enableCompileCache?.()

const [{ runCli }, { processTerminal }] = await Promise.all([
  import('./main.ts'),
  import('./process-terminal.ts'),
])

// Timers of the product never keep a process alive, so something has to while a command waits for one.
const alive = setInterval(() => {}, 2 ** 30)
process.exitCode = await runCli(process.argv.slice(2), processTerminal())
clearInterval(alive)
