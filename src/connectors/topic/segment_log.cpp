#include "connectors/topic/segment_log.h"

#include <utility>

#include "base/log.h"

namespace weir::connectors {
namespace {

constexpr std::chrono::seconds kTryAgain{1};

}  // namespace

SegmentLog::SegmentLog(SegmentLogSettings settings) : settings_(std::move(settings)) {
  const int finished = FinishLeftOvers(settings_.folder);
  if (finished > 0) {
    LogInfo("{}: {} files that a dead process left are finished", settings_.folder.string(),
            finished);
  }
  // Whether the folder can be written is better known now than at the first event.
  SegmentFile probe(settings_.folder, Now());
  probe.Finish();
  thread_ = std::jthread([this] { Work(); });
}

SegmentLog::~SegmentLog() {
  {
    const std::lock_guard lock(mutex_);
    is_closing_ = true;
  }
  filled_.notify_all();
}

void SegmentLog::Append(std::string_view lines) {
  std::unique_lock lock(mutex_);
  if (is_closing_) {
    throw ExternalError("{}: the log is closed", settings_.folder.string());
  }
  const std::size_t before = waiting_->bytes.size() + in_commit_bytes_;
  if (before > 0 && before + lines.size() > settings_.most_waiting_bytes) {
    ++figures_.failures;
    throw BusyError("{} bytes wait to be written; {} may", before, settings_.most_waiting_bytes);
  }
  const std::shared_ptr<Group> group = waiting_;
  group->bytes += lines;
  filled_.notify_one();
  committed_.wait(lock, [&] { return group->is_done; });
  if (!group->failure.empty()) {
    ++figures_.failures;
    throw ExternalError("{}", group->failure);
  }
  ++figures_.appends;
}

void SegmentLog::Close() {
  {
    const std::lock_guard lock(mutex_);
    is_closing_ = true;
  }
  filled_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
}

EventLogFigures SegmentLog::figures() const {
  const std::lock_guard lock(mutex_);
  EventLogFigures figures = figures_;
  figures.waiting_bytes = waiting_->bytes.size() + in_commit_bytes_;
  return figures;
}

SegmentLog::Clock::time_point SegmentLog::Due() const {
  return file_ == nullptr ? Clock::now() + std::chrono::hours(1) : finish_at_;
}

void SegmentLog::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    filled_.wait_until(lock, Due(), [&] { return is_closing_ || !waiting_->bytes.empty(); });
    const bool is_last = is_closing_ && waiting_->bytes.empty();
    if (!waiting_->bytes.empty()) {
      const std::shared_ptr<Group> group = std::exchange(waiting_, std::make_shared<Group>());
      in_commit_bytes_ = group->bytes.size();
      lock.unlock();
      const auto start = Clock::now();
      group->failure = Commit(group->bytes);
      const std::chrono::duration<double> seconds = Clock::now() - start;
      lock.lock();
      group->is_done = true;
      in_commit_bytes_ = 0;
      ++figures_.commits;
      figures_.commit_seconds += seconds.count();
      figures_.is_failing = !group->failure.empty();
      figures_.bytes += figures_.is_failing ? 0 : group->bytes.size();
      committed_.notify_all();
    }
    lock.unlock();
    if (file_ != nullptr && (is_last || Clock::now() >= finish_at_ || file_->IsBroken() ||
                             file_->size() >= settings_.segment_bytes)) {
      FinishFile();
    }
    lock.lock();
    if (is_last) {
      return;
    }
  }
}

// Returns why it failed.
std::string SegmentLog::Commit(const std::string& bytes) {
  try {
    if (file_ == nullptr) {
      file_ = std::make_unique<SegmentFile>(settings_.folder, Now());
      finish_at_ = Clock::now() + settings_.visible_after;
    }
    file_->Append(bytes);
    return {};
  } catch (const std::exception& problem) {
    LogWarning("{}", problem.what());
    return problem.what();
  }
}

void SegmentLog::FinishFile() {
  if (file_->IsBroken()) {  // the next process finds how much of it is whole
    LogWarning("{}: a file is left as it is, as the disk fails", settings_.folder.string());
    file_.reset();
    return;
  }
  try {
    file_->Finish();
    file_.reset();
  } catch (const std::exception& problem) {
    LogWarning("{}", problem.what());
    finish_at_ = Clock::now() + kTryAgain;
  }
}

}  // namespace weir::connectors
