/** Brokers come, are fenced, stop and leave: decided. Source: KRaft's ClusterControlManager. */

import type { ClusterState } from './cluster-state.ts'
import { type BrokerRegistration, DONE, type ItemResult, type RegisteredBroker, refused } from './commands.ts'
import type { Decision } from './decision.ts'
import { type ElectionSettings, updateLeaders } from './election.ts'
import type { BrokerImage } from './image.ts'
import type { BrokerRecord, MetadataRecord } from './records.ts'

const BROKER_ID_MAX = 2 ** 31 - 1

/**
 * A (re)started broker: fenced until it says that it is ready. What it led before passes to others now. `returning`: the
 * whole cluster was stopped while the broker lived, so nobody is ahead of it: it stays unfenced and keeps what it led, under
 * new leader epochs (what it had in memory only may be lost, and followers must notice).
 */
export const decideRegisterBroker = (
  image: ClusterState,
  registration: BrokerRegistration,
  returning: boolean,
  settings: ElectionSettings,
): Decision<RegisteredBroker> => {
  const { id, rack, endpoints, directories } = registration
  const refuse = (message: string): Decision<RegisteredBroker> => ({
    records: [],
    result: { ...refused('INVALID_REGISTRATION', message), epoch: -1 },
  })
  if (!Number.isInteger(id) || id < 0 || id > BROKER_ID_MAX) {
    return refuse(`Broker id ${id} is not between 0 and ${BROKER_ID_MAX}.`)
  }
  if (endpoints.length === 0) return refuse(`Broker ${id} has no listener.`)
  const before = image.brokers.get(id)
  if (before && !before.fenced && !returning) {
    return { records: [], result: { ...refused('DUPLICATE_BROKER_REGISTRATION'), epoch: -1 } }
  }
  const moved = returning
    ? renewEpochs(image, id)
    : before
      ? updateLeaders(image, settings, { removed: id })
      : []
  const epoch = image.offset + 1 + moved.length
  const record: BrokerRecord = {
    type: 'broker',
    id,
    epoch,
    rack,
    endpoints,
    directories,
    fenced: !returning,
    inControlledShutdown: false,
  }
  return { records: [...moved, record], result: { ...DONE, epoch } }
}

const renewEpochs = (image: ClusterState, id: number): MetadataRecord[] => {
  const records: MetadataRecord[] = []
  for (const topic of image.topics()) {
    for (const partition of topic.partitions) {
      if (partition.leader !== id) continue
      const { leaderEpoch, partitionEpoch } = partition
      records.push({
        ...partition,
        type: 'partition',
        topicId: topic.id,
        leaderEpoch: leaderEpoch + 1,
        partitionEpoch: partitionEpoch + 1,
      })
    }
  }
  return records
}

export const decideUnfenceBroker = (
  image: ClusterState,
  id: number,
  epoch: number,
  settings: ElectionSettings,
): Decision<ItemResult> => {
  const broker = image.brokers.get(id)
  if (!broker) return refuse('BROKER_ID_NOT_REGISTERED', id)
  if (broker.epoch !== epoch) return refuse('STALE_BROKER_EPOCH', id)
  if (!broker.fenced) return { records: [], result: DONE }
  const record = brokerRecord(broker, { fenced: false, inControlledShutdown: false })
  return { records: [record, ...updateLeaders(image, settings, { added: id })], result: DONE }
}

/** A broker that is thought dead: its leaderships move to others and it leaves each ISR. */
export const decideFenceBroker = (
  image: ClusterState,
  id: number,
  settings: ElectionSettings,
): Decision<ItemResult> => {
  const broker = image.brokers.get(id)
  if (!broker) return refuse('BROKER_ID_NOT_REGISTERED', id)
  if (broker.fenced) return { records: [], result: DONE }
  const moved = updateLeaders(image, settings, { removed: id })
  return { records: [...moved, brokerRecord(broker, { fenced: true })], result: DONE }
}

/** A broker that wants to stop: what it leads moves while it still answers. */
export const decideControlledShutdown = (
  image: ClusterState,
  id: number,
  epoch: number,
  settings: ElectionSettings,
): Decision<ItemResult> => {
  const broker = image.brokers.get(id)
  if (!broker) return refuse('BROKER_ID_NOT_REGISTERED', id)
  if (broker.epoch !== epoch) return refuse('STALE_BROKER_EPOCH', id)
  if (broker.fenced || broker.inControlledShutdown) return { records: [], result: DONE }
  const moved = updateLeaders(image, settings, { removed: id })
  return { records: [...moved, brokerRecord(broker, { inControlledShutdown: true })], result: DONE }
}

/** Forgets a broker. Its replicas stay assigned to it until they are moved, as in Kafka. */
export const decideUnregisterBroker = (
  image: ClusterState,
  id: number,
  settings: ElectionSettings,
): Decision<ItemResult> => {
  if (!image.brokers.has(id)) return refuse('BROKER_ID_NOT_REGISTERED', id)
  const records: MetadataRecord[] = updateLeaders(image, settings, { removed: id })
  return { records: [...records, { type: 'broker-removed', id }], result: DONE }
}

const refuse = (
  error: 'BROKER_ID_NOT_REGISTERED' | 'STALE_BROKER_EPOCH',
  id: number,
): Decision<ItemResult> => {
  const why = error === 'STALE_BROKER_EPOCH' ? 'has a newer registration' : 'is not currently registered'
  return { records: [], result: refused(error, `Broker ID ${id} ${why}`) }
}

const brokerRecord = (
  broker: BrokerImage,
  change: Partial<Pick<BrokerImage, 'fenced' | 'inControlledShutdown'>>,
): BrokerRecord => ({ type: 'broker', ...broker, ...change })
