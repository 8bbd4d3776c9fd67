#include "planned_commit.h"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace weir::lake {
namespace {

constexpr std::int64_t kParts = 6;           // where merges and replaces meet
constexpr std::int64_t kSharedIds = 5;       // of each part
constexpr std::int64_t kOwnIds = 1'000'000;  // ids of one writer begin at a multiple

// Ids that are nobody else's.
std::int64_t OwnId(int writer, int sequence, std::int64_t row) {
  return (writer + 1) * kOwnIds + sequence * 10 + row;
}

std::vector<CommitRow> SharedRows(std::mt19937_64& random) {
  const auto part = static_cast<std::int64_t>(random() % kParts);
  std::set<CommitRow> rows;
  for (int i = 0; i < 3; ++i) {
    rows.insert(
        {.part = part, .id = part * 100 + static_cast<std::int64_t>(random() % kSharedIds)});
  }
  return {rows.begin(), rows.end()};
}

}  // namespace

std::string PlannedCommit::ToLine() const {
  std::string line = fmt::format("{} {}", name, static_cast<int>(kind));
  for (const CommitRow& row : rows) {
    line += fmt::format(" {}:{}", row.part, row.id);
  }
  return line;
}

PlannedCommit PlannedCommit::FromLine(const std::string& line) {
  std::istringstream text(line);
  PlannedCommit commit;
  int kind = 0;
  text >> commit.name >> kind;
  commit.kind = static_cast<CommitKind>(kind);
  char colon = ':';
  for (CommitRow row; text >> row.part >> colon >> row.id;) {
    commit.rows.push_back(row);
  }
  return commit;
}

PlannedCommit PlanRandomCommit(std::mt19937_64& random, int writer, int sequence) {
  PlannedCommit commit{.name = fmt::format("w{}-{}", writer, sequence),
                       .kind = static_cast<CommitKind>(random() % 3),
                       .rows = {}};
  if (commit.kind == CommitKind::kMerge) {
    commit.rows = SharedRows(random);
    return commit;
  }
  const bool is_append = commit.kind == CommitKind::kAppend;
  const auto part = static_cast<std::int64_t>(random() % kParts);
  for (std::int64_t row = 0; row < 3; ++row) {
    commit.rows.push_back(
        {.part = is_append ? kFirstAppendPart + part : part, .id = OwnId(writer, sequence, row)});
  }
  return commit;
}

WriteRequest RequestOf(const PlannedCommit& commit) {
  std::vector<std::string> values;
  for (const CommitRow& row : commit.rows) {
    values.push_back(fmt::format("({}::BIGINT, {}::BIGINT, '{}')", row.part, row.id, commit.name));
  }
  WriteRequest request;
  request.select =
      fmt::format("SELECT * FROM (VALUES {}) AS r(part, id, name)", fmt::join(values, ", "));
  request.partition_by = {"part"};
  request.origin.run_id = commit.name;
  if (commit.kind == CommitKind::kMerge) {
    request.mode = WriteMode::kMerge;
    request.keys = {"id"};
  } else if (commit.kind == CommitKind::kReplace) {
    request.mode = WriteMode::kReplace;
  }
  return request;
}

void ModelTable::Apply(const PlannedCommit& commit) {
  for (const CommitRow& row : commit.rows) {
    std::erase_if(rows_, [&](const auto& old) {
      return (commit.kind == CommitKind::kMerge && old.first.id == row.id) ||
             (commit.kind == CommitKind::kReplace && old.first.part == row.part);
    });
  }
  for (const CommitRow& row : commit.rows) {
    rows_.emplace(row, commit.name);
  }
}

std::multiset<std::string> ModelTable::Texts() const {
  std::multiset<std::string> texts;
  for (const auto& [row, name] : rows_) {
    texts.insert(fmt::format("{}|{}|{}", row.part, row.id, name));
  }
  return texts;
}

}  // namespace weir::lake
