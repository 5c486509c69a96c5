import type { Logger } from '../runtime/logger.ts'
import { say, type Terminal } from './terminal.ts'

/** Prints what brokers say on stderr, one line an event. `verbose`: also what is not a warning. */
export const messageLogger = (terminal: Terminal, verbose: boolean): Logger => {
  const print =
    (level: string): Logger['info'] =>
    (message, fields = {}) => {
      const details = Object.entries(fields).map(([name, value]) => ` ${name}=${textOf(value)}`)
      say(terminal, `${level} ${message}${details.join('')}`)
    }
  const quiet: Logger['info'] = () => {}
  return {
    debug: verbose ? print('debug') : quiet,
    info: verbose ? print('info') : quiet,
    warn: print('warning:'),
    error: print('error:'),
  }
}

const textOf = (value: unknown): string => {
  if (value instanceof Error) return value.stack ?? value.message
  if (typeof value === 'string' || typeof value === 'bigint') return String(value)
  return JSON.stringify(value) ?? String(value)
}
