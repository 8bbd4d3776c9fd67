#include "cli/lookalikes/member_facts.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/sha256.h"
#include "cli/lookalikes/result_cells.h"
#include "onnx/scoring_graph.h"
#include "sql/quote.h"

namespace weir::cli {
namespace {

// The condition of rows of the segment, at another day than the place's if one is given.
std::string OfSegment(const MemberPlace& place, const std::string& day) {
  return fmt::format("region = {} AND ds = {} AND segment_id = {}", sql::QuoteText(place.region),
                     sql::QuoteText(day), place.segment);
}

std::string OfPerson(const AskedPerson& person) {
  return "universal_id = " + sql::QuoteText(person.universal_id);
}

std::vector<ResultRow> SelectRows(lake::QuerySession& session, const std::string& columns,
                                  const std::string& table, const std::string& condition) {
  return session.Run(fmt::format("SELECT {} FROM {} WHERE {}", columns, table, condition)).Rows();
}

std::vector<PersonId> MappedIds(lake::QuerySession& session, const MemberPlace& place,
                                const std::string& universal_id) {
  std::vector<PersonId> ids;
  for (const ResultRow& row : SelectRows(session, "party, user_id", place.mapping,
                                         fmt::format("universal_id = {} ORDER BY party, user_id",
                                                     sql::QuoteText(universal_id)))) {
    ids.push_back({.party = TextAt(row, 0), .user_id = TextAt(row, 1)});
  }
  return ids;
}

// What the mapping says of an id, else the id as a person of its own.
std::string UniversalIdOf(lake::QuerySession& session, const MemberPlace& place,
                          const std::string& word) {
  const auto id = ParsePersonId(word);
  if (!id) {
    return word;
  }
  const auto found =
      SelectRows(session, "universal_id", place.mapping,
                 fmt::format("party = {} AND user_id = {}", sql::QuoteText(id->party),
                             sql::QuoteText(id->user_id)));
  if (!found.empty()) {
    return TextAt(found.front(), 0);
  }
  return std::get<std::string>(
      session.Run(fmt::format("SELECT md5({})", sql::QuoteText(word))).Cell());
}

void ReadSegment(lake::QuerySession& session, const MemberPlace& place, MemberFacts& facts) {
  const std::string rows = OfSegment(place, place.day);
  for (const ResultRow& row :
       SelectRows(session, "reason", "metastore.lookalikes_mlflow_runs", rows)) {
    facts.selection_reason = TextAt(row, 0);
  }
  for (const ResultRow& row : SelectRows(session, "count(*)", "metastore.segment_members", rows)) {
    facts.num_members = WholeAt(row, 0);
  }
  for (const ResultRow& row :
       SelectRows(session, "dsp, dsp_segment_id, active, max_size",
                  "metastore.lookalike_definitions", rows + " ORDER BY ALL")) {
    const bool is_active = WholeAt(row, 2) == 1;
    if (is_active && !facts.is_active) {  // DSPs that it is switched off for take nobody
      facts.targets.clear();
      facts.max_size = 0;
      facts.is_active = true;
    }
    if (is_active == facts.is_active) {
      facts.targets.push_back({.dsp = TextAt(row, 0), .dsp_segment_id = WholeAt(row, 1)});
      facts.max_size = std::max(facts.max_size, WholeAt(row, 3));
    }
  }
}

// The run of the model that scored the segment, if one did.
std::optional<ModelRun> ReadScoring(lake::QuerySession& session, const MemberPlace& place,
                                    MemberFacts& facts) {
  const auto rows = SelectRows(session, "status, reason, run_id, model_ds, scored",
                               "metastore.lookalikes_scoring", OfSegment(place, place.day));
  if (rows.empty()) {
    return std::nullopt;
  }
  facts.scoring = TextAt(rows[0], 0);
  facts.scoring_reason = TextAt(rows[0], 1);
  facts.num_scored = WholeAt(rows[0], 4);
  if (facts.scoring != "scored") {
    return std::nullopt;
  }
  return ModelRun{.run_id = TextAt(rows[0], 2), .day = TextAt(rows[0], 3)};
}

void ReadRun(lake::QuerySession& session, const MemberPlace& place, const AskedPerson& person,
             ModelRun& run) {
  const std::string rows = OfSegment(place, run.day);
  const auto selection =
      SelectRows(session,
                 "parameters['transform'], parameters['penalty'], parameters['c'], "
                 "auc_mean, model_sha256, positives, negatives",
                 place.runs, fmt::format("{} AND run_id = {}", rows, sql::QuoteText(run.run_id)));
  if (selection.empty()) {
    throw UserError(
        "{} has no run {} of {}; `weir run lookalike_scoring --on {}` scores by one that is there",
        place.runs, run.run_id, run.day, place.day);
  }
  run.transform = TextAt(selection[0], 0);
  run.penalty = TextAt(selection[0], 1);
  run.c = TextAt(selection[0], 2);
  run.auc = RealAt(selection[0], 3);
  run.sha256 = TextAt(selection[0], 4);
  run.positives = WholeAt(selection[0], 5);
  run.negatives = WholeAt(selection[0], 6);
  for (const ResultRow& row :
       SelectRows(session, "eligible", "metastore.lookalikes_training_sizes", rows)) {
    run.eligible = WholeAt(row, 0);
  }
  for (const ResultRow& row :
       SelectRows(session, "label, fold", "metastore.lookalikes_training_data",
                  rows + " AND " + OfPerson(person))) {
    run.label = WholeAt(row, 0);
    run.fold = WholeAt(row, 1);
  }
}

std::string BytesOfHex(const std::string& text) {
  constexpr int kBase = 16;
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(text.substr(i, 2), nullptr, kBase)));
  }
  return bytes;
}

onnx::ScoringModel ReadModel(lake::QuerySession& session, const MemberPlace& place,
                             const ModelRun& run) {
  const auto rows = SelectRows(
      session, "hex(model)", place.models,
      fmt::format("{} AND run_id = {}", OfSegment(place, run.day), sql::QuoteText(run.run_id)));
  if (rows.empty()) {
    throw UserError(
        "{} has no model of run {} of {}; `weir run lookalike_scoring --on {}` scores by one that "
        "is there",
        place.models, run.run_id, run.day, place.day);
  }
  const std::string bytes = BytesOfHex(TextAt(rows[0], 0));
  if (const std::string found = Sha256Of(bytes); found != run.sha256) {
    throw UserError("the model of run {} has the SHA-256 {}; its run says {}", run.run_id, found,
                    run.sha256);
  }
  return onnx::ReadOnnx(bytes);
}

std::optional<std::vector<SeenToken>> ReadHistory(lake::QuerySession& session,
                                                  const MemberPlace& place,
                                                  const AskedPerson& person) {
  std::vector<SeenToken> tokens;
  for (const ResultRow& row :
       SelectRows(session, "t.token, t.days",
                  "(SELECT unnest(tokens) AS t FROM "
                  "metastore.lookalikes_user_histories WHERE " +
                      fmt::format("region = {} AND ds = {} AND {})", sql::QuoteText(place.region),
                                  sql::QuoteText(place.day), OfPerson(person)),
                  "true ORDER BY 1")) {
    tokens.push_back({.token = TextAt(row, 0), .days = WholeAt(row, 1)});
  }
  return tokens.empty() ? std::nullopt : std::optional(std::move(tokens));
}

std::vector<PersonId> IdsThere(const AskedPerson& person, const std::vector<SegmentTarget>& targets,
                               const std::map<std::string, std::string>& parties) {
  std::set<std::string> taken;
  for (const SegmentTarget& target : targets) {
    if (const auto party = parties.find(target.dsp); party != parties.end()) {
      taken.insert(party->second);
    }
  }
  std::vector<PersonId> ids;
  std::ranges::copy_if(person.ids, std::back_inserter(ids),
                       [&](const PersonId& id) { return taken.contains(id.party); });
  return ids;
}

// By the person and by its ids: the mapping may have joined them since they were sent.
std::vector<Membership> ReadMemberships(lake::QuerySession& session, const MemberPlace& place,
                                        const AskedPerson& person,
                                        const std::vector<PersonId>& dsp_ids) {
  std::vector<std::string> names{"''"};
  for (const PersonId& id : dsp_ids) {
    names.push_back(sql::QuoteText(id.user_id));
  }
  std::vector<Membership> memberships;
  for (const ResultRow& row : SelectRows(
           session, "dsp, dsp_user_id, dsp_segment_id, epoch_us(since), epoch_us(\"until\"), value",
           "metastore.segment_members",
           fmt::format("{} AND ({} OR dsp_user_id IN ({})) ORDER BY dsp, dsp_user_id",
                       OfSegment(place, place.day), OfPerson(person), fmt::join(names, ", ")))) {
    memberships.push_back({.dsp = TextAt(row, 0),
                           .dsp_user_id = TextAt(row, 1),
                           .dsp_segment_id = WholeAt(row, 2),
                           .since = WholeAt(row, 3),
                           .until = WholeAt(row, 4),
                           .value = WholeAt(row, 5)});
  }
  return memberships;
}

}  // namespace

std::optional<AskedPerson> FindAskedPerson(lake::QuerySession& session, const MemberPlace& place,
                                           const std::string& word) {
  AskedPerson person{.universal_id = UniversalIdOf(session, place, word), .ids = {}};
  person.ids = MappedIds(session, place, person.universal_id);
  if (person.ids.empty() && !ReadHistory(session, place, person)) {
    return std::nullopt;
  }
  return person;
}

MemberFacts ReadMemberFacts(lake::QuerySession& session, const MemberPlace& place,
                            const AskedPerson& person,
                            const std::map<std::string, std::string>& parties) {
  MemberFacts facts;
  ReadSegment(session, place, facts);
  facts.run = ReadScoring(session, place, facts);
  facts.history = ReadHistory(session, place, person);
  facts.dsp_ids = IdsThere(person, facts.targets, parties);
  const std::string rows = OfSegment(place, place.day) + " AND " + OfPerson(person);
  for (const ResultRow& row :
       SelectRows(session, "score, rank", "metastore.lookalikes_scored_segments", rows)) {
    facts.ranked = {.score = RealAt(row, 0), .rank = WholeAt(row, 1)};
  }
  facts.is_positive =
      !SelectRows(session, "universal_id", "metastore.lookalikes_positives", rows).empty();
  facts.is_held_back =
      !SelectRows(session, "universal_id", "metastore.lookalikes_holdouts", rows).empty();
  facts.memberships = ReadMemberships(session, place, person, facts.dsp_ids);
  if (facts.run) {
    ReadRun(session, place, person, *facts.run);
    if (facts.history) {
      facts.odds = TakeApart(ReadModel(session, place, *facts.run), *facts.history);
    }
  }
  return facts;
}

}  // namespace weir::cli
