/** What the recorded broker was started with, beside its addresses and directories. */
export const BROKER_SETTINGS: Readonly<Record<string, string>> = {
  'auto.create.topics.enable': 'true',
  'group.initial.rebalance.delay.ms': '0',
  'inter.broker.listener.name': 'PLAINTEXT',
  'num.partitions': '1',
  'offsets.topic.num.partitions': '5',
  'offsets.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'share.coordinator.state.topic.num.partitions': '5',
  'share.coordinator.state.topic.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'transaction.state.log.num.partitions': '5',
  'transaction.state.log.replication.factor': '1',
}
export const CLUSTER_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'
export const BROKER_ID = 1
