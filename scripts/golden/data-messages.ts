import * as consumerProtocol from '../../src/protocol/embedded/consumer-protocol.ts'
import * as defaultPrincipal from '../../src/protocol/embedded/default-principal.ts'
import { RequestHeader, ResponseHeader } from '../../src/protocol/header.ts'
import * as classicGroup from '../../src/protocol/persisted/classic-group.ts'
import * as consumerGroup from '../../src/protocol/persisted/consumer-group.ts'
import * as controlRecords from '../../src/protocol/persisted/control-records.ts'
import * as offsetCommit from '../../src/protocol/persisted/offset-commit.ts'
import * as partitionFiles from '../../src/protocol/persisted/partition-files.ts'
import * as shareGroup from '../../src/protocol/persisted/share-group.ts'
import * as shareState from '../../src/protocol/persisted/share-state.ts'
import * as streamsGroup from '../../src/protocol/persisted/streams-group.ts'
import * as transactionLog from '../../src/protocol/persisted/transaction-log.ts'
import type { Data } from '../../src/protocol/schema/api.ts'

/** Every message that is neither request nor response, by name. */
export const DATA_MESSAGES: ReadonlyMap<string, Data> = new Map(
  [
    { RequestHeader, ResponseHeader },
    consumerProtocol,
    defaultPrincipal,
    classicGroup,
    consumerGroup,
    controlRecords,
    offsetCommit,
    partitionFiles,
    shareGroup,
    shareState,
    streamsGroup,
    transactionLog,
  ]
    .flatMap((group): Data[] => Object.values(group))
    .map((data) => [data.name, data]),
)
