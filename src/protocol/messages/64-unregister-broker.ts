import { api } from '../schema/api.ts'
import { i16, i32, string } from '../schema/field.ts'

/** UnregisterBroker: removes a broker that is gone for good. */
export const UnregisterBroker = api({
  key: 64,
  name: 'UnregisterBroker',
  versions: [0, 0],
  flexible: 0,
  request: { brokerId: i32 },
  response: {
    throttleTimeMs: i32.default(0),
    errorCode: i16,
    errorMessage: string.nullable(),
  },
})
