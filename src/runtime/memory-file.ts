import { pinSlab } from './slab-pool.ts'

/** Pieces up to this size are copied into blocks of our own: a Buffer object weighs more than the bytes of an index entry. */
const SMALL_BYTES = 1024
const BLOCK_BYTES_MIN = 1024
const BLOCK_BYTES_MAX = 64 * 1024

interface Piece {
  readonly start: number
  data: Buffer
  /** Memory of our own that `data` is the beginning of and that may grow into; null when it must not be written to. */
  block: Buffer | null
}

/** How to take back a change made since the last sync. */
interface Undo {
  readonly position: number
  readonly old: Buffer
}

/**
 * The bytes of one file in memory: a list of pieces, each the very buffer that was appended. A buffer that is a small part
 * of a larger one (a record out of a socket's chunk) is copied, so that a file never keeps more than twice its size alive.
 */
export class MemoryFile {
  #pieces: Piece[] = []
  #size = 0
  #syncedSize = 0
  #undo: Undo[] = []
  #unlinked = false

  get size(): number {
    return this.#size
  }

  get unlinked(): boolean {
    return this.#unlinked
  }

  /** Bytes at the end that no sync has seen. */
  get unsyncedAppendedBytes(): number {
    return Math.max(this.#size - this.#syncedSize, 0)
  }

  append(chunk: Buffer): void {
    if (chunk.length === 0) return
    if (chunk.length <= SMALL_BYTES || chunk.length * 2 < chunk.buffer.byteLength) this.#appendCopy(chunk)
    else {
      pinSlab(chunk)
      this.#appendPiece(chunk, null)
    }
  }

  /** Overwrites, and grows the file when it reaches beyond the end; a hole reads as zeros. */
  write(position: number, data: Buffer): void {
    if (position > this.#size) this.append(Buffer.alloc(position - this.#size))
    const overlap = Math.min(data.length, this.#size - position)
    if (overlap > 0) this.#overwrite(position, data.subarray(0, overlap))
    if (overlap < data.length) this.append(Buffer.from(data.subarray(overlap)))
  }

  read(position: number, length: number): Buffer {
    const end = Math.min(position + length, this.#size)
    if (position >= end) return Buffer.alloc(0)
    let index = this.#find(position)
    const first = this.#pieces[index] as Piece
    const from = position - first.start
    if (end <= first.start + first.data.length) return first.data.subarray(from, from + end - position)
    const parts = [first.data.subarray(from)]
    for (let at = first.start + first.data.length; at < end; ) {
      const piece = this.#pieces[++index] as Piece
      parts.push(piece.data.subarray(0, Math.min(end - at, piece.data.length)))
      at += piece.data.length
    }
    return Buffer.concat(parts, end - position)
  }

  truncate(size: number): void {
    if (size > this.#size) {
      this.append(Buffer.alloc(size - this.#size))
      return
    }
    const syncedLost = this.#syncedSize - size
    if (syncedLost > 0) {
      this.#undo.push({ position: size, old: this.read(size, syncedLost) })
      this.#syncedSize = size
    }
    this.#cut(size)
  }

  /** From here on a crash keeps what is in the file now. */
  markSynced(): void {
    this.#syncedSize = this.#size
    this.#undo = []
  }

  /** Goes back to the last sync, but keeps `keepBytes` of what was appended since. */
  revert(keepBytes: number): void {
    this.#cut(Math.min(this.#syncedSize + keepBytes, this.#size))
    const steps = this.#undo.reverse()
    this.#undo = []
    for (const step of steps) {
      if (step.position + step.old.length > this.#size) this.#cut(Math.min(this.#size, step.position))
      this.write(step.position, step.old)
    }
    this.markSynced()
  }

  /** The name is gone; handles that are open keep working. */
  unlink(): void {
    this.#unlinked = true
  }

  #appendPiece(data: Buffer, block: Buffer | null): void {
    this.#pieces.push({ start: this.#size, data, block })
    this.#size += data.length
  }

  #appendCopy(chunk: Buffer): void {
    const last = this.#pieces.at(-1)
    if (last?.block && last.data.length + chunk.length <= last.block.length) {
      chunk.copy(last.block, last.data.length)
      last.data = last.block.subarray(0, last.data.length + chunk.length)
      this.#size += chunk.length
      return
    }
    const room = Math.min(Math.max(this.#size, BLOCK_BYTES_MIN), BLOCK_BYTES_MAX)
    const block = Buffer.allocUnsafeSlow(Math.max(chunk.length, room))
    chunk.copy(block)
    this.#appendPiece(block.subarray(0, chunk.length), block)
  }

  /** What was appended may be in use elsewhere, so the pieces touched are replaced, not written to. */
  #overwrite(position: number, data: Buffer): void {
    const end = position + data.length
    if (position < this.#syncedSize) {
      const old = Buffer.from(this.read(position, Math.min(end, this.#syncedSize) - position))
      this.#undo.push({ position, old })
    }
    for (let index = this.#find(position); index < this.#pieces.length; index++) {
      const piece = this.#pieces[index] as Piece
      if (piece.start >= end) break
      const copy = Buffer.from(piece.data)
      const from = Math.max(position, piece.start)
      data.copy(
        copy,
        from - piece.start,
        from - position,
        Math.min(end, piece.start + copy.length) - position,
      )
      piece.data = copy
      piece.block = null
    }
  }

  #cut(size: number): void {
    while (this.#pieces.length > 0) {
      const last = this.#pieces.at(-1) as Piece
      if (last.start + last.data.length <= size) break
      if (last.start >= size) {
        this.#pieces.pop()
        continue
      }
      last.data = last.data.subarray(0, size - last.start)
    }
    // Views of the bytes behind the cut may still be out: they must not see what is appended next.
    const last = this.#pieces.at(-1)
    if (last !== undefined) last.block = null
    this.#size = size
    this.#syncedSize = Math.min(this.#syncedSize, size)
  }

  /** Index of the piece that holds `position`. */
  #find(position: number): number {
    let low = 0
    let high = this.#pieces.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#pieces[middle] as Piece).start <= position) low = middle
      else high = middle - 1
    }
    return low
  }
}
