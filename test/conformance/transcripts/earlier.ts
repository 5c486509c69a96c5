import { ZERO_UUID } from '../../../src/coordinator/cluster/topics.ts'
import { encodeRequestFrame } from '../../../src/protocol/header.ts'
import { OffsetCommit } from '../../../src/protocol/messages/08-offset-commit.ts'
import { FindCoordinator } from '../../../src/protocol/messages/10-find-coordinator.ts'
import { CreateTopics } from '../../../src/protocol/messages/19-create-topics.ts'
import type { Api, RequestInput } from '../../../src/protocol/schema/api.ts'
import type { Case, Json, Step } from './transcript.ts'

const step = <A extends Api>(api: A, version: number, request: RequestInput<A>, response: Json): Step => {
  const frame = Buffer.concat(
    encodeRequestFrame(api, version, { correlationId: 1, clientId: 'oracle' }, request),
  )
  return {
    conn: 0,
    api: api.name,
    key: api.key,
    version,
    requestHex: frame.subarray(4).toString('hex'),
    response,
  }
}

const topic = 'committed-by-nobody'

/**
 * What the recorded broker had been asked before, as its later answers show: the group without a name had
 * an offset, which clients of the age before groups commit so.
 */
export const EARLIER: Case = {
  id: 'earlier',
  family: 'earlier',
  case: 'an offset of the group without a name',
  steps: [
    step(
      CreateTopics,
      4,
      {
        topics: [{ name: topic, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
        timeoutMs: 1000,
        validateOnly: false,
      },
      { topics: [{ name: topic, errorCode: 0 }] },
    ),
    step(FindCoordinator, 3, { key: 'any', keyType: 0, coordinatorKeys: [] }, { errorCode: 0 }),
    step(
      OffsetCommit,
      7,
      {
        groupId: '',
        generationIdOrMemberEpoch: -1,
        memberId: '',
        groupInstanceId: null,
        topics: [
          {
            name: topic,
            topicId: ZERO_UUID,
            partitions: [
              { partitionIndex: 0, committedOffset: 0n, committedLeaderEpoch: -1, committedMetadata: null },
            ],
          },
        ],
      },
      { topics: [{ name: topic, partitions: [{ partitionIndex: 0, errorCode: 0 }] }] },
    ),
  ],
}
