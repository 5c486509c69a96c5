import java.lang.reflect.Method;
import java.util.*;
import java.util.concurrent.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;

/**
 * Produces and consumes with whatever kafka-clients (0.9 to 4.x) it was compiled against; what older ones lack is reached by
 * reflection. Prints a line `ok - …` or `not ok - …` a check.
 *
 *   RoundTrip produce BOOTSTRAP TOPIC LABEL CODEC,CODEC… PER_CODEC
 *   RoundTrip consume BOOTSTRAP TOPIC LABEL EXPECTED_LABEL/CODEC,… PER_CODEC
 */
public class RoundTrip {
  static final String STRINGS = "org.apache.kafka.common.serialization.String";
  static int failures = 0;

  public static void main(String[] args) throws Exception {
    List<String> list = Arrays.asList(args[4].split(","));
    int each = Integer.parseInt(args[5]);
    if (args[0].equals("produce")) for (String codec : list) produce(args[1], args[2], args[3], codec, each);
    else consume(args[1], args[2], args[3], list, each);
    System.exit(failures == 0 ? 0 : 1);
  }

  static void check(boolean good, String what, String why) {
    if (!good) failures++;
    System.out.println((good ? "ok - " : "not ok - ") + what + (good ? "" : ": " + why));
  }

  static String value(String label, String codec, int i) {
    StringBuilder text = new StringBuilder(label + " " + codec + " " + i + " ");
    while (text.length() < 300) text.append((char) ('a' + (text.length() * 7 + i) % 26));
    return text.toString();
  }

  static void produce(String bootstrap, String topic, String label, String codec, int each) {
    Properties p = new Properties();
    p.put("bootstrap.servers", bootstrap);
    p.put("acks", codec.equals("none") ? "all" : "1");
    p.put("compression.type", codec);
    p.put("linger.ms", "20");
    p.put("client.id", "java-" + label);
    p.put("key.serializer", STRINGS + "Serializer");
    p.put("value.serializer", STRINGS + "Serializer");
    Set<String> places = new HashSet<String>();
    String why = null;
    KafkaProducer<String, String> producer = new KafkaProducer<String, String>(p);
    try {
      List<Future<RecordMetadata>> sent = new ArrayList<Future<RecordMetadata>>();
      for (int i = 0; i < each; i++)
        sent.add(producer.send(new ProducerRecord<String, String>(topic, label + "/" + codec + "/" + i, value(label, codec, i))));
      for (Future<RecordMetadata> future : sent) {
        RecordMetadata where = future.get(30, TimeUnit.SECONDS);
        places.add(where.partition() + "@" + where.offset());
      }
    } catch (Exception e) {
      why = String.valueOf(e);
    } finally {
      producer.close();
    }
    check(why == null && places.size() == each, label + " produces " + each + " records with " + codec,
        why != null ? why : places.size() + " distinct places");
  }

  @SuppressWarnings("unchecked")
  static ConsumerRecords<String, String> poll(KafkaConsumer<String, String> consumer) throws Exception {
    try {
      Method m = KafkaConsumer.class.getMethod("poll", Class.forName("java.time.Duration"));
      return (ConsumerRecords<String, String>) m.invoke(consumer, java.time.Duration.ofMillis(500));
    } catch (NoSuchMethodException e) {
      return (ConsumerRecords<String, String>) KafkaConsumer.class.getMethod("poll", long.class).invoke(consumer, 500L);
    }
  }

  static void consume(String bootstrap, String topic, String label, List<String> from, int each) throws Exception {
    Properties p = new Properties();
    p.put("bootstrap.servers", bootstrap);
    p.put("group.id", "java-" + label + "-" + System.nanoTime());
    p.put("auto.offset.reset", "earliest");
    p.put("enable.auto.commit", "false");
    p.put("client.id", "java-" + label);
    p.put("key.deserializer", STRINGS + "Deserializer");
    p.put("value.deserializer", STRINGS + "Deserializer");
    Map<String, String> expected = new HashMap<String, String>();
    for (String pair : from) {
      String[] parts = pair.split("/");
      for (int i = 0; i < each; i++) expected.put(pair + "/" + i, value(parts[0], parts[1], i));
    }
    int total = expected.size(), seen = 0;
    String wrong = null;
    Map<TopicPartition, Long> next = new HashMap<TopicPartition, Long>();
    KafkaConsumer<String, String> consumer = new KafkaConsumer<String, String>(p);
    consumer.subscribe(Arrays.asList(topic));
    long deadline = System.currentTimeMillis() + 40000;
    while (seen < total && System.currentTimeMillis() < deadline && wrong == null) {
      for (ConsumerRecord<String, String> r : poll(consumer)) {
        TopicPartition tp = new TopicPartition(r.topic(), r.partition());
        Long want = next.get(tp);
        if (want != null && r.offset() < want) wrong = tp + " went back to offset " + r.offset() + " after " + want;
        next.put(tp, r.offset() + 1);
        String value = expected.remove(r.key());
        if (value == null) continue; // another case's record
        if (!value.equals(r.value())) wrong = "value of " + r.key() + " differs";
        seen++;
      }
    }
    check(wrong == null && seen == total, label + " consumes what " + from.size() + " producers wrote",
        wrong != null ? wrong : "saw " + seen + " of " + total + ", missing " + expected.keySet());
    Exception refused = null;
    try {
      consumer.commitSync();
      for (Map.Entry<TopicPartition, Long> e : next.entrySet())
        if (consumer.position(e.getKey()) != e.getValue()) refused = new Exception("position of " + e.getKey());
    } catch (Exception e) {
      refused = e;
    }
    check(refused == null, label + " commits its offsets", String.valueOf(refused));
    consumer.close();
  }
}
