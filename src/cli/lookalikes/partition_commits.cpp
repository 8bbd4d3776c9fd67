#include "cli/lookalikes/partition_commits.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/clock.h"
#include "cli/tables_to_read.h"
#include "lake/history.h"

namespace weir::cli {
namespace {

// By table, its commits, the newest first.
class Histories {
 public:
  explicit Histories(Services& services) : services_(services) {}

  const std::vector<lake::HistoryEntry>& Of(const std::string& table) {
    auto found = entries_.find(table);
    if (found == entries_.end()) {
      const lake::TableFolder folder = FolderToRead(services_, table);
      std::vector<lake::HistoryEntry> entries;
      if (lake::LatestVersion(folder) >= 0) {
        entries = lake::ReadHistory(folder, 0);
      }
      found = entries_.emplace(table, std::move(entries)).first;
    }
    return found->second;
  }

 private:
  Services& services_;
  std::map<std::string, std::vector<lake::HistoryEntry>> entries_;
};

// Whether a run of the day, for the region or for all at once, made the commit.
bool Wrote(const lake::CommitInfo& info, const PartitionName& partition) {
  const std::size_t slash = info.interval.find('/');
  if (slash == std::string::npos) {
    return false;
  }
  const auto start = ParseTimestamp(info.interval.substr(0, slash));
  const auto end = ParseTimestamp(info.interval.substr(slash + 1));
  const auto day = ParseTimestamp(partition.day);
  const bool is_regional = info.job.ends_with(']');
  return start && end && day && *start <= *day && *day < *end &&
         (!is_regional || info.job.ends_with(fmt::format("[{}]", partition.region)));
}

TableCommit CommitOf(const std::string& table, const std::string& day,
                     const lake::HistoryEntry& entry) {
  TableCommit commit{.table = table, .day = day, .version = entry.version, .info = entry.info};
  commit.info.timestamp = entry.timestamp;
  return commit;
}

std::vector<TableCommit> PartitionCommits(Histories& histories,
                                          const std::vector<PartitionName>& partitions) {
  std::vector<TableCommit> commits;
  for (const PartitionName& partition : partitions) {
    const auto& entries = histories.Of(partition.table);
    const auto found = std::ranges::find_if(
        entries, [&](const lake::HistoryEntry& entry) { return Wrote(entry.info, partition); });
    if (found != entries.end()) {
      commits.push_back(CommitOf(partition.table, partition.day, *found));
    }
  }
  return commits;
}

TableCommit ReadCommit(Histories& histories, const std::string& table, std::int64_t version) {
  const auto& entries = histories.Of(table);
  const auto found = std::ranges::find(entries, version, &lake::HistoryEntry::version);
  return found == entries.end()
             ? TableCommit{.table = table, .day = {}, .version = version, .info = {}}
             : CommitOf(table, "", *found);
}

}  // namespace

std::vector<TableCommit> CommitsBehind(Services& services,
                                       const std::vector<PartitionName>& partitions) {
  Histories histories(services);
  std::vector<TableCommit> commits = PartitionCommits(histories, partitions);
  std::set<std::string> known;
  for (const TableCommit& commit : commits) {
    known.insert(commit.table);
  }
  std::set<std::pair<std::string, std::int64_t>> read;
  for (const TableCommit& commit : commits) {
    for (const auto& [table, version] : commit.info.input_versions) {
      if (version >= 0 && !known.contains(table)) {
        read.emplace(table, version);
      }
    }
  }
  for (const auto& [table, version] : read) {
    commits.push_back(ReadCommit(histories, table, version));
  }
  return commits;
}

}  // namespace weir::cli
