/** What the broker says to the person who runs it: one line an event. Never holds record contents or secrets. */
export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

export type LogFields = Readonly<Record<string, unknown>>

/** Says nothing: the default of the embed API. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }
