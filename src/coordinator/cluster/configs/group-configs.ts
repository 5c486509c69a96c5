import type { ConfigRow } from './definition.ts'

/**
 * Settings of a group. Source: Kafka 4.4, GroupConfig.
 * In the order in which Kafka defines them: it shows where they are listed.
 */
export const GROUP_CONFIGS: readonly ConfigRow[] = [
  ['consumer.session.timeout.ms', 'int', '45000', 'm', '[1,...]'],
  ['consumer.heartbeat.interval.ms', 'int', '5000', 'm', '[1,...]'],
  ['consumer.assignment.interval.ms', 'int', '1000', 'm', '[0,...]'],
  ['consumer.assignor.offload.enable', 'boolean', 'true', 'm', '', 'i'],
  ['share.session.timeout.ms', 'int', '45000', 'm', '[1,...]'],
  ['share.heartbeat.interval.ms', 'int', '5000', 'm', '[1,...]'],
  ['share.record.lock.duration.ms', 'int', '30000', 'm', '[1000,...]'],
  ['share.delivery.count.limit', 'int', '5', 'm', '[2,...]'],
  ['share.partition.max.record.locks', 'int', '2000', 'm', '[100,...]'],
  ['share.auto.offset.reset', 'string', 'latest', 'm', '[latest, earliest, by_duration:PnDTnHnMn.nS]'],
  ['share.isolation.level', 'string', 'read_uncommitted', 'm', '[read_committed, read_uncommitted]'],
  ['share.renew.acknowledge.enable', 'boolean', 'true', 'm'],
  ['share.assignment.interval.ms', 'int', '1000', 'm', '[0,...]'],
  ['share.assignor.offload.enable', 'boolean', 'true', 'm', '', 'i'],
  ['streams.session.timeout.ms', 'int', '45000', 'm', '[1,...]'],
  ['streams.heartbeat.interval.ms', 'int', '5000', 'm', '[1,...]'],
  ['streams.num.standby.replicas', 'int', '0', 'm', '[0,...]'],
  ['streams.num.warmup.replicas', 'int', '2', 'm', '[0,...]', 'i'],
  ['streams.initial.rebalance.delay.ms', 'int', '3000', 'm', '[0,...]'],
  ['streams.assignment.interval.ms', 'int', '1000', 'm', '[0,...]'],
  ['streams.assignor.offload.enable', 'boolean', 'true', 'm', '', 'i'],
  ['errors.deadletterqueue.copy.record.enable', 'boolean', 'false', 'm'],
  ['errors.deadletterqueue.topic.name', 'string', '', 'm'],
  ['streams.acceptable.recovery.lag', 'long', '10000', 'm', '[0,...]', 'i'],
  ['streams.assignor.name', 'string', null, 'm'],
  ['streams.rack.aware.assignment.tags', 'list', '', 'l', 'unique'],
  ['streams.task.offset.interval.ms', 'int', '60000', 'm', '[1,...]', 'i'],
]
