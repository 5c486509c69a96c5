import type { Output } from './terminal.ts'

export const FORMATS = ['table', 'json', 'jsonl', 'yaml'] as const
export type Format = (typeof FORMATS)[number]

/** What is printed: JSON's values, without numbers that JSON would round. */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [name: string]: Plain }

/**
 * Prints items: `json` one array, `jsonl` one item a line, `yaml` a list, `table` whatever `text` makes of them.
 */
export const printItems = async <T>(
  output: Output,
  format: Format,
  items: readonly T[],
  plain: (item: T) => Plain,
  text: (items: readonly T[]) => string,
): Promise<void> => {
  if (format === 'table') await output.write(text(items))
  else if (format === 'json') await output.write(`${JSON.stringify(items.map(plain), null, 2)}\n`)
  else if (format === 'yaml') await output.write(items.length === 0 ? '[]\n' : `${yaml(items.map(plain))}\n`)
  else for (const item of items) await output.write(`${JSON.stringify(plain(item))}\n`)
}

/** Lines of cells in columns that are as wide as their widest cell; the last column is left ragged. */
export const columns = (rows: readonly (readonly string[])[]): string => {
  const widths: number[] = []
  for (const row of rows)
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, cell.length)
    })
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, index) => cell.padEnd(widths[index] as number))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}

/** YAML of plain values: block style, every string that could be read as something else in double quotes. */
export const yaml = (value: Plain, indent = ''): string => {
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]'
    return value.map((item) => `${indent}- ${nested(item, `${indent}  `).trimStart()}`).join('\n')
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value as Record<string, Plain>)
    if (entries.length === 0) return '{}'
    return entries
      .map(([name, item]) => {
        const text = nested(item, `${indent}  `)
        return `${indent}${scalar(name)}:${text.includes('\n') || isBlock(item) ? `\n${text}` : ` ${text}`}`
      })
      .join('\n')
  }
  return scalar(value as string | number | boolean | null)
}

const isBlock = (value: Plain): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length > 0

const nested = (value: Plain, indent: string): string => yaml(value, isBlock(value) ? indent : '')

/** Words that YAML 1.1 or 1.2 reads as something other than text. */
const NOT_TEXT = /^(?:true|false|yes|no|on|off|null|y|n|~)$/i

const scalar = (value: string | number | boolean | null): string => {
  if (typeof value !== 'string') return String(value)
  return /^[A-Za-z_][\w./-]*$/.test(value) && !NOT_TEXT.test(value) ? value : JSON.stringify(value)
}
