import { api } from '../schema/api.ts'
import { array, bool, i8, i16, i32, string } from '../schema/field.ts'

const resource = {
  resourceType: i8,
  resourceName: string,
  configurationKeys: array(string).nullable(), // null: all
}

const config = {
  name: string,
  value: string.nullable(), // null also where it is sensitive
  readOnly: bool,
  isDefault: bool.in(0, 0), // from v1 in configSource
  configSource: i8.in(1).default(-1).ignorable(),
  isSensitive: bool,
  synonyms: array({ name: string, value: string.nullable(), source: i8 }).in(1).ignorable(),
  configType: i8.in(3).ignorable(),
  documentation: string.nullable().in(3).ignorable(),
}

const result = {
  errorCode: i16,
  errorMessage: string.nullable(),
  resourceType: i8,
  resourceName: string,
  configs: array(config),
}

/**
 * DescribeConfigs: configuration of topics, brokers and other resources (KIP-133).
 *
 * Versions: v1 where a value comes from (KIP-226) · v2 the client is told to wait only after its answer
 * (KIP-219) · v3 documentation and types (KIP-569) · v4 flexible.
 */
export const DescribeConfigs = api({
  key: 32,
  name: 'DescribeConfigs',
  versions: [0, 4],
  flexible: 4,
  request: {
    resources: array(resource),
    includeSynonyms: bool.in(1),
    includeDocumentation: bool.in(3),
  },
  response: { throttleTimeMs: i32.default(0), results: array(result) },
})
