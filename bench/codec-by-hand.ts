/**
 * What a person would write for one version of four messages, on the same reader and writer: what bench/codec.ts measures
 * compiled codecs against.
 */

import type { Produce } from '../src/protocol/messages/00-produce.ts'
import type { Fetch } from '../src/protocol/messages/01-fetch.ts'
import type { Metadata } from '../src/protocol/messages/03-metadata.ts'
import type { Heartbeat } from '../src/protocol/messages/12-heartbeat.ts'
import type { Reader } from '../src/protocol/reader.ts'
import type { RequestInput, RequestOf, ResponseOf, ResponseOutput } from '../src/protocol/schema/api.ts'
import type { Writer } from '../src/protocol/writer.ts'

const NO_ID = 'AAAAAAAAAAAAAAAAAAAAAA'
const NO_LEADER = Object.freeze({ leaderId: -1, leaderEpoch: -1 })
const NO_EPOCH = Object.freeze({ epoch: -1, endOffset: -1n })
const NO_SNAPSHOT = Object.freeze({ endOffset: -1n, epoch: -1 })

const skipTags = (r: Reader, struct: object): void => {
  for (let n = r.uvarint(); n > 0; n--) {
    const tag = r.uvarint()
    r.unknownTag(struct, tag, r.tagEnd())
  }
}

const ints = (r: Reader): number[] => {
  const n = r.compactCount(4)
  const list = new Array<number>(n)
  for (let i = 0; i < n; i++) list[i] = r.i32()
  return list
}

const putInts = (w: Writer, list: readonly number[]): void => {
  w.compactCount(list.length)
  for (const value of list) w.i32(value)
}

export const heartbeatV4 = {
  decode(r: Reader): RequestOf<typeof Heartbeat> {
    const groupId = r.compactString()
    const generationId = r.i32()
    const memberId = r.compactString()
    const groupInstanceId = r.compactNullableString()
    const request = { groupId, generationId, memberId, groupInstanceId }
    skipTags(r, request)
    return request
  },
  encode(w: Writer, request: RequestInput<typeof Heartbeat>): void {
    w.compactString(request.groupId)
    w.i32(request.generationId)
    w.compactString(request.memberId)
    w.compactNullableString(request.groupInstanceId ?? null)
    w.uvarint(0)
  },
}

export const produceV9 = {
  decode(r: Reader): RequestOf<typeof Produce> {
    const transactionalId = r.compactNullableString()
    const acks = r.i16()
    const timeoutMs = r.i32()
    const n = r.compactCount(3)
    const topicData = new Array<RequestOf<typeof Produce>['topicData'][number]>(n)
    for (let i = 0; i < n; i++) {
      const name = r.compactString()
      const m = r.compactCount(6)
      const partitionData = new Array<(typeof topicData)[number]['partitionData'][number]>(m)
      for (let j = 0; j < m; j++) {
        const index = r.i32()
        const data = { index, records: r.compactNullableBytes() }
        skipTags(r, data)
        partitionData[j] = data
      }
      const topic = { name, topicId: NO_ID, partitionData }
      skipTags(r, topic)
      topicData[i] = topic
    }
    const request = { transactionalId, acks, timeoutMs, topicData }
    skipTags(r, request)
    return request
  },
  encode(w: Writer, request: RequestInput<typeof Produce>): void {
    w.compactNullableString(request.transactionalId ?? null)
    w.i16(request.acks)
    w.i32(request.timeoutMs)
    w.compactCount(request.topicData.length)
    for (const { name, partitionData } of request.topicData) {
      w.compactString(name)
      w.compactCount(partitionData.length)
      for (const { index, records } of partitionData) {
        w.i32(index)
        w.compactNullableRecords(records)
        w.uvarint(0)
      }
      w.uvarint(0)
    }
    w.uvarint(0)
  },
}

type FetchedTopic = ResponseOutput<typeof Fetch>['responses'][number]

const decodeFetched = (r: Reader): FetchedTopic['partitions'][number] => {
  const partitionIndex = r.i32()
  const errorCode = r.i16()
  const highWatermark = r.i64()
  const lastStableOffset = r.i64()
  const logStartOffset = r.i64()
  const n = r.compactCount(17)
  const abortedTransactions = n < 0 ? null : new Array<{ producerId: bigint; firstOffset: bigint }>(n)
  for (let i = 0; i < n; i++) {
    const aborted = { producerId: r.i64(), firstOffset: r.i64() }
    skipTags(r, aborted)
    abortedTransactions![i] = aborted
  }
  const preferredReadReplica = r.i32()
  const partition = {
    partitionIndex,
    errorCode,
    highWatermark,
    lastStableOffset,
    logStartOffset,
    divergingEpoch: NO_EPOCH as { epoch: number; endOffset: bigint },
    currentLeader: NO_LEADER as { leaderId: number; leaderEpoch: number },
    snapshotId: NO_SNAPSHOT as { endOffset: bigint; epoch: number },
    abortedTransactions,
    preferredReadReplica,
    records: r.compactNullableBytes(),
  }
  for (let left = r.uvarint(); left > 0; left--) {
    const tag = r.uvarint()
    const end = r.tagEnd()
    if (tag === 1) {
      const leader = { leaderId: r.i32(), leaderEpoch: r.i32() }
      skipTags(r, leader)
      partition.currentLeader = leader
      r.closeTag(end)
    } else r.unknownTag(partition, tag, end)
  }
  return partition
}

export const fetchV12 = {
  decode(r: Reader): ResponseOutput<typeof Fetch> {
    const throttleTimeMs = r.i32()
    const errorCode = r.i16()
    const sessionId = r.i32()
    const n = r.compactCount(3)
    const responses = new Array<FetchedTopic>(n)
    for (let i = 0; i < n; i++) {
      const topic = r.compactString()
      const m = r.compactCount(37)
      const partitions = new Array<FetchedTopic['partitions'][number]>(m)
      for (let j = 0; j < m; j++) partitions[j] = decodeFetched(r)
      const response = { topic, topicId: NO_ID, partitions }
      skipTags(r, response)
      responses[i] = response
    }
    const response = { throttleTimeMs, errorCode, sessionId, responses, nodeEndpoints: [] }
    skipTags(r, response)
    return response
  },
  encode(w: Writer, response: ResponseOf<typeof Fetch>): void {
    w.i32(response.throttleTimeMs ?? 0)
    w.i16(response.errorCode)
    w.i32(response.sessionId)
    w.compactCount(response.responses.length)
    for (const { topic, partitions } of response.responses) {
      w.compactString(topic)
      w.compactCount(partitions.length)
      for (const partition of partitions) {
        w.i32(partition.partitionIndex)
        w.i16(partition.errorCode)
        w.i64(partition.highWatermark)
        w.i64(partition.lastStableOffset ?? -1n)
        w.i64(partition.logStartOffset ?? -1n)
        const aborted = partition.abortedTransactions
        if (aborted === null) w.compactNullArray()
        else {
          w.compactCount(aborted.length)
          for (const { producerId, firstOffset } of aborted) {
            w.i64(producerId)
            w.i64(firstOffset)
            w.uvarint(0)
          }
        }
        w.i32(partition.preferredReadReplica ?? -1)
        w.compactNullableRecords(partition.records)
        w.uvarint(0)
      }
      w.uvarint(0)
    }
    w.uvarint(0)
  },
}

type MetadataTopic = ResponseOutput<typeof Metadata>['topics'][number]

const decodeMetadataTopic = (r: Reader): MetadataTopic => {
  const errorCode = r.i16()
  const name = r.compactNullableString()
  const topicId = r.uuid()
  const isInternal = r.bool()
  const n = r.compactCount(18)
  const partitions = new Array<MetadataTopic['partitions'][number]>(n)
  for (let i = 0; i < n; i++) {
    const partition = {
      errorCode: r.i16(),
      partitionIndex: r.i32(),
      leaderId: r.i32(),
      leaderEpoch: r.i32(),
      replicaNodes: ints(r),
      isrNodes: ints(r),
      offlineReplicas: ints(r),
    }
    skipTags(r, partition)
    partitions[i] = partition
  }
  const topic = { errorCode, name, topicId, isInternal, partitions, topicAuthorizedOperations: r.i32() }
  skipTags(r, topic)
  return topic
}

export const metadataV12 = {
  decode(r: Reader): ResponseOutput<typeof Metadata> {
    const throttleTimeMs = r.i32()
    const n = r.compactCount(10)
    const brokers = new Array<ResponseOutput<typeof Metadata>['brokers'][number]>(n)
    for (let i = 0; i < n; i++) {
      const broker = {
        nodeId: r.i32(),
        host: r.compactString(),
        port: r.i32(),
        rack: r.compactNullableString(),
      }
      skipTags(r, broker)
      brokers[i] = broker
    }
    const clusterId = r.compactNullableString()
    const controllerId = r.i32()
    const m = r.compactCount(25)
    const topics = new Array<MetadataTopic>(m)
    for (let i = 0; i < m; i++) topics[i] = decodeMetadataTopic(r)
    const response = {
      throttleTimeMs,
      brokers,
      clusterId,
      controllerId,
      topics,
      clusterAuthorizedOperations: -2147483648,
      errorCode: 0,
    }
    skipTags(r, response)
    return response
  },
  encode(w: Writer, response: ResponseOf<typeof Metadata>): void {
    w.i32(response.throttleTimeMs ?? 0)
    w.compactCount(response.brokers.length)
    for (const { nodeId, host, port, rack } of response.brokers) {
      w.i32(nodeId)
      w.compactString(host)
      w.i32(port)
      w.compactNullableString(rack ?? null)
      w.uvarint(0)
    }
    w.compactNullableString(response.clusterId ?? null)
    w.i32(response.controllerId ?? -1)
    w.compactCount(response.topics.length)
    for (const topic of response.topics) {
      w.i16(topic.errorCode)
      w.compactNullableString(topic.name)
      w.uuid(topic.topicId)
      w.bool(topic.isInternal)
      w.compactCount(topic.partitions.length)
      for (const partition of topic.partitions) {
        w.i16(partition.errorCode)
        w.i32(partition.partitionIndex)
        w.i32(partition.leaderId)
        w.i32(partition.leaderEpoch ?? -1)
        putInts(w, partition.replicaNodes)
        putInts(w, partition.isrNodes)
        putInts(w, partition.offlineReplicas)
        w.uvarint(0)
      }
      w.i32(topic.topicAuthorizedOperations ?? -2147483648)
      w.uvarint(0)
    }
    w.uvarint(0)
  },
}
