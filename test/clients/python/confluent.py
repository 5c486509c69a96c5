"""confluent-kafka (librdkafka): produces, consumes, groups and administers. Arguments: bootstrap, number of brokers."""

import sys
import time

from check import check, done, same, until
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic

BOOTSTRAP, BROKERS = sys.argv[1], int(sys.argv[2])
TOPIC = f"confluent-{time.time_ns()}"
CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
admin = AdminClient({"bootstrap.servers": BOOTSTRAP})


def create():
    replicas = min(BROKERS, 3)
    for future in admin.create_topics([NewTopic(TOPIC, 4, replicas, config={"retention.ms": "7200000"})]).values():
        future.result(20)
    meta = admin.list_topics(TOPIC, timeout=10)
    same(4, len(meta.topics[TOPIC].partitions))
    same(BROKERS, len(meta.brokers))
    same(replicas, len(meta.topics[TOPIC].partitions[0].isrs))
    resource = ConfigResource("topic", TOPIC)
    for future in admin.describe_configs([resource]).values():
        same("7200000", future.result(20)["retention.ms"].value)


def produce(codec):
    failed = []
    producer = Producer(
        {"bootstrap.servers": BOOTSTRAP, "compression.type": codec, "enable.idempotence": True, "linger.ms": 5}
    )
    for i in range(200):
        producer.produce(
            TOPIC,
            key=f"{codec}-{i}",
            value=f"value {codec} {i} " + "x" * 200,
            headers={"codec": codec, "n": str(i).encode()},
            on_delivery=lambda error, message: failed.append(error) if error else None,
        )
    same(0, producer.flush(30))
    same([], failed)


def consume():
    consumer = Consumer({"bootstrap.servers": BOOTSTRAP, "group.id": TOPIC, "auto.offset.reset": "earliest"})
    consumer.subscribe([TOPIC])
    seen = {}

    def all_seen():
        message = consumer.poll(1.0)
        if message is not None:
            if message.error():
                raise KafkaException(message.error())
            seen[message.key().decode()] = message
        return len(seen) == 200 * len(CODECS)

    until(all_seen, 60)
    for key, message in seen.items():
        codec, i = key.split("-")
        same(f"value {codec} {i} " + "x" * 200, message.value().decode())
        same([("codec", codec.encode()), ("n", i.encode())], message.headers())
    consumer.commit(asynchronous=False)
    committed = consumer.committed([TopicPartition(TOPIC, p) for p in range(4)], timeout=10)
    same(200 * len(CODECS), sum(p.offset for p in committed))
    consumer.close()


def pair():
    """Two members share the partitions; one leaves and the other has all."""
    options = {"bootstrap.servers": BOOTSTRAP, "group.id": f"{TOPIC}-pair", "partition.assignment.strategy": "cooperative-sticky"}
    first, second = Consumer(options), Consumer(options)
    first.subscribe([TOPIC])
    second.subscribe([TOPIC])

    def shared():
        first.poll(0.1)
        second.poll(0.1)
        return len(first.assignment()) == 2 and len(second.assignment()) == 2

    until(shared, 40)
    second.close()

    def alone():
        first.poll(0.1)
        return len(first.assignment()) == 4

    until(alone, 40)
    first.close()


def administer():
    for future in admin.create_partitions([NewPartitions(TOPIC, 6)]).values():
        future.result(20)
    same(6, len(admin.list_topics(TOPIC, timeout=10).topics[TOPIC].partitions))
    groups = {g.group_id for g in admin.list_consumer_groups().result(20).valid}
    assert TOPIC in groups, f"{TOPIC} is not among {groups}"
    description = admin.describe_consumer_groups([TOPIC])[TOPIC].result(20)
    same("EMPTY", description.state.name)
    for future in admin.delete_consumer_groups([TOPIC]).values():
        future.result(20)
    for future in admin.delete_topics([TOPIC]).values():
        future.result(20)
    assert TOPIC not in admin.list_topics(timeout=10).topics


def watermarks():
    consumer = Consumer({"bootstrap.servers": BOOTSTRAP, "group.id": "w"})
    ends = [consumer.get_watermark_offsets(TopicPartition(TOPIC, p), timeout=10) for p in range(4)]
    same(200 * len(CODECS), sum(high - low for low, high in ends))
    at = consumer.offsets_for_times([TopicPartition(TOPIC, p, 0) for p in range(4)], timeout=10)
    same([0, 0, 0, 0], [p.offset for p in at])
    consumer.close()


check("confluent-kafka creates a topic and reads its settings", create)
for name in CODECS:
    check(f"confluent-kafka's idempotent producer sends 200 records with {name}", lambda name=name: produce(name))
check("confluent-kafka consumes all of them, with headers, and commits", consume)
check("confluent-kafka's watermarks and offsets by time are right", watermarks)
check("confluent-kafka: two cooperative members share and hand over", pair)
check("confluent-kafka administers partitions, groups and topics", administer)
done()
