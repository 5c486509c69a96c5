import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.acl.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.*;

/** What the 4.x Java client does beyond a round trip: the admin client, headers, seeks, offsets by time, two members of a group. */
public class Modern {
  static int failures = 0;
  interface Body { void run() throws Exception; }

  static void check(String what, Body body) {
    try {
      body.run();
      System.out.println("ok - " + what);
    } catch (Throwable t) {
      failures++;
      System.out.println("not ok - " + what + ": " + t + (t.getCause() == null ? "" : " caused by " + t.getCause()));
    }
  }

  static void same(Object expected, Object actual) {
    if (!Objects.equals(expected, actual)) throw new IllegalStateException("expected " + expected + ", got " + actual);
  }

  static Properties base(String bootstrap) {
    Properties p = new Properties();
    p.put("bootstrap.servers", bootstrap);
    for (String side : new String[] {"key", "value"}) {
      p.put(side + ".serializer", "org.apache.kafka.common.serialization.StringSerializer");
      p.put(side + ".deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
    }
    p.put("auto.offset.reset", "earliest");
    return p;
  }

  public static void main(String[] args) throws Exception {
    String bootstrap = args[0];
    int brokers = Integer.parseInt(args[1]);
    short replicas = (short) Math.min(brokers, 3);
    String topic = "modern-" + System.nanoTime();
    Admin admin = Admin.create(base(bootstrap));
    check("4.x admin: the cluster has " + brokers + " brokers and a controller", () -> {
      DescribeClusterResult c = admin.describeCluster();
      same(brokers, c.nodes().get().size());
      if (c.controller().get() == null || c.clusterId().get().isEmpty()) throw new IllegalStateException("no controller or id");
    });
    check("4.x admin: creates a topic with settings and sees it at once", () -> {
      NewTopic t = new NewTopic(topic, 3, replicas).configs(Map.of("retention.ms", "3600000"));
      CreateTopicsResult r = admin.createTopics(List.of(t));
      same(3, r.numPartitions(topic).get());
      same((int) replicas, r.replicationFactor(topic).get());
      TopicDescription d = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
      same(3, d.partitions().size());
      same((int) replicas, d.partitions().get(0).isr().size());
      ConfigResource key = new ConfigResource(ConfigResource.Type.TOPIC, topic);
      same("3600000", admin.describeConfigs(List.of(key)).all().get().get(key).get("retention.ms").value());
      admin.incrementalAlterConfigs(Map.of(key, List.of(
          new AlterConfigOp(new ConfigEntry("max.message.bytes", "2000000"), AlterConfigOp.OpType.SET)))).all().get();
      same("2000000", admin.describeConfigs(List.of(key)).all().get().get(key).get("max.message.bytes").value());
    });
    check("4.x admin: refuses a topic that exists and one with too many replicas", () -> {
      expect(TopicExistsException.class, admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all());
      expect(InvalidReplicationFactorException.class, admin.createTopics(List.of(new NewTopic(topic + "-x", 1, (short) 9))).all());
      expect(InvalidTopicException.class, admin.createTopics(List.of(new NewTopic("a b", 1, (short) 1))).all());
      expect(UnknownTopicOrPartitionException.class, admin.deleteTopics(List.of("never-there")).all());
    });
    check("4.x idempotent producer: headers, timestamps, keys and tombstones come back as sent", () -> headers(bootstrap, topic));
    check("4.x consumer: seeks, offsets by time, begin and end offsets", () -> seeks(bootstrap, topic));
    check("4.x consumers: two members share a group's partitions and one takes over", () -> group(bootstrap, topic));
    check("4.x admin: adds partitions, deletes records, lists offsets, groups and log directories", () -> rest(admin, topic, bootstrap));
    check("4.x admin: deletes the topic, and it is gone", () -> {
      admin.deleteTopics(List.of(topic)).all().get();
      same(false, admin.listTopics().names().get().contains(topic));
    });
    admin.close();
    System.exit(failures == 0 ? 0 : 1);
  }

  static void expect(Class<?> type, KafkaFuture<?> future) throws Exception {
    try {
      future.get(20, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      same(type.getSimpleName(), e.getCause().getClass().getSimpleName());
      return;
    }
    throw new IllegalStateException("no " + type.getSimpleName());
  }

  static void headers(String bootstrap, String topic) throws Exception {
    Properties p = base(bootstrap);
    p.put("enable.idempotence", "true");
    p.put("compression.type", "zstd");
    try (Producer<String, String> producer = new KafkaProducer<>(p)) {
      for (int i = 0; i < 30; i++) {
        ProducerRecord<String, String> r = new ProducerRecord<>(topic, i % 3, 1000L + i, "k" + i, i == 7 ? null : "v" + i);
        r.headers().add("n", Integer.toString(i).getBytes(StandardCharsets.UTF_8)).add("empty", null);
        producer.send(r).get(20, TimeUnit.SECONDS);
      }
    }
    try (Consumer<String, String> consumer = new KafkaConsumer<>(base(bootstrap))) {
      List<ConsumerRecord<String, String>> got = drain(consumer, topic, 30);
      for (ConsumerRecord<String, String> r : got) {
        int i = Integer.parseInt(r.key().substring(1));
        same(i % 3, r.partition());
        same((long) (i / 3), r.offset());
        same(1000L + i, r.timestamp());
        same(i == 7 ? null : "v" + i, r.value());
        same(Integer.toString(i), new String(r.headers().lastHeader("n").value(), StandardCharsets.UTF_8));
        same(null, r.headers().lastHeader("empty").value());
        same(Optional.of(0), r.leaderEpoch());
      }
    }
  }

  static List<ConsumerRecord<String, String>> drain(Consumer<String, String> consumer, String topic, int count) {
    List<TopicPartition> all = new ArrayList<>();
    for (PartitionInfo info : consumer.partitionsFor(topic)) all.add(new TopicPartition(topic, info.partition()));
    consumer.assign(all);
    consumer.seekToBeginning(all);
    List<ConsumerRecord<String, String>> got = new ArrayList<>();
    long deadline = System.currentTimeMillis() + 20000;
    while (got.size() < count && System.currentTimeMillis() < deadline)
      for (ConsumerRecord<String, String> r : consumer.poll(Duration.ofMillis(200))) got.add(r);
    same(count, got.size());
    return got;
  }

  static void seeks(String bootstrap, String topic) {
    TopicPartition tp = new TopicPartition(topic, 1);
    try (Consumer<String, String> consumer = new KafkaConsumer<>(base(bootstrap))) {
      same(Map.of(tp, 0L), consumer.beginningOffsets(List.of(tp)));
      same(Map.of(tp, 10L), consumer.endOffsets(List.of(tp)));
      OffsetAndTimestamp found = consumer.offsetsForTimes(Map.of(tp, 1014L)).get(tp);
      same(5L, found.offset());
      same(1016L, found.timestamp());
      same(null, consumer.offsetsForTimes(Map.of(tp, 99999L)).get(tp));
      consumer.assign(List.of(tp));
      consumer.seek(tp, 8);
      List<Long> offsets = new ArrayList<>();
      long deadline = System.currentTimeMillis() + 20000;
      while (offsets.size() < 2 && System.currentTimeMillis() < deadline)
        for (ConsumerRecord<String, String> r : consumer.poll(Duration.ofMillis(200))) offsets.add(r.offset());
      same(List.of(8L, 9L), offsets);
    }
  }

  static void group(String bootstrap, String topic) {
    Properties p = base(bootstrap);
    p.put("group.id", "pair-" + topic);
    p.put("session.timeout.ms", "10000");
    Consumer<String, String> first = new KafkaConsumer<>(p), second = new KafkaConsumer<>(p);
    try {
      first.subscribe(List.of(topic));
      second.subscribe(List.of(topic));
      until(() -> {
        first.poll(Duration.ofMillis(100));
        second.poll(Duration.ofMillis(100));
        return first.assignment().size() + second.assignment().size() == 3 && !first.assignment().isEmpty() && !second.assignment().isEmpty();
      });
      second.close();
      until(() -> {
        first.poll(Duration.ofMillis(100));
        return first.assignment().size() == 3;
      });
      first.commitSync();
    } finally {
      first.close();
    }
  }

  static void until(BooleanCall condition) {
    long deadline = System.currentTimeMillis() + 30000;
    while (!condition.get()) if (System.currentTimeMillis() > deadline) throw new IllegalStateException("waited 30 s");
  }

  interface BooleanCall { boolean get(); }

  static void rest(Admin admin, String topic, String bootstrap) throws Exception {
    admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(5))).all().get();
    same(5, admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size());
    TopicPartition tp = new TopicPartition(topic, 0);
    same(4L, admin.deleteRecords(Map.of(tp, RecordsToDelete.beforeOffset(4))).lowWatermarks().get(tp).get().lowWatermark());
    same(4L, admin.listOffsets(Map.of(tp, OffsetSpec.earliest())).partitionResult(tp).get().offset());
    same(10L, admin.listOffsets(Map.of(tp, OffsetSpec.latest())).partitionResult(tp).get().offset());
    same(9L, admin.listOffsets(Map.of(tp, OffsetSpec.maxTimestamp())).partitionResult(tp).get().offset());
    String group = "pair-" + topic;
    same(true, admin.listConsumerGroups().all().get().stream().anyMatch(g -> g.groupId().equals(group)));
    same(3, admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().size());
    same(0, admin.describeConsumerGroups(List.of(group)).all().get().get(group).members().size());
    admin.deleteConsumerGroupOffsets(group, Set.of(tp)).all().get();
    same(2, admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().size());
    admin.deleteConsumerGroups(List.of(group)).all().get();
    int id = admin.describeCluster().nodes().get().iterator().next().id();
    long bytes = admin.describeLogDirs(List.of(id)).allDescriptions().get().get(id).values().stream()
        .flatMap(d -> d.replicaInfos().values().stream()).mapToLong(ReplicaInfo::size).sum();
    if (bytes <= 0) throw new IllegalStateException("log directories hold " + bytes + " bytes");
  }
}
