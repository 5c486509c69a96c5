"""kafka-python: produces, consumes, groups and administers. Arguments: bootstrap, number of brokers."""

import sys
import time

from check import check, done, same, until
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

BOOTSTRAP, BROKERS = sys.argv[1], int(sys.argv[2])
TOPIC = f"kafka-python-{time.time_ns()}"
admin = KafkaAdminClient(bootstrap_servers=BOOTSTRAP)


def create():
    admin.create_topics([NewTopic(name=TOPIC, num_partitions=3, replication_factor=min(BROKERS, 3))])
    assert TOPIC in admin.list_topics()
    described = admin.describe_topics([TOPIC])[0]
    same(3, len(described["partitions"]))


def produce(codec):
    producer = KafkaProducer(bootstrap_servers=BOOTSTRAP, compression_type=codec, acks="all")
    futures = [
        producer.send(TOPIC, key=f"{codec}-{i}".encode(), value=b"v" * i, headers=[("h", b"1")]) for i in range(100)
    ]
    producer.flush(30)
    places = {(f.get(10).partition, f.get(10).offset) for f in futures}
    same(100, len(places))
    producer.close()


def consume():
    consumer = KafkaConsumer(
        TOPIC, bootstrap_servers=BOOTSTRAP, group_id=TOPIC, auto_offset_reset="earliest", enable_auto_commit=False
    )
    seen = {}

    def all_seen():
        for batch in consumer.poll(timeout_ms=500).values():
            for record in batch:
                seen[record.key.decode()] = record
        return len(seen) == 200

    until(all_seen)
    for key, record in seen.items():
        same(int(key.split("-")[1]), len(record.value))
        same([("h", b"1")], list(map(tuple, record.headers)))
    consumer.commit()
    partitions = [TopicPartition(TOPIC, p) for p in range(3)]
    same(200, sum(consumer.committed(p) for p in partitions))
    same(200, sum(consumer.end_offsets(partitions).values()))
    same([0, 0, 0], [consumer.beginning_offsets(partitions)[p] for p in partitions])
    consumer.close()


def administer():
    assert any(TOPIC in str(group) for group in admin.list_groups() if True)
    admin.delete_topics([TOPIC])
    assert TOPIC not in admin.list_topics()


check("kafka-python creates a topic", create)
for name in [None, "gzip"]:
    check(f"kafka-python produces with {name}", lambda name=name: produce(name))
check("kafka-python consumes as a group and commits", consume)
check("kafka-python lists groups and deletes the topic", administer)
done()
