#include "connectors/kafka/kafka_log.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "connectors/kafka/kafka_handle.h"

namespace weir::connectors {
namespace {

constexpr int kReportPollMillis = 100;  // how late a stop may be noticed; reports wake it at once

// What one Append() waits for; it outlives its messages, as Append() waits for all of them.
struct Acknowledgements {
  std::mutex& mutex;
  std::condition_variable& done;
  std::size_t waiting = 0;
  rd_kafka_resp_err_t failure = RD_KAFKA_RESP_ERR_NO_ERROR;  // the first
};

void TakeReport(rd_kafka_t* /*handle*/, const rd_kafka_message_t* message, void* /*opaque*/) {
  auto& acknowledgements = *static_cast<Acknowledgements*>(message->_private);
  const std::lock_guard lock(acknowledgements.mutex);
  if (acknowledgements.failure == RD_KAFKA_RESP_ERR_NO_ERROR) {
    acknowledgements.failure = message->err;
  }
  if (--acknowledgements.waiting == 0) {
    acknowledgements.done.notify_all();
  }
}

// A producer, and the thread that hands its reports on. Who waits for messages holds it: there are
// none any more when it ends.
class LogProducer {
 public:
  explicit LogProducer(const KafkaCluster& cluster)
      : handle_(RD_KAFKA_PRODUCER, cluster, {{"enable.idempotence", "true"}, {"acks", "all"}},
                {{"message.timeout.ms", "30000"},
                 {"queue.buffering.max.messages", "0"},
                 {"compression.codec", "lz4"}},
                TakeReport),
        reports_([this](const std::stop_token& stop) {
          while (!stop.stop_requested()) {
            rd_kafka_poll(handle_.get(), kReportPollMillis);
            if (IsBroken()) {  // what it still has will never be sent
              rd_kafka_purge(handle_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
            }
          }
        }) {}

  const KafkaHandle& handle() const { return handle_; }
  // Whether it can't send anything any more: the cluster has lost what it knew of its messages, or
  // given its place to another.
  bool IsBroken() const { return rd_kafka_fatal_error(handle_.get(), nullptr, 0) != 0; }

 private:
  KafkaHandle handle_;
  std::jthread reports_;  // ends before the handle does
};

}  // namespace

class KafkaLog::Session {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Session(const KafkaLogSettings& settings)
      : topic_(settings.topic),
        most_waiting_bytes_(settings.most_waiting_bytes),
        cluster_(settings.cluster),
        producer_(std::make_shared<LogProducer>(cluster_)) {
    CheckTopic(producer_->handle());
  }

  void Append(std::string_view lines) {
    const std::shared_ptr<LogProducer> producer = WorkingProducer();
    Reserve(lines.size());
    Acknowledgements acknowledgements{.mutex = mutex_, .done = acknowledged_};
    const auto start = Clock::now();
    const rd_kafka_resp_err_t refused = SendLines(producer->handle(), lines, acknowledgements);
    std::unique_lock lock(mutex_);
    acknowledged_.wait(lock, [&] { return acknowledgements.waiting == 0; });
    const auto failure = refused == RD_KAFKA_RESP_ERR_NO_ERROR ? acknowledgements.failure : refused;
    const bool has_failed = failure != RD_KAFKA_RESP_ERR_NO_ERROR;
    waiting_bytes_ -= lines.size();
    ++figures_.commits;
    figures_.commit_seconds += std::chrono::duration<double>(Clock::now() - start).count();
    figures_.is_failing = has_failed;
    figures_.failures += has_failed ? 1 : 0;
    figures_.appends += has_failed ? 0 : 1;
    figures_.bytes += has_failed ? 0 : lines.size();
    lock.unlock();
    producer->handle().Check(failure, "topic " + topic_);
  }

  // All that was appended is acknowledged, or its Append() has failed, before that one returns.
  void Close() {
    std::unique_lock lock(mutex_);
    is_closing_ = true;
    const std::shared_ptr<LogProducer> producer = producer_;
    lock.unlock();
    rd_kafka_flush(producer->handle().get(), producer->handle().timeout());
  }

  EventLogFigures figures() const {
    const std::lock_guard lock(mutex_);
    EventLogFigures figures = figures_;
    figures.waiting_bytes = waiting_bytes_;
    return figures;
  }

 private:
  void CheckTopic(const KafkaHandle& handle) const {
    const KafkaOwner<rd_kafka_topic_t> topic(
        rd_kafka_topic_new(handle.get(), topic_.c_str(), nullptr));
    const rd_kafka_metadata_t* found = nullptr;
    handle.Check(rd_kafka_metadata(handle.get(), 0, topic.get(), &found, handle.timeout()),
                 "topic " + topic_);
    const KafkaOwner<const rd_kafka_metadata_t> metadata(found);
    if (found->topic_cnt != 1) {
      handle.Fail("topic " + topic_, "the cluster says nothing of it");
    }
    handle.Check(found->topics[0].err, "topic " + topic_);
  }

  // Another one in the place of one that is broken, which ends once nobody waits for it.
  std::shared_ptr<LogProducer> WorkingProducer() {
    std::shared_ptr<LogProducer> broken;  // goes without the lock
    const std::lock_guard lock(mutex_);
    if (producer_->IsBroken()) {
      LogWarning("kafka {}: topic {}: the producer can't go on; it is made anew", cluster_.name,
                 topic_);
      broken = std::exchange(producer_, std::make_shared<LogProducer>(cluster_));
    }
    return producer_;
  }

  void Reserve(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    if (is_closing_) {
      throw ExternalError("kafka {}: topic {}: the log is closed", cluster_.name, topic_);
    }
    if (waiting_bytes_ > 0 && waiting_bytes_ + bytes > most_waiting_bytes_) {
      ++figures_.failures;
      throw BusyError("{} bytes wait to be acknowledged; {} may", waiting_bytes_,
                      most_waiting_bytes_);
    }
    waiting_bytes_ += bytes;
  }

  // Up to the first line that can't be queued; why it can't.
  rd_kafka_resp_err_t SendLines(const KafkaHandle& handle, std::string_view lines,
                                Acknowledgements& acknowledgements) {
    while (!lines.empty()) {
      const std::size_t end = std::min(lines.find('\n'), lines.size());
      {
        const std::lock_guard lock(mutex_);
        ++acknowledgements.waiting;
      }
      // librdkafka copies the value and takes it without const.
      auto* const value =
          const_cast<char*>(lines.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
      const auto code =
          rd_kafka_producev(handle.get(), RD_KAFKA_V_TOPIC(topic_.c_str()),
                            RD_KAFKA_V_VALUE(value, end), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                            RD_KAFKA_V_OPAQUE(&acknowledgements), RD_KAFKA_V_END);
      if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        const std::lock_guard lock(mutex_);
        --acknowledgements.waiting;
        return code;
      }
      lines.remove_prefix(std::min(end + 1, lines.size()));
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
  }

  const std::string topic_;
  const std::size_t most_waiting_bytes_;
  mutable std::mutex mutex_;
  std::condition_variable acknowledged_;
  std::size_t waiting_bytes_ = 0;
  EventLogFigures figures_;
  bool is_closing_ = false;
  const KafkaCluster cluster_;
  std::shared_ptr<LogProducer> producer_;
};

KafkaLog::KafkaLog(const KafkaLogSettings& settings)
    : session_(std::make_unique<Session>(settings)) {}

KafkaLog::~KafkaLog() = default;

void KafkaLog::Append(std::string_view lines) { session_->Append(lines); }

void KafkaLog::Close() { session_->Close(); }

EventLogFigures KafkaLog::figures() const { return session_->figures(); }

}  // namespace weir::connectors
