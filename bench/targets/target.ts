/** A server under measurement, in a process of its own. */
export interface Running {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly pid: number
  stop(): Promise<void>
}

export interface TargetKind {
  readonly name: string
  /** Why it cannot run here, or null. */
  missing(): Promise<string | null>
  /** `canned`: response frames by API key, which only the bare server needs. */
  start(canned: ReadonlyMap<number, Buffer>): Promise<Running>
}
