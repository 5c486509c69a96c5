import { createHash, randomBytes } from 'node:crypto'

/** Chance, as one injected object. `fork` gives a use its own stream, so that a new caller does not shift the others. */
export interface Random {
  /** A whole number from 0 up to, not including, `below` (1 to 2^53). */
  int(below: number): number
  /** `length` bytes. */
  bytes(length: number): Buffer
  /** A random (version 4) UUID as Kafka prints it: 22 characters of base64url, never starting with '-'. */
  uuid(): string
  fork(name: string): Random
}

abstract class RandomOverBytes implements Random {
  abstract bytes(length: number): Buffer
  abstract fork(name: string): Random

  int(below: number): number {
    const draw = this.bytes(8)
    const high = draw.readUInt32BE(0) & 0x1fffff
    return (high * 2 ** 32 + draw.readUInt32BE(4)) % below
  }

  uuid(): string {
    for (;;) {
      const raw = this.bytes(16)
      raw[6] = ((raw[6] as number) & 0x0f) | 0x40
      raw[8] = ((raw[8] as number) & 0x3f) | 0x80
      const text = raw.toString('base64url')
      if (!text.startsWith('-')) return text
    }
  }
}

/** The machine's cryptographic source. */
export class SystemRandom extends RandomOverBytes {
  bytes(length: number): Buffer {
    return randomBytes(length)
  }

  fork(): Random {
    return this
  }
}

/** A repeatable source: SHA-256 of seed and counter. Same seed and calls, same results, on every machine. */
export class SeededRandom extends RandomOverBytes {
  readonly #seed: string
  #counter = 0
  #pool = Buffer.alloc(0)

  constructor(seed: number | string) {
    super()
    this.#seed = String(seed)
  }

  bytes(length: number): Buffer {
    while (this.#pool.length < length) {
      const block = createHash('sha256')
        .update(`${this.#seed}/${this.#counter++}`)
        .digest()
      this.#pool = Buffer.concat([this.#pool, block])
    }
    const out = Buffer.from(this.#pool.subarray(0, length))
    this.#pool = this.#pool.subarray(length)
    return out
  }

  fork(name: string): Random {
    return new SeededRandom(`${this.#seed}/${name}`)
  }
}
