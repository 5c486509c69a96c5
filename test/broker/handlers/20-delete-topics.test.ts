import { expect, test } from 'vitest'
import { deleteTopics } from '../../../src/broker/handlers/20-delete-topics.ts'
import { ErrorCode } from '../../../src/protocol/errors.ts'
import { AdminHarness } from './admin-harness.ts'

const ZERO = 'AAAAAAAAAAAAAAAAAAAAAA'
const byName = (name: string | null, topicId = ZERO) => ({ name, topicId })
const remove = (harness: AdminHarness, topics: ReturnType<typeof byName>[]) =>
  harness.ask(deleteTopics, { topicNames: [], topics, timeoutMs: 1000 }, 6).responses

test('topics go by name and by id', () => {
  const harness = new AdminHarness()
  harness.createTopic('a')
  harness.createTopic('b')
  const ids = ['a', 'b'].map((name) => harness.controller.image.topic(name)?.id ?? '')
  expect(remove(harness, [byName('a'), byName(null, ids[1])])).toMatchObject([
    { name: 'a', topicId: ids[0], errorCode: 0, errorMessage: null },
    { name: 'b', topicId: ids[1], errorCode: 0, errorMessage: null },
  ])
  expect(harness.controller.image.topicCount).toBe(0)
})

test('what is named twice, in two ways or not at all is refused; what is not there is unknown', () => {
  // Codes of a 4.3.1 broker.
  const harness = new AdminHarness()
  harness.createTopic('here')
  const id = 'AAAAAAAAAAAAAAAAAAAAZg'
  const topics = [
    byName('x1'),
    byName('x1'),
    byName(null),
    byName(null, id),
    byName(null, id),
    byName('a/b'),
    byName('here', id),
    byName(null, 'AAAAAAAAAAAAAAAAAAAAZw'),
  ]
  const codes = remove(harness, topics).map(({ name, topicId, errorCode }) => [name ?? topicId, errorCode])
  expect(codes).toHaveLength(6)
  expect(Object.fromEntries(codes)).toEqual({
    [ZERO]: ErrorCode.INVALID_REQUEST,
    x1: ErrorCode.INVALID_REQUEST,
    [id]: ErrorCode.INVALID_REQUEST,
    here: ErrorCode.INVALID_REQUEST,
    'a/b': ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    AAAAAAAAAAAAAAAAAAAAZw: ErrorCode.UNKNOWN_TOPIC_ID,
  })
  expect(harness.controller.image.topicCount).toBe(1)
})

test('a topic named by name and by id goes once', () => {
  const harness = new AdminHarness()
  harness.createTopic('a')
  const id = harness.controller.image.topic('a')?.id ?? ''
  const results = remove(harness, [byName('a'), byName(null, id)])
  expect(results.map(({ errorCode }) => errorCode).sort()).toEqual([0, ErrorCode.INVALID_REQUEST])
})

test('where topics may not be deleted the code depends on the version (KIP-322)', () => {
  const harness = new AdminHarness({ config: { 'delete.topic.enable': 'false' } })
  harness.createTopic('a')
  const ask = (version: number) =>
    harness.ask(deleteTopics, { topicNames: ['a'], topics: [], timeoutMs: 1000 }, version).responses
  expect(ask(2)[0]?.errorCode).toBe(ErrorCode.INVALID_REQUEST)
  expect(ask(3)[0]?.errorCode).toBe(ErrorCode.TOPIC_DELETION_DISABLED)
})
