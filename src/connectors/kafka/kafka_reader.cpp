#include "connectors/kafka/kafka_reader.h"

#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>

#include "base/error.h"
#include "connectors/kafka/kafka_handle.h"

namespace weir::connectors {
namespace {

using KafkaClock = std::chrono::steady_clock;

constexpr int kPollMillis = 10;
constexpr std::size_t kMessagesOfPoll = 1'000;
constexpr std::size_t kRowsOfBlock = 16'384;
constexpr std::size_t kBytesOfBlock = 8 << 20;

std::map<std::string, std::string> OwnSettings(const KafkaCluster& cluster) {
  return {{"group.id", cluster.group.empty() ? "weir" : cluster.group},
          {"enable.auto.commit", "false"},
          {"enable.auto.offset.store", "false"},
          {"isolation.level", "read_committed"},
          {"enable.partition.eof", "true"},
          {"auto.offset.reset", "error"}};
}

// How far one partition has come.
class PartitionProgress {
 public:
  PartitionProgress(const KafkaSpan& span, bool keeps_keys) : span_(span), keeps_keys_(keeps_keys) {
    messages_.partition = span.partition;
    messages_.next = span.next;
  }

  bool is_done() const { return done_; }
  KafkaMessages Take() { return std::move(messages_); }

  // Returns the bytes taken.
  std::int64_t Add(const rd_kafka_message_t& message) {
    if (message.offset >= span_.end) {
      EndAt(span_.end);
      return 0;
    }
    OpenBlock().Append({static_cast<const char*>(message.payload), message.len});
    messages_.offsets.push_back(message.offset);
    if (keeps_keys_) {
      messages_.keys.emplace_back(static_cast<const char*>(message.key), message.key_len);
    }
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    const std::int64_t millis = rd_kafka_message_timestamp(&message, &type);
    messages_.times.push_back(type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? 0 : millis * 1000);
    messages_.next = message.offset + 1;
    done_ = messages_.next >= span_.end;
    return static_cast<std::int64_t>(message.len);
  }

  // What is left up to `offset` are no messages.
  void EndAt(std::int64_t offset) {
    messages_.next = std::max(messages_.next, std::min(offset, span_.end));
    done_ = true;
  }

 private:
  // Blocks are handed on as columns: memory that is filled once is not copied.
  TextColumn& OpenBlock() {
    auto& blocks = messages_.blocks;
    const bool is_full = blocks.empty() || blocks.back().num_rows() >= kRowsOfBlock ||
                         blocks.back().num_bytes() >= kBytesOfBlock;
    if (is_full) {
      messages_.firsts.push_back(messages_.offsets.size());
      TextColumn& block = blocks.emplace_back();
      if (blocks.size() > 1) {  // likely as large as the one before
        constexpr std::size_t kSpare = 64 << 10;
        block.Reserve(kRowsOfBlock, blocks[blocks.size() - 2].num_bytes() + kSpare);
      }
    }
    return blocks.back();
  }

  KafkaSpan span_;
  bool keeps_keys_;
  KafkaMessages messages_;
  bool done_ = false;
};

struct DestroyMessage {
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};
using MessageOwner = std::unique_ptr<rd_kafka_message_t, DestroyMessage>;
using Parts = std::map<std::int32_t, PartitionProgress>;

}  // namespace

std::string_view KafkaMessages::message(std::size_t number) const {
  const auto block = std::prev(std::ranges::upper_bound(firsts, number));
  return blocks[static_cast<std::size_t>(block - firsts.begin())].At(number - *block);
}

std::size_t KafkaMessages::num_bytes() const {
  std::size_t bytes = 0;
  for (const TextColumn& block : blocks) {
    bytes += block.num_bytes();
  }
  return bytes;
}

std::optional<Micros> KafkaMessages::newest() const {
  const auto last =
      std::ranges::find_if(times.rbegin(), times.rend(), [](Micros time) { return time != 0; });
  return last == times.rend() ? std::nullopt : std::optional(*last);
}

class KafkaReader::Session {
 public:
  explicit Session(const KafkaCluster& cluster)
      : handle_(RD_KAFKA_CONSUMER, cluster, OwnSettings(cluster),
                {{"fetch.wait.max.ms", "20"}, {"queued.max.messages.kbytes", "32768"}}),
        queue_(rd_kafka_queue_get_consumer(handle_.get())) {}

  ~Session() { rd_kafka_consumer_close(handle_.get()); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  std::vector<std::int32_t> Partitions(const std::string& topic) const {
    const rd_kafka_metadata_t* found = nullptr;
    rd_kafka_topic_t* const name = rd_kafka_topic_new(handle_.get(), topic.c_str(), nullptr);
    if (name == nullptr) {
      handle_.Check(rd_kafka_last_error(), "topic " + topic);
    }
    const auto code = AskFor(name, &found);
    rd_kafka_topic_destroy(name);
    handle_.Check(code, "topic " + topic);
    const KafkaOwner<const rd_kafka_metadata_t> metadata(found);
    const rd_kafka_metadata_topic_t& about = metadata->topics[0];
    if (about.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
      handle_.FailWithoutTopic(topic);
    }
    handle_.Check(about.err, "topic " + topic);
    std::vector<std::int32_t> partitions;
    partitions.reserve(static_cast<std::size_t>(about.partition_cnt));
    for (int i = 0; i < about.partition_cnt; ++i) {
      partitions.push_back(about.partitions[i].id);
    }
    std::ranges::sort(partitions);
    return partitions;
  }

  KafkaExtent Extent(const std::string& topic, std::int32_t partition) const {
    KafkaExtent extent{.partition = partition};
    handle_.Check(rd_kafka_query_watermark_offsets(handle_.get(), topic.c_str(), partition,
                                                   &extent.first, &extent.end, handle_.timeout()),
                  Place(topic, partition));
    return extent;
  }

  void Assign(const std::string& topic, const std::vector<KafkaSpan>& spans) {
    const PartitionList list = MakePartitionList(spans.size());
    for (const KafkaSpan& span : spans) {
      rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), span.partition)->offset =
          span.next;
    }
    handle_.Check(rd_kafka_assign(handle_.get(), list.get()), "topic " + topic);
  }

  void Unassign() { rd_kafka_assign(handle_.get(), nullptr); }

  std::vector<MessageOwner> Poll() {
    std::array<rd_kafka_message_t*, kMessagesOfPoll> polled{};
    const auto count =
        rd_kafka_consume_batch_queue(queue_.get(), kPollMillis, polled.data(), polled.size());
    return {polled.begin(), polled.begin() + std::max<std::ptrdiff_t>(count, 0)};
  }

  // Hands a message to its partition, or tells it that it has ended. Returns the bytes taken.
  std::int64_t Take(const std::string& topic, const rd_kafka_message_t& message,
                    Parts& parts) const {
    const auto part = parts.find(message.partition);
    if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF && part != parts.end()) {
      part->second.EndAt(message.offset);
    } else if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      Fail(Place(topic, message.partition), rd_kafka_message_errstr(&message));
    } else if (part != parts.end() && !part->second.is_done()) {
      return part->second.Add(message);
    }
    return 0;
  }

  void Commit(const std::string& topic, const std::map<std::int32_t, std::int64_t>& next) {
    const PartitionList list = MakePartitionList(next.size());
    for (const auto& [partition, offset] : next) {
      rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = offset;
    }
    handle_.Check(rd_kafka_commit(handle_.get(), list.get(), 0), "group " + cluster().group);
  }

  const KafkaCluster& cluster() const { return handle_.cluster(); }
  std::chrono::milliseconds timeout() const { return std::chrono::milliseconds(handle_.timeout()); }

  [[noreturn]] void Fail(const std::string& what, const std::string& problem) const {
    handle_.Fail(what, problem);
  }

  // Asks again until there is an answer, a refusal or no time left.
  rd_kafka_resp_err_t AskFor(rd_kafka_topic_t* topic, const rd_kafka_metadata_t** found) const {
    constexpr int kTryMillis = 1'000;
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__AUTHENTICATION;
    for (int waited = 0; waited < handle_.timeout() && !handle_.IsRefused(); waited += kTryMillis) {
      code = rd_kafka_metadata(handle_.get(), 0, topic, found, kTryMillis);
      if (code != RD_KAFKA_RESP_ERR__TRANSPORT && code != RD_KAFKA_RESP_ERR__TIMED_OUT) {
        break;
      }
    }
    return code;
  }

  static std::string Place(const std::string& topic, std::int32_t partition) {
    return fmt::format("topic {}, partition {}", topic, partition);
  }

 private:
  KafkaHandle handle_;
  KafkaOwner<rd_kafka_queue_t> queue_;
};

KafkaReader::KafkaReader(const KafkaCluster& cluster, bool keeps_keys)
    : session_(std::make_unique<Session>(cluster)), keeps_keys_(keeps_keys) {}

KafkaReader::~KafkaReader() = default;

std::vector<KafkaExtent> KafkaReader::Extents(const std::string& topic) {
  std::vector<KafkaExtent> extents;
  for (const std::int32_t partition : session_->Partitions(topic)) {
    extents.push_back(session_->Extent(topic, partition));
  }
  return extents;
}

std::vector<KafkaMessages> KafkaReader::Read(const std::string& topic,
                                             const std::vector<KafkaSpan>& spans,
                                             std::int64_t limit_bytes,
                                             const std::stop_token& stop) {
  Parts parts;
  for (const KafkaSpan& span : spans) {
    parts.emplace(span.partition, PartitionProgress(span, keeps_keys_));
  }
  session_->Assign(topic, spans);
  std::int64_t bytes = 0;
  auto heard = KafkaClock::now();
  const auto is_done = [](const auto& part) { return part.second.is_done(); };
  while (bytes < std::max<std::int64_t>(limit_bytes, 1) && !std::ranges::all_of(parts, is_done)) {
    if (stop.stop_requested()) {
      throw CancelledError();
    }
    const auto polled = session_->Poll();
    for (const auto& message : polled) {
      bytes += session_->Take(topic, *message, parts);
    }
    const auto now = KafkaClock::now();
    heard = polled.empty() ? heard : now;
    if (now - heard > session_->timeout()) {
      session_->Fail("topic " + topic,
                     fmt::format("no answer within {} ms", session_->timeout().count()));
    }
  }
  session_->Unassign();
  std::vector<KafkaMessages> read;
  read.reserve(spans.size());
  for (const KafkaSpan& span : spans) {
    read.push_back(parts.at(span.partition).Take());
  }
  return read;
}

void KafkaReader::TellGroup(const std::string& topic,
                            const std::map<std::int32_t, std::int64_t>& next) {
  if (!session_->cluster().group.empty() && !next.empty()) {
    session_->Commit(topic, next);
  }
}

}  // namespace weir::connectors
