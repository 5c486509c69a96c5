import { ErrorCode } from '../protocol/errors.ts'
import { ApiVersions } from '../protocol/messages/18-api-versions.ts'
import type { RequestInput, ResponseOutput } from '../protocol/schema/api.ts'
import type { Versions } from '../protocol/schema/field.ts'
import { ClientError, throwIfRefused } from './client-error.ts'

/** Which versions of which APIs a broker speaks, by API key. */
export interface ApiVersionTable {
  readonly ranges: ReadonlyMap<number, Versions>
  /** True when the broker could not be asked (older than 0.10) and 0.8.2's abilities are assumed. */
  readonly assumed: boolean
}

/** What a broker speaks that does not know ApiVersions: the requests of Kafka 0.8.2. */
const BEFORE_0_10: ApiVersionTable = {
  assumed: true,
  ranges: new Map<number, Versions>([
    [0, [0, 0]],
    [1, [0, 0]],
    [2, [0, 0]],
    [3, [0, 0]],
    [8, [0, 1]],
    [9, [0, 1]],
    [10, [0, 0]],
  ]),
}

/** 0.9 neither answers an unknown request nor closes the connection: so long is waited before it is taken for that age. */
const NO_ANSWER_MS = 5_000

/** A connection, as far as the negotiation needs it. */
interface Conversation {
  request(
    api: typeof ApiVersions,
    request: RequestInput<typeof ApiVersions>,
    options: { readonly version: number; readonly limitMs: number },
  ): Promise<ResponseOutput<typeof ApiVersions>>
  close(): void
}

/**
 * Opens a connection with `dial` and finds out what the broker speaks: ApiVersions in the newest version, then in the one
 * that the broker names when it does not know that. A broker that hangs up on the newest is asked in version 0; one that
 * answers neither is taken for 0.8.2. (Two tries, since a broker that is just restarting hangs up as well.)
 */
export const negotiate = async <C extends Conversation>(
  dial: () => Promise<C>,
  settle: (connection: C, table: ApiVersionTable) => void,
): Promise<C> => {
  for (const version of [ApiVersions.versions[1], 0]) {
    const connection = await dial()
    try {
      settle(connection, await ask(connection, version))
      return connection
    } catch (error) {
      connection.close()
      const silent =
        error instanceof ClientError && (error.kind === 'disconnected' || error.kind === 'timeout')
      if (!silent) throw error
    }
  }
  const connection = await dial()
  settle(connection, BEFORE_0_10)
  return connection
}

const ask = async (connection: Conversation, newest: number): Promise<ApiVersionTable> => {
  const askIn = (version: number) =>
    connection.request(
      ApiVersions,
      { clientSoftwareName: 'odradek', clientSoftwareVersion: '1' },
      { version, limitMs: NO_ANSWER_MS },
    )
  let response = await askIn(newest)
  if (response.errorCode === ErrorCode.UNSUPPORTED_VERSION) {
    const known = response.apiKeys.find((entry) => entry.apiKey === ApiVersions.key)
    // A broker of 0.10 to 2.3 does not say which versions it knows; version 0 is known to all.
    response = await askIn(Math.min(known?.maxVersion ?? 0, newest))
  }
  throwIfRefused(response.errorCode, 'asking the broker for its API versions')
  return {
    assumed: false,
    ranges: new Map(
      response.apiKeys.map(({ apiKey, minVersion, maxVersion }) => [
        apiKey,
        [minVersion, maxVersion] as const,
      ]),
    ),
  }
}
