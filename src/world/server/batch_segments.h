#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "net/http_server.h"
#include "world/server/bss_file.h"

namespace weir::world {

// What a seat's segment is, by its number.
struct KnownSegment {
  std::int64_t member = 0;
  bool active = true;
};

struct BatchSegmentRules {
  std::filesystem::path folder;  // uploads are kept here, each as <job id>
  std::map<std::int64_t, KnownSegment> segments;
  TextRules text{};
  std::int64_t most_bytes = 500'000'000;
  std::int64_t most_waiting = 200;
  double match_rate = 1;  // the share of users that the service knows, by hash
};

// The Batch Segment Service, emulated: jobs with their phases, limits, validation, counters, and
// what its members' segments hold; both outlive the process, in jobs.json and held.json beside the
// folder of uploads. Thread-safe. Times are Unix seconds of its own clock.
class BatchSegments {
 public:
  using Seconds = std::function<double()>;
  // `base_url` is where upload addresses begin. Throws UserError for files of an earlier process
  // that can't be read.
  BatchSegments(BatchSegmentRules rules, std::string base_url, Seconds now);

  // POST and GET /batch-segment, POST /batch-segment/upload/<job>.
  net::ServerAnswer Handle(const net::ServerRequest& request);
  // A file that came by the bucket; returns its job and whether it was accepted.
  std::pair<std::string, bool> Submit(std::int64_t member, const std::string& bytes);

  // [[uid, segment, until, value]] of a member, sorted, without what has run out.
  nlohmann::json Held(std::int64_t member) const;
  // {"uploads", "refused": {code: times}, "lines"}.
  nlohmann::json Counters() const;

 private:
  struct Job {
    std::int64_t member = 0;
    double made = 0;
    std::optional<double> uploaded{};
    bool failed = false;
    std::map<std::string, std::int64_t> counters{};
    std::vector<std::string> error_lines{};
  };
  struct HeldUntil {
    std::int64_t until = 0;
    std::int64_t value = 0;
  };

  net::ServerAnswer MakeJob(std::int64_t member);
  net::ServerAnswer Upload(const std::string& id, const std::string& bytes);
  net::ServerAnswer Refuse(int status, const std::string& code, const std::string& text);
  nlohmann::json JobJson(const std::string& id, const Job& job) const;
  std::string PhaseOf(const Job& job) const;
  void Process(const std::string& id, Job& job, const std::string& bytes);
  void Take(Job& job, const ReadUser& user);
  // Returns the counter that the segment belongs to.
  std::string TakeSegment(const Job& job, const std::string& uid, const ReadSegment& segment);
  bool Knows(const std::string& uid) const;
  std::filesystem::path StateFile(const char* name) const;
  void Restore();
  void SaveJobs() const;
  void SaveHeld() const;

  BatchSegmentRules rules_;
  std::string base_url_;
  Seconds now_;
  mutable std::mutex mutex_;
  std::map<std::string, Job> jobs_;
  std::map<std::int64_t, double> last_upload_;  // by member
  std::map<std::int64_t, std::map<std::pair<std::string, std::int64_t>, HeldUntil>> held_;
  std::map<std::string, std::int64_t> refused_;
  std::int64_t uploads_ = 0;
  std::int64_t lines_ = 0;
};

}  // namespace weir::world
