import { describe, expect, it } from 'vitest'
import { linesOf } from '../../src/cli/lines.ts'
import { columns, yaml } from '../../src/cli/output.ts'
import { plainRecord, unescapeText } from '../../src/cli/record-format.ts'

const split = async (chunks: readonly (string | Buffer)[]): Promise<string[]> => {
  async function* stream() {
    for (const chunk of chunks) yield Buffer.from(chunk)
  }
  const lines: string[] = []
  for await (const line of linesOf(stream())) lines.push(line.toString('latin1'))
  return lines
}

describe('lines of a stream', () => {
  it.each([
    [[], []],
    [['a\nb\n'], ['a', 'b']],
    [['a\nb'], ['a', 'b']],
    [
      ['a', 'b\r', '\nc\n\nd'],
      ['ab', 'c', '', 'd'],
    ],
    [['\n'], ['']],
  ])('%j are %j', async (chunks, lines) => {
    expect(await split(chunks)).toEqual(lines)
  })

  it('keep bytes that are not text', async () => {
    expect(await split([Buffer.from('ff00fe0a', 'hex')])).toEqual(['\xff\x00\xfe'])
  })
})

describe('yaml', () => {
  it('quotes what would be read as something else', () => {
    expect(
      yaml({
        plain: 'abc',
        number: '1',
        yes: 'yes',
        empty: '',
        null: null,
        list: [],
        map: {},
        n: 1.5,
        colon: 'a: b',
      }),
    ).toBe(
      [
        'plain: abc',
        'number: "1"',
        'yes: "yes"',
        'empty: ""',
        '"null": null',
        'list: []',
        'map: {}',
        '"n": 1.5',
        'colon: "a: b"',
      ]
        .join('\n')
        .replace('yes: "yes"', '"yes": "yes"'),
    )
  })

  it('nests lists of maps', () => {
    expect(yaml([{ a: 1, b: [{ c: 2 }, { c: 3 }] }])).toBe('- a: 1\n  b:\n    - c: 2\n    - c: 3')
  })
})

describe('columns', () => {
  it('are as wide as their widest cell', () => {
    expect(
      columns([
        ['a', 'bb'],
        ['ccc', 'd'],
      ]),
    ).toBe('a    bb\nccc  d\n')
  })
})

describe('a record as JSON', () => {
  it('has bytes that are not UTF-8 as base64, and a byte order mark as it is', () => {
    const record = {
      topic: 't',
      partition: 0,
      offset: 5,
      timestampMs: 1,
      timestampType: 'CreateTime' as const,
      leaderEpoch: 0,
      key: Buffer.from('\ufeffk'),
      value: Buffer.from('fffe', 'hex'),
      headers: [{ key: 'h', value: null }],
    }
    expect(plainRecord(record)).toEqual({
      topic: 't',
      partition: 0,
      offset: 5,
      timestamp: 1,
      timestampType: 'CreateTime',
      key: '\ufeffk',
      valueBase64: '//4=',
      headers: [{ key: 'h', value: null }],
    })
  })
})

describe('escapes in options', () => {
  it('are those of a C string that people type', () => {
    expect(unescapeText('a\\tb\\n\\x41\\\\n\\q')).toBe('a\tb\nA\\n\\q')
  })
})
