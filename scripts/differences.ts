/**
 * Writes docs/differences.md: what the doc comments of src/ say after `Differs from Kafka:`, and the
 * differences that replaying a real broker's exchanges allows. `npx tsx scripts/differences.ts`; a test
 * checks that the file is current.
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DIFFERENCES } from '../test/conformance/transcripts/differences.ts'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
export const DIFFERENCES_FILE = join(ROOT, 'docs', 'differences.md')

interface Note {
  /** Of the source, from the root of the project, with `/`. */
  readonly path: string
  readonly text: string
}

const COMMENT = /\/\*\*[\s\S]*?\*\//g
const MARK = 'Differs from Kafka:'
const NOTHING = 'nothing known.'

/** The notes of one source: a note ends with its paragraph. */
function notesOf(path: string): Note[] {
  const notes: Note[] = []
  for (const [comment] of readFileSync(join(ROOT, path), 'utf8').matchAll(COMMENT)) {
    const lines = comment
      .replace(/^\/\*\*|\*\/$/g, '')
      .split('\n')
      .map((line) => line.replace(/^\s*\* ?/, '').trim())
    const from = lines.findIndex((line) => line.includes(MARK))
    if (from === -1) continue
    const rest = lines.slice(from)
    const end = rest.indexOf('')
    const paragraph = rest.slice(0, end === -1 ? rest.length : end).join(' ')
    const text = paragraph.slice(paragraph.indexOf(MARK) + MARK.length).trim()
    notes.push({ path, text })
  }
  return notes
}

const sources = (directory: string): string[] =>
  readdirSync(join(ROOT, directory), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(ROOT.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort()

/** `19-create-topics.ts` → `CreateTopics`. */
const apiName = (path: string): string =>
  (path.split('/').at(-1) ?? '')
    .replace(/^\d+-|\.ts$/g, '')
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** The whole file. */
export function differencesPage(): string {
  const notes = sources('src').flatMap(notesOf)
  const isHandler = ({ path }: Note): boolean => path.startsWith('src/broker/handlers/')
  const handlers = notes.filter(isHandler)
  const differing = handlers.filter(({ text }) => text !== NOTHING)
  const alike = handlers.filter(({ text }) => text === NOTHING)
  const modules = notes.filter((note) => !isHandler(note) && note.text !== NOTHING)
  return [
    '# Where Odradek differs from Apache Kafka',
    'Made by `npx tsx scripts/differences.ts` from the doc comments in `src/` and from ' +
      '`test/conformance/transcripts/differences.ts`. Compared with Kafka 4.4 in KRaft mode, unless another version is named.',
    '## APIs',
    bullets(differing.map(({ path, text }) => `**${apiName(path)}**: ${sentence(text)}`)),
    `No difference is known in ${alike.map(({ path }) => apiName(path)).join(', ')}.`,
    modules.length === 0 ? '' : '## Behind the APIs',
    bullets(modules.map(({ path, text }) => `\`${path}\`: ${sentence(text)}`)),
    '## Recorded exchanges that are answered otherwise',
    'Exchanges with a 4.4.0 broker are replayed as a test. Fields that differ on purpose:',
    bullets(
      DIFFERENCES.map(({ cases, paths, reason }) => `\`${cases}\` (${pathsOf(paths)}): ${sentence(reason)}`),
    ),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n')
}

/** Some paths, and how many more there are. */
const pathsOf = (paths: readonly string[]): string => {
  const shown = paths.slice(0, 5).map((path) => `\`${path}\``)
  return [...shown, ...(paths.length > 5 ? [`${paths.length - 5} more`] : [])].join(', ')
}

const bullets = (items: readonly string[]): string => items.map((item) => `- ${item}`).join('\n')

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(DIFFERENCES_FILE, differencesPage())
