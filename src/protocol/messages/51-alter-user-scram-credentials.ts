import { api } from '../schema/api.ts'
import { array, bytes, i8, i16, i32, string } from '../schema/field.ts'

const upsertion = {
  name: string,
  mechanism: i8,
  iterations: i32,
  salt: bytes,
  saltedPassword: bytes,
}

const result = { user: string, errorCode: i16, errorMessage: string.nullable() }

/** AlterUserScramCredentials: sets and deletes SCRAM credentials (KIP-554). */
export const AlterUserScramCredentials = api({
  key: 51,
  name: 'AlterUserScramCredentials',
  versions: [0, 0],
  flexible: 0,
  request: {
    deletions: array({ name: string, mechanism: i8 }),
    upsertions: array(upsertion),
  },
  response: { throttleTimeMs: i32.default(0), results: array(result) },
})
