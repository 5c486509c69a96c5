import java.nio.ByteBuffer;
import java.util.*;
import java.util.concurrent.TimeUnit;
import kafka.api.FetchRequestBuilder;
import kafka.api.PartitionOffsetRequestInfo;
import kafka.common.TopicAndPartition;
import kafka.javaapi.*;
import kafka.javaapi.consumer.SimpleConsumer;
import kafka.javaapi.producer.Producer;
import kafka.message.MessageAndOffset;
import kafka.producer.KeyedMessage;
import kafka.producer.ProducerConfig;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Kafka 0.8.2: the Scala producer, the then new Java producer, and the SimpleConsumer, against one topic. Arguments: host port topic. */
public class Old082 {
  static int failures = 0;

  static void check(boolean good, String what, String why) {
    if (!good) failures++;
    System.out.println((good ? "ok - " : "not ok - ") + what + (good ? "" : ": " + why));
  }

  public static void main(String[] args) throws Exception {
    String host = args[0], topic = args[2];
    int port = Integer.parseInt(args[1]);
    Set<String> expected = new TreeSet<String>();
    for (String codec : new String[] {"none", "gzip", "snappy"}) scala(host + ":" + port, topic, codec, expected);
    for (String codec : new String[] {"none", "gzip", "snappy", "lz4"}) java(host + ":" + port, topic, codec, expected);
    Set<String> seen = new TreeSet<String>();
    String why = null;
    try {
      for (PartitionMetadata p : metadata(host, port, topic)) read(p, topic, seen);
    } catch (Exception e) {
      why = String.valueOf(e);
    }
    check(why == null && seen.equals(expected), "0.8.2 SimpleConsumer reads all " + expected.size() + " records with TopicMetadata 0, Offset 0, Fetch 0",
        why != null ? why : "saw " + seen.size());
    System.exit(failures == 0 ? 0 : 1);
  }

  static void scala(String brokers, String topic, String codec, Set<String> expected) {
    Properties p = new Properties();
    p.put("metadata.broker.list", brokers);
    p.put("serializer.class", "kafka.serializer.StringEncoder");
    p.put("request.required.acks", "-1");
    p.put("compression.codec", codec);
    String why = null;
    try {
      Producer<String, String> producer = new Producer<String, String>(new ProducerConfig(p));
      List<KeyedMessage<String, String>> batch = new ArrayList<KeyedMessage<String, String>>();
      for (int i = 0; i < 20; i++) {
        batch.add(new KeyedMessage<String, String>(topic, "s" + i, "scala " + codec + " " + i));
        expected.add("scala " + codec + " " + i);
      }
      producer.send(batch);
      producer.close();
    } catch (Exception e) {
      why = String.valueOf(e);
    }
    check(why == null, "0.8.2 Scala producer sends with " + codec, why);
  }

  static void java(String brokers, String topic, String codec, Set<String> expected) {
    Properties p = new Properties();
    p.put("bootstrap.servers", brokers);
    p.put("acks", "all");
    p.put("compression.type", codec);
    p.put("key.serializer", "org.apache.kafka.common.serialization.StringSerializer");
    p.put("value.serializer", "org.apache.kafka.common.serialization.StringSerializer");
    String why = null;
    KafkaProducer<String, String> producer = new KafkaProducer<String, String>(p);
    try {
      for (int i = 0; i < 20; i++) {
        producer.send(new ProducerRecord<String, String>(topic, "j" + i, "java " + codec + " " + i)).get(20, TimeUnit.SECONDS);
        expected.add("java " + codec + " " + i);
      }
    } catch (Exception e) {
      why = String.valueOf(e);
    }
    producer.close();
    check(why == null, "0.8.2 Java producer sends with " + codec, why);
  }

  static List<PartitionMetadata> metadata(String host, int port, String topic) {
    SimpleConsumer consumer = new SimpleConsumer(host, port, 10000, 64 * 1024, "lookup");
    try {
      return consumer.send(new TopicMetadataRequest(Collections.singletonList(topic))).topicsMetadata().get(0).partitionsMetadata();
    } finally {
      consumer.close();
    }
  }

  static void read(PartitionMetadata p, String topic, Set<String> seen) throws Exception {
    SimpleConsumer consumer = new SimpleConsumer(p.leader().host(), p.leader().port(), 10000, 64 * 1024, "reader");
    try {
      TopicAndPartition tp = new TopicAndPartition(topic, p.partitionId());
      long end = offset(consumer, tp, kafka.api.OffsetRequest.LatestTime());
      long next = offset(consumer, tp, kafka.api.OffsetRequest.EarliestTime());
      while (next < end) {
        FetchResponse r = consumer.fetch(new FetchRequestBuilder().clientId("reader").addFetch(topic, p.partitionId(), next, 100000).build());
        if (r.hasError()) throw new Exception("fetch error " + r.errorCode(topic, p.partitionId()));
        long before = next;
        for (MessageAndOffset m : r.messageSet(topic, p.partitionId())) {
          if (m.offset() < next) continue; // a compressed wrapper is sent whole
          if (m.offset() != next) throw new Exception("gap at " + next + ": got " + m.offset());
          ByteBuffer payload = m.message().payload();
          byte[] bytes = new byte[payload.remaining()];
          payload.get(bytes);
          seen.add(new String(bytes, "UTF-8"));
          next = m.nextOffset();
        }
        if (next == before) throw new Exception("no progress at offset " + next + " of " + end);
      }
    } finally {
      consumer.close();
    }
  }

  static long offset(SimpleConsumer consumer, TopicAndPartition tp, long time) throws Exception {
    Map<TopicAndPartition, PartitionOffsetRequestInfo> ask = new HashMap<TopicAndPartition, PartitionOffsetRequestInfo>();
    ask.put(tp, new PartitionOffsetRequestInfo(time, 1));
    OffsetResponse r = consumer.getOffsetsBefore(new OffsetRequest(ask, kafka.api.OffsetRequest.CurrentVersion(), "reader"));
    if (r.hasError()) throw new Exception("offset error " + r.errorCode(tp.topic(), tp.partition()));
    return r.offsets(tp.topic(), tp.partition())[0];
  }
}
