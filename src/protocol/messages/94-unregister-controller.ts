import { api } from '../schema/api.ts'
import { i16, i32, string } from '../schema/field.ts'

/** UnregisterController: removes a controller that is gone for good. */
export const UnregisterController = api({
  key: 94,
  name: 'UnregisterController',
  versions: [0, 0],
  flexible: 0,
  request: { controllerId: i32 },
  response: {
    throttleTimeMs: i32.default(0),
    errorCode: i16,
    errorMessage: string.nullable(),
  },
})
