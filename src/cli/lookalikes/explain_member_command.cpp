#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "cli/dsp_parties.h"
#include "cli/identity/regions.h"
#include "cli/lookalikes/lookalike_commands.h"
#include "cli/lookalikes/member_report.h"
#include "cli/lookalikes/result_cells.h"
#include "cli/services.h"
#include "cli/tables_to_read.h"
#include "sql/quote.h"

namespace weir::cli {
namespace {

constexpr auto kScoring = "metastore.lookalikes_scoring";

// Who was found where.
struct FoundPerson {
  MemberPlace place;
  AskedPerson person;
};

std::int64_t NumberOf(const project::Project& project, const std::string& variable) {
  std::int64_t number = 0;
  if (const auto found = project.variables.find(variable); found != project.variables.end()) {
    std::from_chars(found->second.data(), found->second.data() + found->second.size(), number);
  }
  return number;
}

// A table as the day's scoring read it; the newest where no run says.
std::string AsRead(const std::vector<TableCommit>& behind_scoring, const std::string& table) {
  for (const TableCommit& commit : behind_scoring) {
    if (commit.table == table) {
      return fmt::format("{}@v{}", table, commit.version);
    }
  }
  return table;
}

std::optional<FoundPerson> FindInRegion(Services& services, lake::QuerySession& session,
                                        const std::string& region, const AskedSegment& segment,
                                        const Arguments& arguments) {
  const auto day = FindDay(session, kScoring, region, AskedDay(arguments));
  if (!day) {
    return std::nullopt;
  }
  const auto behind = CommitsBehind(services, {{.table = kScoring, .region = region, .day = *day}});
  MemberPlace place{.region = region,
                    .day = *day,
                    .mapping = AsRead(behind, "metastore.mapping_" + region),
                    .runs = AsRead(behind, "metastore.lookalikes_mlflow_runs"),
                    .models = AsRead(behind, "metastore.lookalikes_models"),
                    .segment = segment.id};
  auto person = FindAskedPerson(session, place, arguments.Text("USER"));
  if (!person) {
    return std::nullopt;
  }
  return FoundPerson{.place = std::move(place), .person = *std::move(person)};
}

// In the segment's regions first.
FoundPerson FindSomewhere(Services& services, lake::QuerySession& session,
                          const AskedSegment& segment, const Arguments& arguments) {
  std::vector<std::string> regions = RegionsWithPeople(services);
  std::ranges::stable_partition(regions, [&](const std::string& region) {
    return std::ranges::find(segment.regions, region) != segment.regions.end();
  });
  for (const std::string& region : regions) {
    if (auto found = FindInRegion(services, session, region, segment, arguments)) {
      return *std::move(found);
    }
  }
  throw UserError(
      "nobody '{}' is known in {}, neither by the mapping nor by a history; a universal_id or an "
      "id with its party is allowed: an:0123456789abcdef",
      arguments.Text("USER"), fmt::join(regions, ", "));
}

// What the days of the look-back have of the person's ids.
SeenEvents CountEvents(lake::QuerySession& session, const FoundPerson& found,
                       std::int64_t history_days) {
  std::vector<std::string> ids;
  ids.reserve(found.person.ids.size());
  for (const PersonId& id : found.person.ids) {
    ids.push_back(fmt::format("(party = {} AND user_id = {})", sql::QuoteText(id.party),
                              sql::QuoteText(id.user_id)));
  }
  if (ids.empty()) {
    return {};
  }
  const std::string events = fmt::format(
      "SELECT domain, words FROM metastore.events WHERE region = {0} AND CAST(dt AS DATE) BETWEEN "
      "CAST({1} AS DATE) - {2} AND CAST({1} AS DATE) AND ({3})",
      sql::QuoteText(found.place.region), sql::QuoteText(found.place.day), history_days - 1,
      fmt::join(ids, " OR "));
  const auto rows =
      session
          .Run(fmt::format(
              "WITH e AS ({}) SELECT (SELECT count(*) FROM e), (SELECT count(DISTINCT domain) FROM "
              "e) + (SELECT count(DISTINCT word) FROM (SELECT unnest(words) AS word FROM e) AS w)",
              events))
          .Rows();
  return {.events = WholeAt(rows.at(0), 0), .tokens = WholeAt(rows.at(0), 1)};
}

std::vector<PartitionName> PartitionsBehind(const MemberPlace& place,
                                            const std::optional<ModelRun>& run) {
  std::vector<PartitionName> partitions;
  for (const char* table :
       {"segment_members", "lookalikes_segment_sizes", "lookalikes_scored_segments",
        "lookalikes_scoring", "lookalike_definitions", "lookalikes_user_histories",
        "lookalikes_positives"}) {
    partitions.push_back(
        {.table = fmt::format("metastore.{}", table), .region = place.region, .day = place.day});
  }
  if (run) {
    for (const char* table : {"lookalikes_mlflow_runs", "lookalikes_models", "lookalikes_masks",
                              "lookalikes_training_data", "lookalikes_training_sizes"}) {
      partitions.push_back(
          {.table = fmt::format("metastore.{}", table), .region = place.region, .day = run->day});
    }
  }
  return partitions;
}

void ExplainMember(const Arguments& arguments, Services& services) {
  RequireTable(services, kScoring, "lookalike_scoring");
  RequireTable(services, "metastore.segment_members", "lookalike_segment_sync");
  lake::QuerySession session(services.database(), &services.warehouse());
  ReadAllTables(services, session);
  MemberReport report;
  report.segment = FindSegment(services, session, arguments.Text("SEGMENT"));
  FoundPerson found = FindSomewhere(services, session, report.segment, arguments);
  const project::Project& project = services.project();
  report.facts = ReadMemberFacts(session, found.place, found.person, DspParties(project));
  const HistoryLimits limits{.min_tokens = NumberOf(project, "min_tokens"),
                             .history_days = NumberOf(project, "history_days"),
                             .fire_window = NumberOf(project, "fire_window")};
  const SeenEvents seen =
      report.facts.history ? SeenEvents{} : CountEvents(session, found, limits.history_days);
  report.absence = WhyAbsent(found.place, report.facts, seen, limits);
  report.deliveries = ReadMemberDeliveries(services, session, found.place, report.facts);
  report.commits = CommitsBehind(services, PartitionsBehind(found.place, report.facts.run));
  report.place = std::move(found.place);
  report.person = std::move(found.person);
  if (services.options().json) {
    PrintJson(services.out(), MemberJson(report));
  } else {
    services.out() << MemberText(report);
  }
}

}  // namespace

Command ExplainMemberCommand() {
  return {
      .name = "member",
      .summary = "Say why a person is in a lookalike segment, or isn't.",
      .details =
          "The person's rank, score and ids at the DSPs; the tokens that the score comes of, with\n"
          "the days on which they were seen, their weight and their share: the log odds of the\n"
          "score are the intercept and the sum of the shares. Then the model's run and what it\n"
          "learnt from, and the commits of the tables. Of who isn't in the segment: the reason.\n"
          "The newest day that was scored, or --on another.",
      .examples =
          "weir explain member 1000 an:0123456789abcdef\n"
          "weir explain member 1000 0123456789abcdef0123456789abcdef --on 2026-01-05 --json",
      .parameters = {{.name = "SEGMENT", .help = "its id or its name", .required = true},
                     {.name = "USER",
                      .help = "a universal_id, or party and id: an:0123456789abcdef",
                      .required = true},
                     {.name = "--on", .value = "DAY", .help = "as of this day"}},
      .run = ExplainMember};
}

}  // namespace weir::cli
