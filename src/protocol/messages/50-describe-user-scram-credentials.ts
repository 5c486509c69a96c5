import { api } from '../schema/api.ts'
import { array, i8, i16, i32, string } from '../schema/field.ts'

const credentialInfo = {
  mechanism: i8, // 1: SCRAM-SHA-256, 2: SCRAM-SHA-512
  iterations: i32,
}

const result = {
  user: string,
  errorCode: i16,
  errorMessage: string.nullable(),
  credentialInfos: array(credentialInfo),
}

/** DescribeUserScramCredentials: the SCRAM mechanisms of users, never their secrets (KIP-554). */
export const DescribeUserScramCredentials = api({
  key: 50,
  name: 'DescribeUserScramCredentials',
  versions: [0, 0],
  flexible: 0,
  request: {
    users: array({ name: string }).nullable(), // null or empty: all
  },
  response: {
    throttleTimeMs: i32.default(0),
    errorCode: i16,
    errorMessage: string.nullable(),
    results: array(result),
  },
})
