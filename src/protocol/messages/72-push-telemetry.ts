import { api } from '../schema/api.ts'
import { bool, bytes, i8, i16, i32, uuid } from '../schema/field.ts'

/** PushTelemetry: metrics of a client, as OTLP (KIP-714). */
export const PushTelemetry = api({
  key: 72,
  name: 'PushTelemetry',
  versions: [0, 0],
  flexible: 0,
  request: {
    clientInstanceId: uuid,
    subscriptionId: i32,
    terminating: bool,
    compressionType: i8,
    metrics: bytes,
  },
  response: { throttleTimeMs: i32.default(0), errorCode: i16 },
})
