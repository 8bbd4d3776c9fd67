// What reading a topic costs at the least: a plain consumer of librdkafka that counts bytes.
//   kafka_consumer_bench BROKERS TOPIC
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <utility>

#include <librdkafka/rdkafka.h>

int main(int count, char** words) {
  if (count != 3) {
    std::fputs("usage: kafka_consumer_bench BROKERS TOPIC\n", stderr);
    return 2;
  }
  const auto start = std::chrono::steady_clock::now();
  char problem[512] = {};
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  for (const auto& [name, value] :
       {std::pair{"bootstrap.servers", static_cast<const char*>(words[1])},
        std::pair{"group.id", "kafka-consumer-bench"},
        std::pair{"isolation.level", "read_committed"},
        std::pair{"enable.partition.eof", "true"}}) {
    rd_kafka_conf_set(conf, name, value, problem, sizeof problem);
  }
  rd_kafka_t* const consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, problem, sizeof problem);
  rd_kafka_poll_set_consumer(consumer);
  const rd_kafka_metadata_t* metadata = nullptr;
  rd_kafka_topic_t* const topic = rd_kafka_topic_new(consumer, words[2], nullptr);
  if (rd_kafka_metadata(consumer, 0, topic, &metadata, 30'000) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    std::fputs("the brokers don't answer\n", stderr);
    return 1;
  }
  rd_kafka_topic_partition_list_t* const list = rd_kafka_topic_partition_list_new(1);
  const int partitions = metadata->topics[0].partition_cnt;
  for (int i = 0; i < partitions; ++i) {
    rd_kafka_topic_partition_list_add(list, words[2], i)->offset = 0;
  }
  rd_kafka_assign(consumer, list);
  rd_kafka_queue_t* const queue = rd_kafka_queue_get_consumer(consumer);
  long long messages = 0;
  long long bytes = 0;
  std::set<int> at_end;
  while (static_cast<int>(at_end.size()) < partitions) {
    rd_kafka_message_t* polled[1'000];
    const long got = rd_kafka_consume_batch_queue(queue, 100, polled, 1'000);
    for (long i = 0; i < got; ++i) {
      if (polled[i]->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        at_end.insert(polled[i]->partition);
      } else if (polled[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        ++messages;
        bytes += static_cast<long long>(polled[i]->len);
      }
      rd_kafka_message_destroy(polled[i]);
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("{\"seconds\": %.4f, \"messages\": %lld, \"bytes\": %lld}\n", took.count(), messages,
              bytes);
  std::fflush(stdout);
  std::_Exit(0);  // what is left is the library's own
}
