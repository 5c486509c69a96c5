import { api } from '../schema/api.ts'
import { array, bool, i8, i16, i32, string, uuid } from '../schema/field.ts'

/** GetTelemetrySubscriptions: which metrics a broker wants from a client (KIP-714). */
export const GetTelemetrySubscriptions = api({
  key: 71,
  name: 'GetTelemetrySubscriptions',
  versions: [0, 0],
  flexible: 0,
  request: { clientInstanceId: uuid },
  response: {
    throttleTimeMs: i32.default(0),
    errorCode: i16,
    clientInstanceId: uuid,
    subscriptionId: i32,
    acceptedCompressionTypes: array(i8),
    pushIntervalMs: i32,
    telemetryMaxBytes: i32,
    deltaTemporality: bool,
    requestedMetrics: array(string),
  },
})
