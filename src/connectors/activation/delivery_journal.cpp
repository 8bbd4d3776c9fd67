#include "connectors/activation/delivery_journal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/error.h"

namespace weir::connectors {
namespace {

using Json = nlohmann::json;

std::string StateKey(const Delivery& delivery, const OutgoingFile& file) {
  return fmt::format("{}/{}.json", delivery.id, file.name);
}

std::string DoneKey(const Delivery& delivery) { return delivery.id + "/done.json"; }

Json FileJson(const OutgoingFile& file) {
  return {{"name", file.name},        {"member", file.member}, {"bytes", file.bytes},
          {"users", file.users},      {"lines", file.lines},   {"removed", file.removed},
          {"left_out", file.left_out}};
}

OutgoingFile FileOf(const Json& json) {
  return {.name = json.at("name"),
          .member = json.at("member"),
          .bytes = json.at("bytes"),
          .users = json.at("users"),
          .lines = json.at("lines"),
          .removed = json.value("removed", std::int64_t{0}),
          .left_out = json.value("left_out", std::int64_t{0})};
}

constexpr std::array<const char*, 3> kStateNames{"settled", "open", "emptied"};

// [[member, segment, state], …]
Json RoutesJson(const std::vector<NotedRoute>& routes) {
  Json all = Json::array();
  for (const NotedRoute& noted : routes) {
    all.push_back({noted.route.member, noted.route.segment,
                   kStateNames.at(static_cast<std::size_t>(noted.state))});
  }
  return all;
}

std::vector<NotedRoute> RoutesOf(const Json& json) {
  std::vector<NotedRoute> routes;
  for (const Json& row : json) {
    const auto state = std::ranges::find(kStateNames, row.at(2).get<std::string>());
    routes.push_back({.route = {.segment = row.at(1), .member = row.at(0)},
                      .state = state == kStateNames.end()
                                   ? RouteState::kOpen
                                   : static_cast<RouteState>(state - kStateNames.begin())});
  }
  return routes;
}

Delivery DeliveryOf(const Json& json) {
  Delivery delivery{.id = json.at("id"),
                    .day = json.at("day"),
                    .run_id = json.at("run"),
                    .folders = json.at("folders"),
                    .files = {}};
  for (const Json& file : json.at("files")) {
    delivery.files.push_back(FileOf(file));
  }
  if (json.contains("routes")) {
    delivery.routes = RoutesOf(json.at("routes"));
  }
  if (json.contains("encoding")) {
    delivery.encoding = json.at("encoding").get<std::string>();
  }
  return delivery;
}

Json OutcomeJson(const Attempt& attempt) {
  return {{"accepted", attempt.outcome.accepted},
          {"job_id", attempt.outcome.job_id},
          {"phase", attempt.outcome.phase},
          {"counters", attempt.outcome.counters},
          {"error_lines", attempt.outcome.error_lines},
          {"refusal", attempt.outcome.refusal},
          {"finished_at", attempt.finished_at}};
}

Attempt AttemptOf(const Json& json) {
  return {.outcome = {.accepted = json.at("accepted"),
                      .job_id = json.at("job_id"),
                      .phase = json.at("phase"),
                      .counters = json.at("counters"),
                      .error_lines = json.at("error_lines"),
                      .refusal = json.value("refusal", "")},
          .finished_at = json.at("finished_at")};
}

// "2026-01-31.10" comes after "2026-01-31.9".
std::tuple<std::string, int> OrderOf(const Delivery& delivery) {
  const std::size_t dot = delivery.id.rfind('.');
  int number = 0;
  std::from_chars(delivery.id.data() + dot + 1, delivery.id.data() + delivery.id.size(), number);
  return {delivery.day, number};
}

}  // namespace

std::string PlanText(const Delivery& delivery) {
  Json files = Json::array();
  for (const OutgoingFile& file : delivery.files) {
    files.push_back(FileJson(file));
  }
  Json plan{{"format", 1},
            {"id", delivery.id},
            {"day", delivery.day},
            {"run", delivery.run_id},
            {"folders", delivery.folders},
            {"files", files}};
  if (delivery.routes) {
    plan["routes"] = RoutesJson(*delivery.routes);
  }
  if (delivery.encoding) {
    plan["encoding"] = *delivery.encoding;
  }
  return plan.dump(1) + "\n";
}

DeliveryJournal::DeliveryJournal(const std::filesystem::path& folder) : folder_(folder) {
  std::filesystem::create_directories(folder_);
  store_ = storage::OpenStore(folder_.string());
}

void DeliveryJournal::RemoveUnfinished() {
  for (const std::string& name : store_->ListFolders("")) {
    if (name.starts_with('.')) {
      std::filesystem::remove_all(folder_ / name);
    }
  }
}

std::vector<Delivery> DeliveryJournal::Deliveries() const {
  std::vector<Delivery> deliveries;
  for (const std::string& name : store_->ListFolders("")) {
    if (name.starts_with('.')) {
      continue;  // one that is being written
    }
    const std::string key = name + "/plan.json";
    const auto text = store_->Get(key);
    try {
      deliveries.push_back(DeliveryOf(Json::parse(text.value_or(""))));
    } catch (const Json::exception& error) {
      throw UserError("{}: it isn't the plan of a delivery: {}", (folder_ / key).string(),
                      error.what());
    }
  }
  std::ranges::sort(deliveries, {}, OrderOf);
  return deliveries;
}

bool DeliveryJournal::IsDone(const Delivery& delivery) const { return !DoneDay(delivery).empty(); }

std::string DeliveryJournal::DoneDay(const Delivery& delivery) const {
  const auto text = store_->Get(DoneKey(delivery));
  return text ? Json::parse(*text).at("day").get<std::string>() : "";
}

void DeliveryJournal::MarkDone(const Delivery& delivery, const std::string& day) {
  const Json done{{"day", day}, {"finished_at", FormatTimestamp(Now())}};
  store_->Put(DoneKey(delivery), done.dump());
}

Json DeliveryJournal::FileState(const Delivery& delivery, const OutgoingFile& file) const {
  const auto text = store_->Get(StateKey(delivery, file));
  return text ? Json::parse(*text) : Json{{"notes", Json::object()}, {"attempts", Json::array()}};
}

FileNotes DeliveryJournal::NotesOf(const Delivery& delivery, const OutgoingFile& file) {
  return {FileState(delivery, file).at("notes"), [this, delivery, file](const Json& notes) {
            Json state = FileState(delivery, file);
            state["notes"] = notes;
            store_->Put(StateKey(delivery, file), state.dump());
          }};
}

std::vector<Attempt> DeliveryJournal::AttemptsOf(const Delivery& delivery,
                                                 const OutgoingFile& file) const {
  const Json state = FileState(delivery, file);
  std::vector<Attempt> attempts;
  for (const Json& json : state.at("attempts")) {
    attempts.push_back(AttemptOf(json));
  }
  return attempts;
}

void DeliveryJournal::AddAttempt(const Delivery& delivery, const OutgoingFile& file,
                                 const Attempt& attempt) {
  Json state = FileState(delivery, file);
  state["attempts"].push_back(OutcomeJson(attempt));
  if (!attempt.outcome.accepted) {
    state["notes"] = Json::object();
  }
  store_->Put(StateKey(delivery, file), state.dump());
}

}  // namespace weir::connectors
