import type { Address } from '../runtime/network.ts'
import { ClientError } from './client-error.ts'

const DEFAULT_PORT = 9092

/**
 * Reads a bootstrap list as Kafka's tools take it: `host:port,host:port`, IPv6 in brackets, an optional listener name in
 * front (`PLAINTEXT://host:port`). A missing port is 9092. Throws a ClientError that quotes the part it cannot read.
 */
export const parseBootstrap = (list: string): Address[] => {
  const addresses = list
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(parseAddress)
  if (addresses.length === 0)
    throw new ClientError('usage', `"${list}" names no broker; expected host:port,…`)
  return addresses
}

const parseAddress = (text: string): Address => {
  const match = /^(?:[A-Za-z0-9_]+:\/\/)?(?:\[([0-9A-Fa-f:.%a-z]+)\]|([^:[\]\s/]+))(?::(\d{1,5}))?$/.exec(
    text,
  )
  const port = match?.[3] === undefined ? DEFAULT_PORT : Number(match[3])
  const host = match?.[1] ?? match?.[2]
  if (host === undefined || port < 1 || port > 65535)
    throw new ClientError('usage', `"${text}" is not a broker's address; expected host:port`)
  return { host, port }
}

/** `host:port`, with brackets around an IPv6 address. */
export const formatAddress = ({ host, port }: Address): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
