#include "cli/lookalikes/member_report.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/clock.h"
#include "cli/text_table.h"
#include "cli/units.h"

namespace weir::cli {
namespace {

constexpr std::size_t kShownTokens = 20;

std::string CommitTime(const TableCommit& commit) {
  return commit.info.timestamp > 0 ? FormatTimestampMillis(commit.info.timestamp * 1000) : "";
}

Json MembershipsJson(const std::vector<Membership>& memberships) {
  Json members = Json::array();
  for (const Membership& member : memberships) {
    members.push_back({{"dsp", member.dsp},
                       {"dsp_user_id", member.dsp_user_id},
                       {"dsp_segment_id", member.dsp_segment_id},
                       {"since", FormatTimestamp(member.since)},
                       {"until", FormatTimestamp(member.until)},
                       {"value", member.value}});
  }
  return members;
}

Json DeliveriesJson(const std::vector<MemberDelivery>& deliveries) {
  Json list = Json::array();
  for (const MemberDelivery& delivery : deliveries) {
    list.push_back({{"dsp", delivery.dsp},
                    {"dsp_user_id", delivery.dsp_user_id},
                    {"dsp_segment_id", delivery.dsp_segment_id},
                    {"action", delivery.action},
                    {"delivered_at", FormatTimestamp(delivery.delivered_at)},
                    {"file", delivery.file},
                    {"job_id", delivery.job_id}});
  }
  return list;
}

Json OddsJson(const std::optional<LogOdds>& odds) {
  if (!odds) {
    return nullptr;
  }
  Json tokens = Json::array();
  for (const TokenShare& share : odds->shares) {
    tokens.push_back({{"token", share.token},
                      {"days", share.days},
                      {"weight", share.weight},
                      {"value", share.value},
                      {"share", share.share}});
  }
  return {{"total", odds->total},
          {"intercept", odds->intercept},
          {"score", odds->Score()},
          {"tokens", tokens}};
}

Json ModelJson(const std::optional<ModelRun>& run) {
  if (!run) {
    return nullptr;
  }
  return {{"run_id", run->run_id},      {"ds", run->day}, {"transform", run->transform},
          {"penalty", run->penalty},    {"c", run->c},    {"auc_mean", run->auc},
          {"model_sha256", run->sha256}};
}

Json TrainingJson(const std::optional<ModelRun>& run) {
  if (!run) {
    return nullptr;
  }
  Json training{{"positives", run->positives},
                {"negatives", run->negatives},
                {"eligible", run->eligible},
                {"label", nullptr},
                {"fold", nullptr}};
  if (run->label) {
    training["label"] = *run->label;
    training["fold"] = run->fold;
  }
  return training;
}

Json CommitsJson(const std::vector<TableCommit>& commits) {
  Json list = Json::array();
  for (const TableCommit& commit : commits) {
    list.push_back({{"table", commit.table},
                    {"ds", commit.day.empty() ? Json() : Json(commit.day)},
                    {"version", commit.version},
                    {"run", commit.info.run_id},
                    {"timestamp", CommitTime(commit)}});
  }
  return list;
}

std::string SegmentText(const MemberReport& report) {
  return fmt::format("person {} in segment {} '{}' of {} on {}: ", report.person.universal_id,
                     report.segment.id, report.segment.name, report.place.region, report.place.day);
}

std::string MembershipText(const MemberReport& report) {
  const MemberFacts& facts = report.facts;
  if (report.absence) {
    return "not a member: " + report.absence->text + "\n";
  }
  if (!facts.ranked) {
    return "a member from before, not among those scored today\n";
  }
  return fmt::format("a member, rank {} of {}, score {:.6f}\n", FormatCount(facts.ranked->rank),
                     FormatCount(facts.num_scored), facts.ranked->score);
}

std::string MembershipsText(const std::vector<Membership>& memberships) {
  if (memberships.empty()) {
    return "";
  }
  TextTable table({"dsp", "id there", ">segment there", "since", "until", ">value"});
  for (const Membership& member : memberships) {
    table.Add({member.dsp, member.dsp_user_id, fmt::format("{}", member.dsp_segment_id),
               FormatTimestamp(member.since), FormatTimestamp(member.until),
               fmt::format("{}", member.value)});
  }
  return "\n" + table.Text();
}

std::string DeliveriesText(const std::vector<MemberDelivery>& deliveries) {
  if (deliveries.empty()) {
    return "";
  }
  TextTable table({"dsp", "id there", "was", "at", "file", "job"});
  for (const MemberDelivery& delivery : deliveries) {
    table.Add({delivery.dsp, delivery.dsp_user_id, delivery.action,
               FormatTimestamp(delivery.delivered_at), delivery.file, delivery.job_id});
  }
  return "\n" + table.Text();
}

std::string OddsText(const std::optional<LogOdds>& odds) {
  if (!odds) {
    return "";
  }
  std::string text =
      fmt::format("\nlog odds {:.6f} (score {:.6f}) = intercept {:.6f} and the tokens' shares:\n",
                  odds->total, odds->Score(), odds->intercept);
  TextTable table({"token", ">days", ">weight", ">share"});
  double rest = 0;
  for (std::size_t i = 0; i < odds->shares.size(); ++i) {
    const TokenShare& share = odds->shares[i];
    if (i >= kShownTokens) {
      rest += share.share;
      continue;
    }
    table.Add({share.token, FormatCount(share.days), fmt::format("{:.6f}", share.weight),
               fmt::format("{:.6f}", share.share)});
  }
  text += table.Text();
  if (odds->shares.size() > kShownTokens) {
    text += fmt::format("and {} more, together {:.6f}\n", odds->shares.size() - kShownTokens, rest);
  }
  return text;
}

std::string ModelText(const std::optional<ModelRun>& run) {
  if (!run) {
    return "";
  }
  const std::string row = run->label
                              ? fmt::format("; this person is one of the {}, in fold {}",
                                            *run->label == 1 ? "positives" : "negatives", run->fold)
                              : "";
  return fmt::format(
      "\nmodel of run {} of {}: {}, {}, c {}, AUC {:.4f}, SHA-256 {}\n"
      "trained on {} positives and {} negatives of {} eligible people{}\n",
      run->run_id, run->day, run->transform, run->penalty, run->c, run->auc, run->sha256,
      FormatCount(run->positives), FormatCount(run->negatives), FormatCount(run->eligible), row);
}

std::string CommitsText(const std::vector<TableCommit>& commits) {
  TextTable table({"table", "day", ">version", "run", "time"});
  for (const TableCommit& commit : commits) {
    table.Add({commit.table, commit.day, fmt::format("{}", commit.version), commit.info.run_id,
               CommitTime(commit)});
  }
  return "\n" + table.Text();
}

}  // namespace

Json MemberJson(const MemberReport& report) {
  const MemberFacts& facts = report.facts;
  Json ids = Json::array();
  for (const PersonId& id : report.person.ids) {
    ids.push_back({{"party", id.party}, {"user_id", id.user_id}});
  }
  return {{"segment_id", report.segment.id},
          {"segment_name", report.segment.name},
          {"region", report.place.region},
          {"ds", report.place.day},
          {"universal_id", report.person.universal_id},
          {"ids", ids},
          {"member", !report.absence.has_value()},
          {"reason", report.absence ? Json(report.absence->code) : Json()},
          {"text", report.absence ? Json(report.absence->text) : Json()},
          {"rank", facts.ranked ? Json(facts.ranked->rank) : Json()},
          {"score", facts.ranked ? Json(facts.ranked->score) : Json()},
          {"scored", facts.num_scored},
          {"members", MembershipsJson(facts.memberships)},
          {"deliveries", DeliveriesJson(report.deliveries)},
          {"log_odds", OddsJson(facts.odds)},
          {"model", ModelJson(facts.run)},
          {"training", TrainingJson(facts.run)},
          {"commits", CommitsJson(report.commits)}};
}

std::string MemberText(const MemberReport& report) {
  return SegmentText(report) + MembershipText(report) + MembershipsText(report.facts.memberships) +
         DeliveriesText(report.deliveries) + OddsText(report.facts.odds) +
         ModelText(report.facts.run) + CommitsText(report.commits);
}

}  // namespace weir::cli
