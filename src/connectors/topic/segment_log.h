#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "connectors/event_log.h"
#include "connectors/topic/segment_file.h"

namespace weir::connectors {

struct SegmentLogSettings {
  std::filesystem::path folder;                          // the topic's, on this machine
  std::int64_t segment_bytes = std::int64_t{64} << 20U;  // a file is finished when it has these …
  std::chrono::milliseconds visible_after{10'000};       // … or was begun so long ago
  std::size_t most_waiting_bytes = std::size_t{32} << 20U;
};

// A topic of files as an event log, with group commit: one thread writes what all others have
// appended meanwhile, syncs once, and answers them all. Any number of processes may have logs on
// one folder, each writes files of its own.
class SegmentLog final : public EventLog {
 public:
  // Finishes files that dead processes left. Throws ExternalError for a folder that can't be
  // written.
  explicit SegmentLog(SegmentLogSettings settings);
  SegmentLog(const SegmentLog&) = delete;
  SegmentLog& operator=(const SegmentLog&) = delete;
  ~SegmentLog() override;

  void Append(std::string_view lines) override;
  void Close() override;
  EventLogFigures figures() const override;

 private:
  using Clock = std::chrono::steady_clock;

  // What waits for one commit.
  struct Group {
    std::string bytes;
    bool is_done = false;
    std::string failure;  // why it isn't durable
  };

  void Work();
  // When the thread has something to do without being woken.
  Clock::time_point Due() const;
  std::string Commit(const std::string& bytes);
  void FinishFile();

  const SegmentLogSettings settings_;
  mutable std::mutex mutex_;
  std::condition_variable filled_;
  std::condition_variable committed_;
  std::shared_ptr<Group> waiting_ = std::make_shared<Group>();
  std::size_t in_commit_bytes_ = 0;
  EventLogFigures figures_;
  bool is_closing_ = false;
  // Of the thread alone:
  std::unique_ptr<SegmentFile> file_;
  Clock::time_point finish_at_;
  std::jthread thread_;
};

}  // namespace weir::connectors
