/** jest's globals over node:test, as far as examples/jest uses them: the example needs no jest to be run here. */
const assert = require('node:assert/strict')
const { after, before, test } = require('node:test')

Object.assign(globalThis, {
  test,
  beforeAll: before,
  afterAll: after,
  expect: (actual) => ({ toEqual: (expected) => assert.deepEqual(actual, expected) }),
})
