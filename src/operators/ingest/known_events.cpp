#include "operators/ingest/known_events.h"

#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/clock.h"
#include "operators/ingest/suppressed_list.h"
#include "sql/quote.h"

namespace weir::operators {
namespace {

constexpr std::int32_t kFilterDays = 30;  // before the horizon

// A condition on `event_id`; none for so many ids that the whole day is read as fast.
std::string AmongIds(const std::vector<Hash128>& ids) {
  constexpr std::size_t kFew = 1000;
  if (ids.size() > kFew) {
    return "";
  }
  std::vector<std::string> texts;
  std::ranges::transform(ids, std::back_inserter(texts),
                         [](const Hash128& id) { return sql::QuoteText(ToHex(id)); });
  return fmt::format(" AND event_id IN ({})", fmt::join(texts, ", "));
}

}  // namespace

KnownEvents::KnownEvents(OperatorContext& context, KnownTables tables, std::int32_t horizon)
    : context_(context), tables_(tables), horizon_(horizon) {}

void KnownEvents::Load(const enrich::ParsedLines& parsed, enrich::DuplicateIndex& index) const {
  const std::vector<std::int32_t> days = parsed.days();
  for (const std::int32_t day : days) {
    if (index.HasFilter(day) || (!index.Holds(day) && day < days.back() - horizon_)) {
      LoadCopies(day, parsed.ids(day), index);
    } else if (!index.Holds(day)) {
      index.Load(day, IdsOf(day, ""));
    }
  }
}

void KnownEvents::Forget(const std::vector<std::int32_t>& days,
                         enrich::DuplicateIndex& index) const {
  if (days.empty()) {
    return;
  }
  const std::int32_t horizon = days.back() - horizon_;
  for (const std::int32_t day : index.days()) {
    if (day < horizon - kFilterDays) {
      index.Drop(day);
    } else if (day < horizon || index.HasFilter(day)) {
      index.Thin(day);
    }
  }
}

// Of a day before the horizon no more than what of `ids` was there.
void KnownEvents::LoadCopies(std::int32_t day, std::vector<Hash128> ids,
                             enrich::DuplicateIndex& index) const {
  std::vector<Hash128> known;
  if (!index.HasFilter(day)) {
    known = IdsOf(day, "");
    index.HoldThin(day, known);
  } else {
    std::erase_if(ids, [&](const Hash128& id) { return !index.MayHave({.day = day, .id = id}); });
    known = ids.empty() ? std::vector<Hash128>() : IdsOf(day, AmongIds(ids));
  }
  const std::set<Hash128> asked(ids.begin(), ids.end());
  std::erase_if(known, [&](const Hash128& id) { return !asked.contains(id); });
  index.Load(day, known);
}

// Of the events of a day that meet a condition (" AND …", or none).
std::vector<Hash128> KnownEvents::IdsOf(std::int32_t day, const std::string& condition) const {
  std::vector<Hash128> ids;
  for (const std::string_view argument : {tables_.known, tables_.suppressed}) {
    if (const auto relation = context_.Relation(argument)) {
      std::ranges::move(HashesOf(context_.Query(fmt::format(
                            "SELECT event_id FROM {} WHERE dt = {}{}{}", *relation,
                            sql::QuoteText(FormatDate(day)), OfSource(argument), condition))),
                        std::back_inserter(ids));
    }
  }
  return ids;
}

// The table of suppressed events holds those of all topics.
std::string KnownEvents::OfSource(std::string_view argument) const {
  return argument == tables_.suppressed
             ? " AND source = " +
                   sql::QuoteText(context_.settings().at("source").get<std::string>())
             : "";
}

}  // namespace weir::operators
