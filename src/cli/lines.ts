import { CliError } from './cli-error.ts'

/** Longest line that is taken: a broker's message.max.bytes is 1 MiB unless it was raised. */
const LINE_BYTES_MAX = 256 * 1024 * 1024
const LF = 10
const CR = 13

/**
 * Cuts a stream into lines, without their ends (LF or CR LF), as bytes: what is not UTF-8 stays what it is. A last line
 * without an end counts.
 */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = []
  let bytes = 0
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      yield trimmed(Buffer.concat([...parts, chunk.subarray(start, end)]))
      parts = []
      bytes = 0
      start = end + 1
    }
    if (start === chunk.length) continue
    bytes += chunk.length - start
    if (bytes > LINE_BYTES_MAX) throw new CliError(`a line of more than ${LINE_BYTES_MAX} bytes`)
    parts.push(Buffer.from(chunk.subarray(start)))
  }
  if (parts.length > 0) yield trimmed(Buffer.concat(parts))
}

const trimmed = (line: Buffer): Buffer => (line.at(-1) === CR ? line.subarray(0, -1) : line)
