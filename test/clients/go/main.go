// Runs franz-go (kgo, kadm) against a Kafka: `go run . BOOTSTRAP BROKERS`. Prints one `ok - …` or `not ok - …` line
// per check.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

var (
	seeds   = strings.Split(os.Args[1], ",")
	brokers = must(strconv.Atoi(os.Args[2]))
	suffix  = strconv.FormatInt(time.Now().UnixMilli(), 36)
	topic   = "franz-" + suffix
	failed  = false
	faults  = &faultLog{}
)

// faultLog keeps what a healthy cluster never makes the client log: warnings, and errors that the client would try again.
type faultLog struct {
	mutex sync.Mutex
	lines []string
}

func (*faultLog) Level() kgo.LogLevel { return kgo.LogLevelDebug }

func (log *faultLog) Log(level kgo.LogLevel, message string, pairs ...any) {
	bad := level <= kgo.LogLevelWarn
	for _, value := range pairs {
		var kafka *kerr.Error
		if err, isError := value.(error); isError && errors.As(err, &kafka) && kafka != kerr.RebalanceInProgress {
			bad = true
		}
	}
	if bad {
		log.mutex.Lock()
		log.lines = append(log.lines, fmt.Sprint(message, pairs))
		log.mutex.Unlock()
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func expect[T comparable](wanted, got T, what string) {
	if wanted != got {
		panic(fmt.Errorf("%s: expected %v, got %v", what, wanted, got))
	}
}

func check(what string, body func(ctx context.Context)) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	defer func() {
		if reason := recover(); reason != nil {
			failed = true
			fmt.Printf("not ok - %s\n", what)
			fmt.Fprintf(os.Stderr, "%s: %v\n", what, reason)
		} else {
			fmt.Printf("ok - %s\n", what)
		}
	}()
	body(ctx)
}

func client(options ...kgo.Opt) *kgo.Client {
	return must(kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(seeds...), kgo.WithLogger(faults), kgo.FetchMaxWait(200 * time.Millisecond),
	}, options...)...))
}

var codecs = []struct {
	name  string
	codec kgo.CompressionCodec
}{
	{"none", kgo.NoCompression()}, {"gzip", kgo.GzipCompression()}, {"snappy", kgo.SnappyCompression()},
	{"lz4", kgo.Lz4Compression()}, {"zstd", kgo.ZstdCompression()},
}

const perCodec = 100

func produce(ctx context.Context, options ...kgo.Opt) {
	for _, each := range codecs {
		producer := client(append(options, kgo.ProducerBatchCompression(each.codec), kgo.DefaultProduceTopic(topic))...)
		records := make([]*kgo.Record, perCodec)
		for i := range records {
			records[i] = &kgo.Record{
				Key: fmt.Appendf(nil, "key-%d", i), Value: fmt.Appendf(nil, "%s %d %s", each.name, i, strings.Repeat("x", 300)),
				Headers: []kgo.RecordHeader{{Key: "codec", Value: []byte(each.name)}},
			}
		}
		if err := producer.ProduceSync(ctx, records...).FirstErr(); err != nil {
			panic(fmt.Errorf("%s: %w", each.name, err))
		}
		producer.Close()
	}
}

// consume polls until `count` records came.
func consume(ctx context.Context, consumer *kgo.Client, count int) []*kgo.Record {
	var records []*kgo.Record
	for len(records) < count {
		fetches := consumer.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			panic(fmt.Errorf("after %d of %d records: %w", len(records), count, err))
		}
		records = append(records, fetches.Records()...)
	}
	expect(count, len(records), "records")
	return records
}

func from(offset kgo.Offset) map[string]map[int32]kgo.Offset {
	return map[string]map[int32]kgo.Offset{topic: {0: offset, 1: offset, 2: offset, 3: offset}}
}

func producing(admin *kadm.Client) {
	check("creates a topic that is there at once", func(ctx context.Context) {
		retention := "3600000"
		must(admin.CreateTopic(ctx, 4, int16(brokers), map[string]*string{"retention.ms": &retention}, topic))
		details := must(admin.ListTopics(ctx, topic))
		expect(4, len(details[topic].Partitions), "partitions")
		expect(brokers, len(details[topic].Partitions[0].ISR), "in-sync replicas")
	})
	check("produces with every codec, idempotently", func(ctx context.Context) { produce(ctx) })
	check("produces with every codec, not idempotently, acks=1", func(ctx context.Context) {
		produce(ctx, kgo.DisableIdempotentWrite(), kgo.RequiredAcks(kgo.LeaderAck()))
	})
	check("produces without acknowledgement", func(ctx context.Context) {
		producer := client(kgo.DisableIdempotentWrite(), kgo.RequiredAcks(kgo.NoAck()))
		defer producer.Close()
		must(producer.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: []byte("unacknowledged")}).First())
	})
	check("a topic is made by producing to it", func(ctx context.Context) {
		producer := client(kgo.AllowAutoTopicCreation())
		defer producer.Close()
		must(producer.ProduceSync(ctx, &kgo.Record{Topic: topic + "-auto", Value: []byte("x")}).First())
	})
}

func consuming(admin *kadm.Client) {
	total := 2*perCodec*len(codecs) + 1
	check("consumes all records with keys and headers", func(ctx context.Context) {
		consumer := client(kgo.ConsumePartitions(from(kgo.NewOffset().AtStart())))
		defer consumer.Close()
		seen := map[string]int{}
		for _, record := range consume(ctx, consumer, total) {
			if len(record.Headers) == 1 {
				seen[string(record.Headers[0].Value)]++
				expect(string(record.Headers[0].Value), strings.Split(string(record.Value), " ")[0], "value")
			}
		}
		for _, each := range codecs {
			expect(2*perCodec, seen[each.name], each.name)
		}
	})
	check("consumes from offsets, from the end and from a timestamp", func(ctx context.Context) {
		consumer := client(kgo.ConsumePartitions(from(kgo.NewOffset().At(10))))
		consume(ctx, consumer, total-40)
		consumer.Close()
		consumer = client(kgo.ConsumePartitions(from(kgo.NewOffset().AtEnd().Relative(-5))))
		consume(ctx, consumer, 20)
		consumer.Close()
		consumer = client(kgo.ConsumePartitions(from(kgo.NewOffset().AfterMilli(1))), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
		consume(ctx, consumer, total)
		consumer.Close()
	})
	check("lists offsets of every kind", func(ctx context.Context) {
		ends := must(admin.ListEndOffsets(ctx, topic))
		sum := int64(0)
		ends.Each(func(offset kadm.ListedOffset) { sum += offset.Offset })
		expect(int64(total), sum, "end offsets")
		for _, list := range []kadm.ListedOffsets{
			must(admin.ListStartOffsets(ctx, topic)), must(admin.ListCommittedOffsets(ctx, topic)),
			must(admin.ListMaxTimestampOffsets(ctx, topic)), must(admin.ListOffsetsAfterMilli(ctx, 1, topic)),
			must(admin.ListLocalLogStartOffsets(ctx, topic)), must(admin.ListLatestRemoteOffsets(ctx, topic)),
		} {
			if err := list.Error(); err != nil {
				panic(err)
			}
		}
	})
}

// member consumes in a group until the context ends; `held` is told the number of partitions after each change.
func member(ctx context.Context, group string, held chan<- int, options ...kgo.Opt) *kgo.Client {
	var mutex sync.Mutex
	count := 0
	changed := func(by int) func(context.Context, *kgo.Client, map[string][]int32) {
		return func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
			mutex.Lock()
			defer mutex.Unlock()
			count += by * len(partitions[topic])
			held <- count
		}
	}
	consumer := client(append([]kgo.Opt{
		kgo.ConsumerGroup(group), kgo.DisableAutoCommit(), kgo.ConsumeTopics(topic), kgo.HeartbeatInterval(200 * time.Millisecond),
		kgo.OnPartitionsAssigned(changed(1)), kgo.OnPartitionsRevoked(changed(-1)), kgo.OnPartitionsLost(changed(-1)),
	}, options...)...)
	go func() {
		for ctx.Err() == nil && !consumer.PollFetches(ctx).IsClientClosed() {
		}
	}()
	return consumer
}

func until(ctx context.Context, held <-chan int, wanted int) {
	for {
		select {
		case count := <-held:
			if count == wanted {
				return
			}
		case <-ctx.Done():
			panic(fmt.Errorf("never held %d partitions", wanted))
		}
	}
}

func rebalances(ctx context.Context, admin *kadm.Client, group string, options ...kgo.Opt) {
	heldByFirst, heldBySecond := make(chan int, 100), make(chan int, 100)
	first := member(ctx, group, heldByFirst, append(options, kgo.ClientID("first"))...)
	defer first.Close()
	until(ctx, heldByFirst, 4)
	second := member(ctx, group, heldBySecond, append(options, kgo.ClientID("second"))...)
	until(ctx, heldBySecond, 2)
	described := must(admin.DescribeGroups(ctx, group))[group]
	expect(2, len(described.Members), "members")
	second.Close()
	until(ctx, heldByFirst, 4)
	if err := first.CommitUncommittedOffsets(ctx); err != nil {
		panic(err)
	}
}

func groups(admin *kadm.Client) {
	check("two members share a group, eagerly", func(ctx context.Context) {
		rebalances(ctx, admin, topic+"-range", kgo.Balancers(kgo.RangeBalancer(), kgo.RoundRobinBalancer()))
	})
	check("two members share a group, cooperatively", func(ctx context.Context) {
		rebalances(ctx, admin, topic+"-sticky", kgo.Balancers(kgo.CooperativeStickyBalancer()))
	})
	check("a static member comes back to its partitions", func(ctx context.Context) {
		for range 2 {
			held := make(chan int, 100)
			consumer := member(ctx, topic+"-static", held, kgo.InstanceID("one"))
			until(ctx, held, 4)
			consumer.Close()
		}
		described := must(admin.DescribeGroups(ctx, topic+"-static"))[topic+"-static"]
		expect("one", *described.Members[0].InstanceID, "instance")
		left := must(admin.LeaveGroup(ctx, kadm.LeaveGroup(topic+"-static").InstanceIDs("one")))
		if !left.Ok() {
			panic(left.Error())
		}
	})
	check("offsets are committed, fetched and deleted; lag is told", func(ctx context.Context) {
		group := topic + "-offsets"
		var offsets kadm.Offsets
		offsets.AddOffset(topic, 0, 7, 0)
		offsets.AddOffset(topic, 1, 8, -1)
		if err := admin.CommitAllOffsets(ctx, group, offsets); err != nil {
			panic(err)
		}
		fetched := must(admin.FetchOffsets(ctx, group))
		expect(int64(7), fetched[topic][0].At, "offset")
		many := admin.FetchManyOffsets(ctx, group, topic+"-range")
		if err := many.Error(); err != nil {
			panic(err)
		}
		lag := must(admin.Lag(ctx, group))
		if err := lag.Error(); err != nil {
			panic(err)
		}
		if lag[group].Lag.Total() == 0 {
			panic("no lag")
		}
		var gone kadm.TopicsSet
		gone.Add(topic, 0)
		must(admin.DeleteOffsets(ctx, group, gone))
		fetched = must(admin.FetchOffsets(ctx, group))
		expect(1, len(fetched[topic]), "partitions with an offset")
	})
	check("groups are listed, described and deleted", func(ctx context.Context) {
		listed := must(admin.ListGroups(ctx))
		expect("Empty", listed[topic+"-range"].State, "state")
		must(admin.ListGroupsByType(ctx, []string{"classic"}, "Empty"))
		deleted := must(admin.DeleteGroups(ctx, topic+"-range", topic+"-sticky", topic+"-static", topic+"-offsets"))
		if err := deleted.Error(); err != nil {
			panic(err)
		}
		if _, there := must(admin.ListGroups(ctx))[topic+"-range"]; there {
			panic("a deleted group is still listed")
		}
	})
}

func administration(admin *kadm.Client) {
	check("brokers, metadata, versions and log directories", func(ctx context.Context) {
		expect(brokers, len(must(admin.ListBrokers(ctx))), "brokers")
		expect(brokers, len(must(admin.ApiVersions(ctx))), "brokers with versions")
		expect(brokers, len(must(admin.DescribeAllLogDirs(ctx, nil))), "brokers with directories")
		coordinators := admin.FindGroupCoordinators(ctx, "a", "b", "c")
		if err := coordinators.Error(); err != nil {
			panic(err)
		}
		var request kadm.OffsetForLeaderEpochRequest
		request.Add(topic, 0, 0)
		if must(admin.OffsetForLeaderEpoch(ctx, request))[topic][0].EndOffset <= 0 {
			panic("no end offset of epoch 0")
		}
	})
	check("configs are described and altered", func(ctx context.Context) {
		size := "2000000"
		altered := must(admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Name: "max.message.bytes", Value: &size}}, topic))
		expect(nil, altered[0].Err, "error")
		configs := must(must(admin.DescribeTopicConfigs(ctx, topic)).On(topic, nil))
		found := map[string]string{}
		for _, config := range configs.Configs {
			found[config.Key] = config.MaybeValue()
		}
		expect("2000000", found["max.message.bytes"], "max.message.bytes")
		expect("3600000", found["retention.ms"], "retention.ms")
		state := must(admin.AlterTopicConfigsState(ctx, []kadm.AlterConfig{{Name: "max.message.bytes", Value: &size}}, topic))
		expect(nil, state[0].Err, "error")
		must(must(admin.DescribeBrokerConfigs(ctx, 1)).On("1", nil))
	})
	check("partitions are added and records deleted", func(ctx context.Context) {
		must(admin.CreatePartitions(ctx, 2, topic))
		expect(6, len(must(admin.ListTopics(ctx, topic))[topic].Partitions), "partitions")
		var offsets kadm.Offsets
		offsets.AddOffset(topic, 0, 3, -1)
		deleted := must(admin.DeleteRecords(ctx, offsets))
		expect(int64(3), deleted[topic][0].LowWatermark, "low watermark")
		starts := must(admin.ListStartOffsets(ctx, topic))
		expect(int64(3), starts[topic][0].Offset, "log start offset")
	})
	check("topics are deleted", func(ctx context.Context) {
		deleted := must(admin.DeleteTopics(ctx, topic, topic+"-auto"))
		if err := deleted.Error(); err != nil {
			panic(err)
		}
		fresh := client() // another client, for this one remembers metadata
		defer fresh.Close()
		expect(false, must(kadm.NewClient(fresh).ListTopics(ctx)).Has(topic), "topic is there")
	})
}

func main() {
	connection := client()
	admin := kadm.NewClient(connection)
	producing(admin)
	consuming(admin)
	groups(admin)
	administration(admin)
	connection.Close()
	// Odradek is stricter: a Kafka that has just started meets a client with COORDINATOR_LOAD_IN_PROGRESS,
	// UNKNOWN_TOPIC_OR_PARTITION of a topic that it is making, COORDINATOR_NOT_AVAILABLE and NOT_COORDINATOR.
	check("the client met no warning and no error to try again", func(context.Context) {
		if len(faults.lines) > 0 {
			panic(strings.Join(faults.lines, "\n"))
		}
	})
	if failed {
		os.Exit(1)
	}
}
