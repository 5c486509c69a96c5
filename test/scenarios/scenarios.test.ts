import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { GroupWorld } from './group-world.ts'

/**
 * Each .txt file here is a story: commands (`> join A`) and what happened, exactly. `UPDATE_SCENARIOS=1`
 * writes what happens now into the files; a person reads the diff.
 */
const directory = import.meta.dirname
const update = process.env.UPDATE_SCENARIOS === '1'

const replayed = async (text: string): Promise<string> => {
  const world = new GroupWorld()
  const lines: string[] = []
  for (const line of text.split('\n')) {
    if (line.startsWith('> ')) lines.push(line, ...(await world.run(line.slice(2))))
    else if (line === '' || line.startsWith('#')) lines.push(line)
  }
  return lines.join('\n')
}

describe('group scenarios', () => {
  for (const file of readdirSync(directory).filter((name) => name.endsWith('.txt'))) {
    const path = join(directory, file)
    const text = readFileSync(path, 'utf8')
    test(`${file.slice(0, -4).replaceAll('-', ' ')} goes as written`, async () => {
      const now = await replayed(text)
      if (update) writeFileSync(path, now)
      else expect(now).toBe(text)
    })
  }
})
