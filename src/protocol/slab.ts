/** Memory that writers use up one after another, so that a small message costs no allocation of its own. */
export interface Slab {
  readonly buffer: Buffer
  readonly view: DataView
  /** Bytes from the start that messages have. */
  used: number
}

const SLAB_BYTES = 32 * 1024
/** A slab with less than this left is not worth handing on. */
const USEFUL_BYTES = 1024

/** What the last writer left. A writer owns its slab until it gives it back, so two at once never share one. */
let spare: Slab | undefined

/** A slab to write into from `used` on: the one that was given back, or a new one. */
export const takeSlab = (): Slab => {
  const slab = spare ?? newSlab(SLAB_BYTES)
  spare = undefined
  return slab
}

/** Hands a slab on; only one of the usual size, since what is left of it keeps all of it in memory. */
export const returnSlab = (slab: Slab): void => {
  if (slab.buffer.length === SLAB_BYTES && SLAB_BYTES - slab.used >= USEFUL_BYTES) spare = slab
}

/** A slab of its own for a message that has outgrown the usual size. */
export const newSlab = (size: number): Slab => {
  const bytes = Math.max(SLAB_BYTES, size)
  const buffer = Buffer.allocUnsafeSlow(bytes)
  return { buffer, view: new DataView(buffer.buffer, buffer.byteOffset, bytes), used: 0 }
}
