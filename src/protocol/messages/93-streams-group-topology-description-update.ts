import { api } from '../schema/api.ts'
import { array, i8, i16, i32, string, struct } from '../schema/field.ts'

const node = {
  name: string,
  nodeType: i8,
  sourceTopics: array(string),
  sinkTopic: string.nullable().default(null),
  stores: array(string),
  successors: array(string),
}

const topologyDescription = {
  subtopologies: array({ subtopologyId: string, nodes: array(node) }),
  globalStores: array({ source: struct(node), processor: struct(node) }),
}

/**
 * StreamsGroupTopologyDescriptionUpdate: a member of a streams group describes its topology in full, for
 * tools to show.
 */
export const StreamsGroupTopologyDescriptionUpdate = api({
  key: 93,
  name: 'StreamsGroupTopologyDescriptionUpdate',
  versions: [0, 0],
  flexible: 0,
  request: {
    groupId: string,
    memberId: string,
    topologyEpoch: i32,
    topologyDescription: struct(topologyDescription),
  },
  response: {
    throttleTimeMs: i32.default(0),
    errorCode: i16,
    errorMessage: string.nullable().default(null),
  },
})
