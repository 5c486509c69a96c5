import { api, NEVER } from '../schema/api.ts'
import { array, i16, string } from '../schema/field.ts'

/**
 * SaslHandshake: chooses a SASL mechanism.
 *
 * Versions: v0 is followed by bare SASL tokens · v1 by SaslAuthenticate (KIP-152).
 */
export const SaslHandshake = api({
  key: 17,
  name: 'SaslHandshake',
  versions: [0, 1],
  flexible: NEVER,
  request: { mechanism: string },
  response: { errorCode: i16, mechanisms: array(string) },
})
