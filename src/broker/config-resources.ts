import type { ConfigResourceType } from '../coordinator/cluster/image.ts'

/** Codes of ConfigResource.Type on the wire. */
export const CONFIG_RESOURCE_CODE: { readonly [type in ConfigResourceType]: number } = {
  topic: 2,
  broker: 4,
  'broker-logger': 8,
  'client-metrics': 16,
  group: 32,
}

const TYPES = new Map(
  Object.entries(CONFIG_RESOURCE_CODE).map(([type, code]) => [code, type as ConfigResourceType]),
)

/** Undefined: Kafka has no such type. */
export const configResourceTypeOf = (code: number): ConfigResourceType | undefined => TYPES.get(code)

/** The broker id that a resource name says (a decimal int32), or null. */
export function brokerIdOf(name: string): number | null {
  if (!/^[+-]?\d{1,10}$/.test(name)) return null
  const id = Number(name)
  return id <= 0x7fffffff && id >= -0x80000000 ? id : null
}
