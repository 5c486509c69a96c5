import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Heap } from '../../src/runtime/heap.ts'

test('what comes out is sorted, whatever went in and in whatever order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (numbers) => {
      const heap = new Heap<number>((a, b) => a < b)
      for (const each of numbers) heap.push(each)
      const out: number[] = []
      while (heap.size > 0) out.push(heap.pop() as number)
      expect(out).toEqual([...numbers].sort((a, b) => a - b))
      expect(heap.pop()).toBeUndefined()
    }),
  )
})
