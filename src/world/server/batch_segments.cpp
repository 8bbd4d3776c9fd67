#include "world/server/batch_segments.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/hashing.h"

namespace weir::world {
namespace {

using PlainJson = nlohmann::json;

constexpr double kAddressSeconds = 300;
constexpr double kUploadPause = 60;
constexpr std::size_t kMostErrorLines = 999;
constexpr std::int64_t kMostExpirationSeconds = 180LL * 24 * 3600;
constexpr auto kJobsFile = "jobs.json";
constexpr auto kHeldFile = "held.json";
constexpr double kLongAgo = 1e12;
constexpr auto kUploadPath = "/batch-segment/upload/";
constexpr const char* kCounters[] = {
    "num_valid",          "num_valid_user",      "num_invalid_format",
    "num_invalid_user",   "num_invalid_segment", "num_invalid_timestamp",
    "num_unauth_segment", "num_past_expiration", "num_inactive_segment",
    "num_other_error"};

// What uploads hold may be no UTF-8.
std::string DumpText(const PlainJson& json) {
  return json.dump(-1, ' ', false, PlainJson::error_handler_t::replace);
}

net::ServerAnswer Answer(const PlainJson& response) {
  return {.status = 200, .body = DumpText(PlainJson{{"response", response}})};
}

// What an earlier process wrote; `standard` if there is none.
PlainJson ReadState(const std::filesystem::path& path, PlainJson standard) {
  std::ifstream file(path);
  if (!file) {
    return standard;
  }
  PlainJson state = PlainJson::parse(file, nullptr, false);
  if (state.type() != standard.type()) {
    throw UserError(
        "{}: it isn't what an earlier `weir world serve` wrote; without it, nothing is "
        "held",
        path.string());
  }
  return state;
}

// Appears whole.
void WriteState(const std::filesystem::path& path, const PlainJson& state) {
  const std::filesystem::path draft = path.string() + ".new";
  std::ofstream file(draft, std::ios::binary | std::ios::trunc);
  file << DumpText(state) << "\n";
  file.close();
  if (!file) {
    throw ExternalError("{}: it can't be written", draft.string());
  }
  std::filesystem::rename(draft, path);
}

std::int64_t MemberOf(const net::ServerRequest& request) {
  const std::string text = request.Query("member_id");
  std::int64_t member = 0;
  std::from_chars(text.data(), text.data() + text.size(), member);
  return member;
}

}  // namespace

BatchSegments::BatchSegments(BatchSegmentRules rules, std::string base_url, Seconds now)
    : rules_(std::move(rules)), base_url_(std::move(base_url)), now_(std::move(now)) {
  std::filesystem::create_directories(rules_.folder);
  Restore();
}

net::ServerAnswer BatchSegments::Handle(const net::ServerRequest& request) {
  const std::lock_guard lock(mutex_);
  if (request.method == "POST" && request.path.starts_with(kUploadPath)) {
    return Upload(request.path.substr(std::string_view(kUploadPath).size()), request.body);
  }
  const std::int64_t member = MemberOf(request);
  if (member <= 0) {
    return Refuse(400, "SYNTAX", "member_id must be a number from 1");
  }
  if (request.method == "POST") {
    return MakeJob(member);
  }
  const auto job = jobs_.find(request.Query("job_id"));
  if (job == jobs_.end() || job->second.member != member) {
    return Refuse(404, "NOT_FOUND", "there is no such job of this member");
  }
  return Answer({{"status", "OK"}, {"batch_segment_upload_job", JobJson(job->first, job->second)}});
}

net::ServerAnswer BatchSegments::MakeJob(std::int64_t member) {
  const auto waiting = std::ranges::count_if(jobs_, [&](const auto& entry) {
    const std::string phase = PhaseOf(entry.second);
    const bool has_run_out = !entry.second.uploaded && now_() > entry.second.made + kAddressSeconds;
    return entry.second.member == member && phase != "completed" && phase != "error" &&
           !has_run_out;
  });
  if (waiting >= rules_.most_waiting) {
    return Refuse(429, "RATE_LIMIT_EXCEEDED", fmt::format("{} jobs are waiting", waiting));
  }
  const std::string id = fmt::format("job-{:06}", jobs_.size() + 1);
  Job& job = jobs_[id];
  job.member = member;
  job.made = now_();
  SaveJobs();
  return Answer({{"status", "OK"}, {"batch_segment_upload_job", JobJson(id, job)}});
}

net::ServerAnswer BatchSegments::Upload(const std::string& id, const std::string& bytes) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) {
    return Refuse(404, "NOT_FOUND", "there is no such job");
  }
  Job& job = found->second;
  if (now_() > job.made + kAddressSeconds) {
    return Refuse(410, "UPLOAD_URL_EXPIRED", "the address was valid for 5 minutes");
  }
  if (job.uploaded) {
    return Refuse(409, "ALREADY_UPLOADED", "the job has its file");
  }
  if (std::cmp_greater(bytes.size(), rules_.most_bytes)) {
    return Refuse(413, "FILESIZE_LIMIT_EXCEEDED", fmt::format("{} bytes", bytes.size()));
  }
  const auto last = last_upload_.find(job.member);
  if (last != last_upload_.end() && now_() < last->second + kUploadPause) {
    return Refuse(429, "RATE_LIMIT_EXCEEDED", "one upload a minute is allowed");
  }
  last_upload_[job.member] = now_();
  Process(id, job, bytes);
  return Answer({{"status", "OK"}});
}

net::ServerAnswer BatchSegments::Refuse(int status, const std::string& code,
                                        const std::string& text) {
  ++refused_[code];
  return {
      .status = status,
      .body = PlainJson{{"response", {{"error_id", code}, {"error_code", code}, {"error", text}}}}
                  .dump()};
}

// By its clock: the file lies there, is looked at, is taken over, is done; a second each.
std::string BatchSegments::PhaseOf(const Job& job) const {
  if (!job.uploaded) {
    return "starting";
  }
  const double since = now_() - *job.uploaded;
  if (since < 1) {
    return "uploading";
  }
  if (job.failed) {
    return "error";
  }
  return since < 2 ? "validating" : since < 3 ? "processing" : "completed";
}

PlainJson BatchSegments::JobJson(const std::string& id, const Job& job) const {
  PlainJson json{{"job_id", id},
                 {"member_id", job.member},
                 {"phase", PhaseOf(job)},
                 {"upload_url", base_url_ + kUploadPath + id},
                 {"error_log_lines", PlainJson::array()}};
  const bool is_over = json["phase"] == "completed" || json["phase"] == "error";
  for (const char* counter : kCounters) {
    const auto found = job.counters.find(counter);
    json[counter] = is_over && found != job.counters.end() ? found->second : 0;
  }
  if (is_over) {
    json["error_log_lines"] = job.error_lines;
  }
  return json;
}

std::pair<std::string, bool> BatchSegments::Submit(std::int64_t member, const std::string& bytes) {
  const std::lock_guard lock(mutex_);
  const std::string id = fmt::format("job-{:06}", jobs_.size() + 1);
  Job& job = jobs_[id];
  job.member = member;
  job.made = now_();
  Process(id, job, bytes);
  return {id, !job.failed};
}

void BatchSegments::Process(const std::string& id, Job& job, const std::string& bytes) {
  ++uploads_;
  job.uploaded = now_();
  std::ofstream(rules_.folder / id, std::ios::binary) << bytes;
  std::int64_t users = 0;
  const auto fault = ReadBssFile(bytes, rules_.text, [&](const ReadUser& user) {
    ++users;
    Take(job, user);
  });
  if (fault) {
    job.error_lines.insert(job.error_lines.begin(), *fault);
  }
  job.failed = fault || (users > 0 && job.counters["num_invalid_format"] == users);
  SaveHeld();  // first: a file that the jobs don't know is sent again, which changes nothing
  SaveJobs();
}

void BatchSegments::Take(Job& job, const ReadUser& user) {
  const auto log = [&](const std::string& text) {
    if (job.error_lines.size() < kMostErrorLines) {
      job.error_lines.push_back(fmt::format("{}: {}", user.uid, text));
    }
  };
  if (!user.fault.empty()) {
    ++job.counters[user.is_user_fault ? "num_invalid_user" : "num_invalid_format"];
    log(user.fault);
    return;
  }
  if (!Knows(user.uid)) {
    ++job.counters["num_invalid_user"];
    log("user is unknown");
    return;
  }
  ++job.counters["num_valid_user"];
  for (const ReadSegment& segment : user.segments) {
    const std::string counter = TakeSegment(job, user.uid, segment);
    ++job.counters[counter];
    ++lines_;
    if (counter != "num_valid") {
      log(fmt::format("segment {}: {}", segment.id, counter));
    }
  }
}

std::string BatchSegments::TakeSegment(const Job& job, const std::string& uid,
                                       const ReadSegment& segment) {
  const auto known = rules_.segments.find(segment.id);
  if (known == rules_.segments.end()) {
    return "num_invalid_segment";
  }
  if (known->second.member != job.member) {
    return "num_unauth_segment";
  }
  if (!known->second.active) {
    return "num_inactive_segment";
  }
  const auto now = static_cast<std::int64_t>(now_());
  constexpr std::int64_t kDaySeconds = 86'400;
  if (segment.timestamp < 0 || segment.timestamp > now + kDaySeconds) {
    return "num_invalid_timestamp";
  }
  auto& held = held_[job.member];
  const auto key = std::pair(uid, segment.id);
  if (segment.expiration == -1) {
    held.erase(key);
    return "num_valid";
  }
  const std::int64_t begin = segment.timestamp == 0 ? now : segment.timestamp;
  const std::int64_t until =
      begin + (segment.expiration > 0 ? segment.expiration * 60 : kMostExpirationSeconds);
  if (until <= now) {
    return "num_past_expiration";
  }
  held[key] = {.until = until, .value = segment.value};
  return "num_valid";
}

bool BatchSegments::Knows(const std::string& uid) const {
  constexpr double kAll = 1 << 20;
  constexpr std::uint64_t kMask = (1U << 20U) - 1;
  return static_cast<double>(SeededHashOf(uid, 17) & kMask) < rules_.match_rate * kAll;
}

std::filesystem::path BatchSegments::StateFile(const char* name) const {
  return rules_.folder.parent_path() / name;
}

void BatchSegments::Restore() {
  const PlainJson jobs = ReadState(StateFile(kJobsFile), PlainJson::object());
  for (const auto& [id, json] : jobs.items()) {
    Job& job = jobs_[id];
    job.member = json.at("member");
    job.made = json.at("made");
    job.failed = json.at("failed");
    job.counters = json.at("counters");
    job.error_lines = json.at("error_lines");
    if (json.at("uploaded").get<bool>()) {
      job.uploaded = -kLongAgo;  // it is through, wherever the clock begins
    }
  }
  for (const PlainJson& row : ReadState(StateFile(kHeldFile), PlainJson::array())) {
    held_[row.at(0)][std::pair(row.at(1).get<std::string>(), row.at(2).get<std::int64_t>())] = {
        .until = row.at(3), .value = row.at(4)};
  }
}

void BatchSegments::SaveJobs() const {
  PlainJson all = PlainJson::object();
  for (const auto& [id, job] : jobs_) {
    all[id] = {{"member", job.member},     {"made", job.made},
               {"failed", job.failed},     {"uploaded", job.uploaded.has_value()},
               {"counters", job.counters}, {"error_lines", job.error_lines}};
  }
  WriteState(StateFile(kJobsFile), all);
}

void BatchSegments::SaveHeld() const {
  PlainJson all = PlainJson::array();
  for (const auto& [member, entries] : held_) {
    for (const auto& [key, entry] : entries) {
      all.push_back({member, key.first, key.second, entry.until, entry.value});
    }
  }
  WriteState(StateFile(kHeldFile), all);
}

PlainJson BatchSegments::Held(std::int64_t member) const {
  const std::lock_guard lock(mutex_);
  PlainJson list = PlainJson::array();
  const auto found = held_.find(member);
  if (found != held_.end()) {
    for (const auto& [key, entry] : found->second) {
      if (entry.until > static_cast<std::int64_t>(now_())) {
        list.push_back({key.first, key.second, entry.until, entry.value});
      }
    }
  }
  return list;
}

PlainJson BatchSegments::Counters() const {
  const std::lock_guard lock(mutex_);
  return {{"uploads", uploads_}, {"lines", lines_}, {"jobs", jobs_.size()}, {"refused", refused_}};
}

}  // namespace weir::world
