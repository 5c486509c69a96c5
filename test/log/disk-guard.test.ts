import { expect, it } from 'vitest'
import { DiskGuard } from '../../src/log/disk-guard.ts'
import { StorageRefused } from '../../src/log/log-types.ts'
import { DiskError } from '../../src/runtime/disk.ts'
import { silentLogger } from '../../src/runtime/logger.ts'

it('says once that the disk is full, however many appends are refused, and once that it is well again', () => {
  const lines: string[] = []
  const logger = {
    ...silentLogger,
    error: (line: string) => void lines.push(line),
    info: (line: string) => void lines.push(line),
  }
  const guard = new DiskGuard('orders-0', logger)
  const full = (): never => {
    throw new DiskError('ENOSPC', 'no space left')
  }
  for (let i = 0; i < 100; i++) {
    expect(() => guard.run('written', full)).toThrow(StorageRefused)
    expect(guard.run('read', () => i)).toBe(i)
  }
  guard.run('written', () => {})
  guard.run('written', () => {})
  expect(lines).toEqual([
    'orders-0 could not be written: DiskError: no space left',
    'orders-0 can be written again',
  ])
})
