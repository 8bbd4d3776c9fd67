#include "connectors/kafka/kafka_producer.h"

#include <charconv>
#include <chrono>
#include <future>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "connectors/kafka/kafka_handle.h"

namespace weir::connectors {
namespace {

constexpr int kQueueWaitMillis = 10;
constexpr int kTopicWaitMillis = 100;
constexpr auto kTopicPatience = std::chrono::seconds(5);

std::int32_t PartitionNumberOf(const std::string& partition) {
  std::int32_t number = -1;
  std::from_chars(partition.data(), partition.data() + partition.size(), number);
  if (number < 0) {
    throw UserError(
        "partition '{}' is none of Kafka: its offsets can't go along with a transaction; "
        "name a topic for positions (`positions`)",
        partition);
  }
  return number;
}

PartitionList ListOf(const std::vector<StreamPosition>& positions) {
  PartitionList list = MakePartitionList(positions.size());
  for (const StreamPosition& position : positions) {
    rd_kafka_topic_partition_list_add(list.get(), position.topic.c_str(),
                                      PartitionNumberOf(position.partition))
        ->offset = position.next;
  }
  return list;
}

std::map<std::string, std::string> ProducerSettings(const std::string& transactional_id) {
  return {{"transactional.id", transactional_id}, {"enable.idempotence", "true"}};
}

}  // namespace

class KafkaProducer::Session {
 public:
  Session(const KafkaCluster& cluster, const std::string& transactional_id)
      : owned_(std::make_shared<KafkaHandle>(
            RD_KAFKA_PRODUCER, cluster, ProducerSettings(transactional_id),
            std::map<std::string, std::string>{{"linger.ms", "20"},
                                               {"compression.codec", "lz4"},
                                               {"partitioner", "murmur2_random"}})),
        handle_(*owned_) {
    handle_.Check(rd_kafka_init_transactions(handle_.get(), handle_.timeout()), "transactions");
  }

  ~Session() {
    if (is_open_) {
      rd_kafka_error_t* const error = rd_kafka_abort_transaction(handle_.get(), handle_.timeout());
      if (error != nullptr) {
        rd_kafka_error_destroy(error);  // the next producer of the id ends it
      }
    }
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void RequireTopic(const std::string& topic, const std::stop_token& stop) const {
    const auto until = std::chrono::steady_clock::now() + kTopicPatience;
    while (!HasTopic(topic)) {
      if (std::chrono::steady_clock::now() > until) {
        handle_.FailWithoutTopic(topic);
      }
      if (stop.stop_requested()) {
        throw CancelledError();
      }
      rd_kafka_poll(handle_.get(), kTopicWaitMillis);
    }
  }

  void Begin() {
    handle_.Check(rd_kafka_begin_transaction(handle_.get()), "transaction");
    is_open_ = true;
  }

  void Send(const OutgoingMessage& message, const std::stop_token& stop) {
    const std::string topic(message.topic);
    for (;;) {
      const rd_kafka_resp_err_t code = TrySend(topic, message);
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return;
      }
      if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        handle_.Check(code, "topic " + topic);
      }
      if (stop.stop_requested()) {
        throw CancelledError();
      }
      rd_kafka_poll(handle_.get(), kQueueWaitMillis);
    }
  }

  // librdkafka's call has no end where the group's broker goes away while it is under way, whatever
  // its timeout says. So it has a thread of its own, which is left behind then with the handle: it
  // ends when the broker is back, and the next producer of the id has ended its transaction.
  void SendOffsets(const std::string& group, PartitionList list, const std::stop_token& stop) {
    using Answer = KafkaOwner<rd_kafka_error_t>;  // one that comes too late goes with its promise
    const auto answer = std::make_shared<std::promise<Answer>>();
    std::future<Answer> answered = answer->get_future();
    std::thread([handle = owned_, answer, group, list = std::move(list)] {
      const KafkaOwner<rd_kafka_consumer_group_metadata_t> who(
          rd_kafka_consumer_group_metadata_new(group.c_str()));
      answer->set_value(Answer(rd_kafka_send_offsets_to_transaction(handle->get(), list.get(),
                                                                    who.get(), handle->timeout())));
    }).detach();
    const auto deadline =
        std::chrono::steady_clock::now() + std::chrono::milliseconds(handle_.timeout());
    constexpr auto kLook = std::chrono::milliseconds(50);
    while (answered.wait_for(kLook) != std::future_status::ready) {
      const bool is_late = std::chrono::steady_clock::now() > deadline;
      if (stop.stop_requested() || is_late) {
        is_open_ = false;  // can't be aborted meanwhile
      }
      if (stop.stop_requested()) {
        throw CancelledError();
      }
      if (is_late) {
        handle_.Fail("group " + group, fmt::format("no answer within {} ms", handle_.timeout()));
      }
    }
    handle_.Check(answered.get().release(), "group " + group);
  }

  void Commit() {
    handle_.Check(rd_kafka_commit_transaction(handle_.get(), handle_.timeout()), "transaction");
    is_open_ = false;
  }

 private:
  bool HasTopic(const std::string& name) const {
    const KafkaOwner<rd_kafka_topic_t> topic(
        rd_kafka_topic_new(handle_.get(), name.c_str(), nullptr));
    if (!topic) {
      handle_.Check(rd_kafka_last_error(), "topic " + name);
    }
    const rd_kafka_metadata_t* found = nullptr;
    handle_.Check(rd_kafka_metadata(handle_.get(), 0, topic.get(), &found, handle_.timeout()),
                  "topic " + name);
    const KafkaOwner<const rd_kafka_metadata_t> metadata(found);
    const auto code =
        found->topic_cnt == 1 ? found->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    const bool is_missing = code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
                            code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
    if (!is_missing) {
      handle_.Check(code, "topic " + name);
    }
    return !is_missing;
  }

  rd_kafka_resp_err_t TrySend(const std::string& topic, const OutgoingMessage& message) {
    rd_kafka_headers_t* const headers = rd_kafka_headers_new(message.headers.size());
    for (const auto& [name, value] : message.headers) {
      rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                          static_cast<ssize_t>(value.size()));
    }
    // librdkafka copies key and value and takes them without const.
    const auto bytes = [](std::string_view text) {
      return const_cast<char*>(text.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
    };
    rd_kafka_vu_t parts[5];
    parts[0].vtype = RD_KAFKA_VTYPE_TOPIC;
    parts[0].u.cstr = topic.c_str();
    parts[1].vtype = RD_KAFKA_VTYPE_KEY;
    parts[1].u.mem = {.ptr = bytes(message.key), .size = message.key.size()};
    parts[2].vtype = RD_KAFKA_VTYPE_VALUE;
    parts[2].u.mem = {.ptr = bytes(message.value), .size = message.value.size()};
    parts[3].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    parts[3].u.i = RD_KAFKA_MSG_F_COPY;
    parts[4].vtype = RD_KAFKA_VTYPE_HEADERS;
    parts[4].u.headers = headers;
    rd_kafka_error_t* const error = rd_kafka_produceva(handle_.get(), parts, 5);
    if (error == nullptr) {
      return RD_KAFKA_RESP_ERR_NO_ERROR;  // the message has the headers now
    }
    rd_kafka_headers_destroy(headers);
    const rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    rd_kafka_error_destroy(error);
    return code;
  }

  std::shared_ptr<KafkaHandle> owned_;  // with a call that was left behind
  KafkaHandle& handle_;
  bool is_open_ = false;
};

KafkaProducer::KafkaProducer(const KafkaCluster& cluster, const std::string& transactional_id)
    : session_(std::make_unique<Session>(cluster, transactional_id)) {}

KafkaProducer::~KafkaProducer() = default;

void KafkaProducer::RequireTopic(const std::string& topic, const std::stop_token& stop) const {
  session_->RequireTopic(topic, stop);
}

void KafkaProducer::Begin() { session_->Begin(); }

void KafkaProducer::Send(const OutgoingMessage& message, const std::stop_token& stop) {
  session_->Send(message, stop);
}

void KafkaProducer::SendOffsets(const GroupOffsets& offsets, const std::stop_token& stop) {
  PartitionList list = ListOf(offsets.positions);
  const std::string& note = offsets.note;
  for (int i = 0; i < list->cnt; ++i) {
    list->elems[i].metadata = rd_kafka_mem_malloc(nullptr, note.size());
    list->elems[i].metadata_size = note.size();
    note.copy(static_cast<char*>(list->elems[i].metadata), note.size());
  }
  session_->SendOffsets(offsets.group, std::move(list), stop);
}

void KafkaProducer::Commit() { session_->Commit(); }

std::vector<std::string> GroupNotes(const KafkaCluster& cluster, const std::string& group,
                                    const std::vector<StreamPosition>& positions,
                                    OpenTransactions open) {
  if (positions.empty()) {
    return {};
  }
  const bool waits = open == OpenTransactions::kWait;
  const KafkaHandle handle(RD_KAFKA_CONSUMER, cluster,
                           {{"group.id", group},
                            {"enable.auto.commit", "false"},
                            {"isolation.level", waits ? "read_committed" : "read_uncommitted"}});
  const PartitionList list = ListOf(positions);
  handle.Check(rd_kafka_committed(handle.get(), list.get(), handle.timeout()), "group " + group);
  std::vector<std::string> notes;
  for (int i = 0; i < list->cnt; ++i) {
    const rd_kafka_topic_partition_t& one = list->elems[i];
    handle.Check(one.err, "group " + group);
    if (one.offset >= 0 && one.metadata != nullptr) {
      notes.emplace_back(static_cast<const char*>(one.metadata), one.metadata_size);
    }
  }
  rd_kafka_consumer_close(handle.get());
  return notes;
}

}  // namespace weir::connectors
