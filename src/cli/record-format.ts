import type { ConsumedRecord } from '../client/consumer.ts'
import { usageError } from './cli-error.ts'
import type { Plain } from './output.ts'

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '0': '\0', '\\': '\\' }

/** Reads `\n`, `\t`, `\r`, `\0`, `\\` and `\xHH`, which a shell passes on as they are typed. */
export const unescapeText = (text: string): string =>
  text.replace(
    /\\(?:x([0-9A-Fa-f]{2})|(.))/g,
    (whole, hex: string | undefined, letter: string | undefined) =>
      hex !== undefined
        ? String.fromCharCode(Number.parseInt(hex, 16))
        : (ESCAPES[letter as string] ?? whole),
  )

type Part = Buffer | ((record: ConsumedRecord) => Buffer)

const NULL = Buffer.from('NULL')
const text = (value: string | number): Buffer => Buffer.from(String(value))

/** The letters of kcat's -f, and %v as another name of %s. */
const LETTERS: Readonly<Record<string, (record: ConsumedRecord) => Buffer>> = {
  t: ({ topic }) => text(topic),
  p: ({ partition }) => text(partition),
  o: ({ offset }) => text(offset),
  k: ({ key }) => key ?? NULL,
  s: ({ value }) => value ?? NULL,
  v: ({ value }) => value ?? NULL,
  K: ({ key }) => text(key?.length ?? -1),
  S: ({ value }) => text(value?.length ?? -1),
  T: ({ timestampMs }) => text(timestampMs),
  h: ({ headers }) =>
    Buffer.concat(
      headers.flatMap(({ key, value }, index) => [text(`${index === 0 ? '' : ','}${key}=`), value ?? NULL]),
    ),
  '%': () => text('%'),
}

/** Compiles a format string: `'%t %p %o %k %s\n'`. Throws a usage error for a letter that means nothing. */
export const compileFormat = (format: string): ((record: ConsumedRecord) => Buffer) => {
  const parts: Part[] = []
  const unescaped = unescapeText(format)
  let from = 0
  for (let at = unescaped.indexOf('%'); at >= 0; at = unescaped.indexOf('%', from)) {
    const letter = unescaped[at + 1] ?? ''
    const render = Object.hasOwn(LETTERS, letter) ? LETTERS[letter] : undefined
    if (render === undefined)
      throw usageError(`--format: %${letter} means nothing`, `It knows %${Object.keys(LETTERS).join(' %')}`)
    parts.push(Buffer.from(unescaped.slice(from, at)), render)
    from = at + 2
  }
  parts.push(Buffer.from(unescaped.slice(from)))
  return (record) => Buffer.concat(parts.map((part) => (Buffer.isBuffer(part) ? part : part(record))))
}

/** A record as JSON: bytes that are UTF-8 as text, others under a name that ends in `Base64`. */
export const plainRecord = (record: ConsumedRecord): Plain => ({
  topic: record.topic,
  partition: record.partition,
  offset: record.offset,
  timestamp: record.timestampMs,
  timestampType: record.timestampType,
  ...plainBytes('key', record.key),
  ...plainBytes('value', record.value),
  headers: record.headers.map(({ key, value }) => ({ key, ...plainBytes('value', value) })),
})

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const plainBytes = (name: string, bytes: Buffer | null): Record<string, string | null> => {
  if (bytes === null) return { [name]: null }
  try {
    return { [name]: strictUtf8.decode(bytes) }
  } catch {
    return { [`${name}Base64`]: bytes.toString('base64') }
  }
}
