import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Disk, DiskError } from '../../src/runtime/disk.ts'
import { MemoryDisk } from '../../src/runtime/memory-disk.ts'
import { SeededRandom } from '../../src/runtime/random.ts'
import { SystemDisk } from '../../src/runtime/system-disk.ts'

const codeOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof DiskError) return error.code
    throw error
  }
  return 'none'
}

for (const [name, make] of [
  ['SystemDisk', () => new SystemDisk()],
  ['SystemDisk without forcing to the device', () => new SystemDisk({ forceToDevice: false })],
  ['MemoryDisk', () => new MemoryDisk()],
] as const) {
  describe(name, () => {
    let root = ''
    let disk: Disk
    beforeEach(() => {
      root = mkdtempSync(join(tmpdir(), 'odradek-disk-'))
      disk = make()
      disk.makeDirectory(root)
    })
    afterEach(() => rmSync(root, { recursive: true, force: true }))

    test('appends land in order, more buffers than one writev takes included', () => {
      const file = disk.open(join(root, 'log'))
      const chunks = Array.from({ length: 3000 }, (_, i) => Buffer.from(`<${i}>`))
      file.append([Buffer.from('head')])
      file.append(chunks)
      file.append([])
      const whole = Buffer.concat([Buffer.from('head'), ...chunks])
      expect(file.size).toBe(whole.length)
      expect(Buffer.from(file.read(0, whole.length + 10))).toEqual(whole)
      expect(file.read(whole.length, 10).length).toBe(0)
      file.close()
      const again = disk.open(join(root, 'log'))
      expect(again.size).toBe(whole.length)
      expect(Buffer.from(again.read(3, 5))).toEqual(whole.subarray(3, 8))
      again.close()
    })

    test('any mix of append, write, truncate reads back as the same operations on one buffer', () => {
      const operation = fc.oneof(
        fc.record({
          kind: fc.constant('append' as const),
          chunks: fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 4 }),
        }),
        fc.record({
          kind: fc.constant('write' as const),
          at: fc.nat(100),
          data: fc.uint8Array({ maxLength: 2000 }),
        }),
        fc.record({ kind: fc.constant('truncate' as const), at: fc.nat(100) }),
      )
      let run = 0
      fc.assert(
        fc.property(fc.array(operation, { maxLength: 25 }), (operations) => {
          const file = disk.open(join(root, `mixed-${run++}`))
          let model = Buffer.alloc(0)
          for (const each of operations) {
            if (each.kind === 'append') {
              const chunks = each.chunks.map((chunk) => Buffer.from(chunk))
              file.append(chunks)
              model = Buffer.concat([model, ...chunks])
            } else {
              const position = Math.floor((model.length * each.at) / 100)
              if (each.kind === 'truncate') {
                file.truncate(position)
                model = model.subarray(0, position)
              } else {
                file.write(position, Buffer.from(each.data))
                const grown = Buffer.alloc(Math.max(model.length, position + each.data.length))
                model.copy(grown)
                grown.set(each.data, position)
                model = grown
              }
            }
            expect(file.size).toBe(model.length)
          }
          expect(Buffer.compare(file.read(0, model.length + 1), model)).toBe(0)
          const third = Math.floor(model.length / 3)
          expect(Buffer.compare(file.read(third, third), model.subarray(third, 2 * third))).toBe(0)
          file.close()
        }),
        { numRuns: 60, seed: 7 },
      )
    })

    test('a small file is replaced as a whole and leaves no temporary one', () => {
      const path = join(root, 'checkpoint')
      disk.writeFileAtomically(path, 'one\n')
      disk.writeFileAtomically(path, Buffer.from('two\n'))
      expect(disk.readFile(path).toString()).toBe('two\n')
      expect(disk.list(root)).toEqual(['checkpoint'])
    })

    test('directories are made with parents, listed sorted, renamed with content, removed with content', () => {
      const deep = join(root, 'a', 'b')
      disk.makeDirectory(deep)
      disk.makeDirectory(deep)
      disk.open(join(deep, '2')).close()
      disk.open(join(deep, '1')).close()
      expect(disk.list(deep)).toEqual(['1', '2'])
      disk.rename(join(root, 'a'), join(root, 'c'))
      expect(disk.list(join(root, 'c', 'b'))).toEqual(['1', '2'])
      expect(disk.exists(deep)).toBe(false)
      disk.rename(join(root, 'c', 'b', '1'), join(root, 'c', 'b', '2'))
      expect(disk.list(join(root, 'c', 'b'))).toEqual(['2'])
      disk.remove(join(root, 'c'))
      disk.remove(join(root, 'c'))
      expect(disk.list(root)).toEqual([])
      expect(disk.list(join(root, 'nowhere'))).toEqual([])
    })

    test('failures carry the code of the system', () => {
      expect(codeOf(() => disk.readFile(join(root, 'none')))).toBe('ENOENT')
      expect(codeOf(() => disk.open(join(root, 'no', 'file')))).toBe('ENOENT')
      expect(codeOf(() => disk.rename(join(root, 'none'), join(root, 'x')))).toBe('ENOENT')
      const file = disk.open(join(root, 'closed'))
      file.close()
      file.close()
      expect(codeOf(() => file.append([Buffer.from('x')]))).toBe('EBADF')
      expect(codeOf(() => disk.open(root))).toBe('EISDIR')
    })

    test('sync resolves and the bytes are there', async () => {
      const file = disk.open(join(root, 'synced'))
      file.append([Buffer.from('kept')])
      await file.sync()
      expect(file.read(0, 4).toString()).toBe('kept')
      file.close()
    })
  })
}

describe('MemoryDisk only', () => {
  const folder = join(tmpdir(), 'in-memory')
  const opened = (disk: MemoryDisk, name: string) => {
    disk.makeDirectory(folder)
    return disk.open(join(folder, name))
  }

  test('refuses with ENOSPC when full, takes nothing of the refused append, and space comes back', () => {
    const disk = new MemoryDisk({ capacityBytes: 100 })
    const file = opened(disk, 'log')
    file.append([Buffer.alloc(60)])
    expect(codeOf(() => file.append([Buffer.alloc(20), Buffer.alloc(21)]))).toBe('ENOSPC')
    expect(file.size).toBe(60)
    file.truncate(10)
    file.append([Buffer.alloc(90)])
    disk.remove(join(folder, 'log'))
    expect(disk.usedBytes).toBe(0)
  })

  test('keeps a large buffer by reference and hands out views of it', () => {
    const file = opened(new MemoryDisk(), 'log')
    const chunk = Buffer.allocUnsafeSlow(5000).fill(1)
    file.append([Buffer.from('small'), chunk])
    expect(file.read(5, 5000).buffer).toBe(chunk.buffer)
  })

  test('an overwrite changes neither the appended buffer nor views given out before', () => {
    const file = opened(new MemoryDisk(), 'log')
    const chunk = Buffer.allocUnsafeSlow(5000).fill(1)
    file.append([chunk])
    const view = file.read(0, 10)
    file.write(0, Buffer.from('x'))
    expect(chunk[0]).toBe(1)
    expect(view[0]).toBe(1)
    expect(file.read(0, 1).toString()).toBe('x')
  })

  test('a view given out before a truncation keeps its bytes when the file grows again', () => {
    const file = opened(new MemoryDisk(), 'index')
    file.append([Buffer.from('aaaa')])
    const view = file.read(0, 4)
    file.truncate(2)
    file.append([Buffer.from('bb')])
    expect(view.toString()).toBe('aaaa')
    expect(file.read(0, 4).toString()).toBe('aabb')
  })

  test('a crash drops what was not synced, undoes overwrites, and kills open handles', async () => {
    const disk = new MemoryDisk()
    const file = opened(disk, 'log')
    file.append([Buffer.from('abcdef')])
    await file.sync()
    file.write(1, Buffer.from('XX'))
    file.truncate(4)
    file.append([Buffer.from('zzzz')])
    disk.crash()
    expect(codeOf(() => file.read(0, 1))).toBe('EIO')
    expect(disk.readFile(join(folder, 'log')).toString()).toBe('abcdef')
    expect(disk.usedBytes).toBe(6)
  })

  test('a crash with a seed tears the last write at the same place every time', async () => {
    const torn = async (seed: number): Promise<string> => {
      const disk = new MemoryDisk()
      const file = opened(disk, 'log')
      file.append([Buffer.from('synced')])
      await file.sync()
      file.append([Buffer.from('0123456789')])
      disk.crash(new SeededRandom(seed))
      return disk.readFile(join(folder, 'log')).toString()
    }
    const outcomes = new Set<string>()
    for (let seed = 0; seed < 50; seed++) {
      const one = await torn(seed)
      expect(one).toBe(await torn(seed))
      expect('synced0123456789'.startsWith(one)).toBe(true)
      expect(one.startsWith('synced')).toBe(true)
      outcomes.add(one)
    }
    expect(outcomes.size).toBeGreaterThan(5)
  })
})
