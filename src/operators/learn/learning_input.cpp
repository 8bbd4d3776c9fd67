#include "operators/learn/learning_input.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "data/cells.h"
#include "operators/fields.h"
#include "operators/learn/name_numbers.h"
#include "operators/query_rows.h"

namespace weir::operators {
namespace {

std::vector<std::string> Names(OperatorContext& context, const std::string& sql) {
  std::vector<std::string> names;
  ForEachRowOf(context, sql, [&](const ArrowArray& rows, std::int64_t row) {
    names.emplace_back(BytesAt(*rows.children[0], row));
  });
  return names;
}

// One entry of somebody's history.
struct Entry {
  std::uint32_t person = 0;
  std::uint32_t token = 0;
  std::uint16_t days = 0;
};

std::vector<Entry> ReadEntries(OperatorContext& context, const std::string& relation,
                               const LearningHistories& histories) {
  NameNumbers people(histories.people);
  NameNumbers tokens(histories.tokens);
  std::vector<Entry> entries;
  ForEachRowOf(context,
               fmt::format("SELECT universal_id, entry.token, CAST(entry.days AS BIGINT) FROM "
                           "(SELECT universal_id, unnest(tokens) AS entry FROM {})",
                           relation),
               [&](const ArrowArray& rows, std::int64_t row) {
                 const std::int64_t days = IntegerAt(*rows.children[2], row);
                 if (days < 1 || days > std::numeric_limits<std::uint16_t>::max()) {
                   throw UserError(
                       "histories: '{}' has token '{}' on {} days; 1 to 65535 are allowed",
                       BytesAt(*rows.children[0], row), BytesAt(*rows.children[1], row), days);
                 }
                 entries.push_back({.person = people.Of(BytesAt(*rows.children[0], row)),
                                    .token = tokens.Of(BytesAt(*rows.children[1], row)),
                                    .days = static_cast<std::uint16_t>(days)});
               });
  std::ranges::sort(entries, {}, [](const Entry& entry) {
    return (static_cast<std::uint64_t>(entry.person) << 32U) | entry.token;
  });
  return entries;
}

}  // namespace

Argument HistoriesArgument() {
  const DataType entry = StructOf({TextField("token", true), LongField("days", true)});
  return {.name = "histories",
          .columns = {TextField("universal_id", true), {.name = "tokens", .type = ArrayOf(entry)}},
          .read_again = true,
          .doc = "one row a person: the tokens of what they did, with distinct days"};
}

LearningHistories ReadHistories(OperatorContext& context, const std::string& relation) {
  LearningHistories histories;
  histories.people =
      Names(context, fmt::format("SELECT universal_id FROM {} ORDER BY universal_id", relation));
  const auto twice = std::ranges::adjacent_find(histories.people);
  if (twice != histories.people.end()) {
    throw UserError("histories: '{}' has two rows; one row a person is allowed", *twice);
  }
  histories.tokens = Names(
      context, fmt::format("SELECT DISTINCT entry.token AS token FROM (SELECT unnest(tokens) AS "
                           "entry FROM {}) ORDER BY token",
                           relation));
  const std::vector<Entry> entries = ReadEntries(context, relation, histories);
  histories.offsets.assign(histories.people.size() + 1, 0);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Entry& entry = entries[i];
    if (i > 0 && entries[i - 1].person == entry.person && entries[i - 1].token == entry.token) {
      throw UserError("histories: '{}' has token '{}' twice; once a person is allowed",
                      histories.people[entry.person], histories.tokens[entry.token]);
    }
    ++histories.offsets[entry.person + 1];
    histories.token_numbers.push_back(entry.token);
    histories.days.push_back(entry.days);
  }
  std::partial_sum(histories.offsets.begin(), histories.offsets.end(), histories.offsets.begin());
  return histories;
}

Argument TrainingArgument() {
  return {.name = "training",
          .columns = {LongField("segment_id", true), TextField("universal_id", true),
                      LongField("label", true), LongField("fold", true)},
          .doc = "one row a segment and person: the label, 1 or 0, and the fold, from 0"};
}

TrainingRows ReadTraining(OperatorContext& context, const std::string& relation,
                          const LearningHistories& histories) {
  struct Row {
    std::int64_t segment = 0;
    std::size_t fold = 0;
    std::uint32_t person = 0;
    std::uint8_t label = 0;
  };
  NameNumbers people(histories.people);
  std::vector<Row> read;
  std::map<std::int64_t, std::size_t> folds;
  ForEachRowOf(
      context,
      fmt::format("SELECT CAST(segment_id AS BIGINT), universal_id, "
                  "coalesce(CAST(label AS BIGINT), -1), coalesce(CAST(fold AS BIGINT), -1) FROM {} "
                  "WHERE segment_id IS NOT NULL",
                  relation),
      [&](const ArrowArray& rows, std::int64_t row) {
        const std::string_view name = BytesAt(*rows.children[1], row);
        const std::uint32_t person = people.Of(name);
        const std::int64_t label = IntegerAt(*rows.children[2], row);
        const std::int64_t fold = IntegerAt(*rows.children[3], row);
        if (person == NameNumbers::kNone) {
          throw UserError("training: '{}' has no history", name);
        }
        if (label < 0 || label > 1 || fold < 0 || fold > 1000) {
          throw UserError(
              "training: '{}' has label {} and fold {}; labels 0 and 1 and folds 0 to "
              "1000 are allowed",
              name, label, fold);
        }
        read.push_back({.segment = IntegerAt(*rows.children[0], row),
                        .fold = static_cast<std::size_t>(fold),
                        .person = person,
                        .label = static_cast<std::uint8_t>(label)});
        std::size_t& most = folds[read.back().segment];
        most = std::max(most, read.back().fold + 1);
      });
  std::ranges::sort(read, {}, [](const Row& row) { return std::pair(row.segment, row.person); });
  const auto twice = std::ranges::adjacent_find(read, [](const Row& one, const Row& next) {
    return one.segment == next.segment && one.person == next.person;
  });
  if (twice != read.end()) {
    throw UserError("training: '{}' has two rows for segment {}; one is allowed",
                    histories.people[twice->person], twice->segment);
  }
  TrainingRows rows;
  for (const Row& row : read) {
    learn::TrainingSet& set = rows[row.segment];
    set.people.resize(std::max<std::size_t>(folds[row.segment], 2));
    set.labels.resize(set.people.size());
    set.people[row.fold].push_back(row.person);
    set.labels[row.fold].push_back(row.label);
  }
  return rows;
}

Argument MasksArgument() {
  return {.name = "masks",
          .columns = {LongField("segment_id", true), TextField("token", true)},
          .optional = true,
          .doc = "tokens that a segment's model may not use, as those of its own domains"};
}

void ReadMasks(OperatorContext& context, const std::string& relation,
               const LearningHistories& histories, const learn::Vocabulary& vocabulary,
               TrainingRows& rows) {
  NameNumbers tokens(histories.tokens);
  ForEachRowOf(context, fmt::format("SELECT CAST(segment_id AS BIGINT), token FROM {}", relation),
               [&](const ArrowArray& batch, std::int64_t row) {
                 const std::uint32_t token = tokens.Of(BytesAt(*batch.children[1], row));
                 const auto found = rows.find(IntegerAt(*batch.children[0], row));
                 if (token == NameNumbers::kNone || found == rows.end()) {
                   return;
                 }
                 const std::uint32_t term = vocabulary.term_of[token];
                 std::vector<bool>& masked = found->second.is_masked;
                 masked.resize(vocabulary.tokens.size());
                 if (term != learn::Vocabulary::kNotIn) {
                   masked[term] = true;
                 }
               });
}

}  // namespace weir::operators
