import { api } from '../schema/api.ts'
import { bytes, i16, i64, string } from '../schema/field.ts'

/**
 * SaslAuthenticate: carries one SASL token each way (KIP-152).
 *
 * Versions: v1 how long the session lasts (KIP-368) · v2 flexible.
 */
export const SaslAuthenticate = api({
  key: 36,
  name: 'SaslAuthenticate',
  versions: [0, 2],
  flexible: 2,
  request: { authBytes: bytes },
  response: {
    errorCode: i16,
    errorMessage: string.nullable(),
    authBytes: bytes,
    sessionLifetimeMs: i64.in(1).ignorable(), // 0: no limit
  },
})
