#include "connectors/activation/activation.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/process.h"
#include "connectors/activation/delivery_journal.h"
#include "connectors/activation/delivery_plan.h"
#include "connectors/activation/held_lines.h"
#include "connectors/files/described_file.h"
#include "connectors/files/folder_settings.h"
#include "connectors/files/local_path.h"
#include "connectors/optional_connection.h"

namespace weir::connectors {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr auto kSuperseded = "superseded";  // a phase of ours: the file was given up

std::vector<Setting> ActivationSettings(const std::string& kind) {
  std::vector<Setting> settings = OptionalConnectionSettings(kind);
  for (const auto& [name, doc] : std::initializer_list<std::pair<const char*, const char*>>{
           {"dsp", "what segments call the destination: xandr"},
           {"path", "where segment_files writes; relative to the project"},
           {"journal", "the folder of what was sent and what came of it; relative to the project"},
           {"day", "whose members are sent: \"{ds}\""}}) {
    settings.push_back({.name = name, .required = true, .doc = doc});
  }
  settings.push_back({.name = "most_refused",
                      .type = SettingType::kNumber,
                      .standard = 0.01,
                      .least = 0,
                      .most = 1,
                      .doc =
                          "the share of a file's lines that the destination may refuse; more fail "
                          "the run, and are sent again"});
  settings.push_back({.name = "most_left_out",
                      .type = SettingType::kNumber,
                      .standard = 0.01,
                      .least = 0,
                      .most = 1,
                      .doc = "the share of users whose ids can't be the destination's; more fail "
                             "the run, a hundred never do unless it is 0"});
  return settings;
}

bool AreOfOtherSeats(const std::map<std::string, std::int64_t>& refused_lines) {
  return std::ranges::all_of(refused_lines, [](const auto& entry) {
    return entry.first == "num_unauth_segment" || entry.first == "num_invalid_segment";
  });
}

// A line of a destination's error log without whom it is about: what stands before ':', and
// whatever may be an id in the rest.
std::string WithoutUsers(const std::string& line) {
  constexpr std::size_t kDigitsOfId = 5;
  constexpr std::string_view kBetweenWords = " \t\r\n:;,'\"";
  const std::size_t colon = line.find(':');
  std::string text = colon == std::string::npos ? "" : "***";
  for (std::size_t at = colon == std::string::npos ? 0 : colon; at < line.size();) {
    std::size_t end = at;
    std::size_t digits = 0;
    for (; end < line.size() && kBetweenWords.find(line[end]) == std::string_view::npos; ++end) {
      digits += IsDigit(line[end]) ? 1 : 0;
    }
    if (end == at) {
      text += line[at++];
      continue;
    }
    text += digits >= kDigitsOfId ? "***" : line.substr(at, end - at);
    at = end;
  }
  return text;
}

std::string RelationNamed(const ConnectorContext& context, std::string_view argument) {
  for (const auto& [name, relation] : context.relations) {
    if (name == argument) {
      return relation;
    }
  }
  throw UserError("`in` must name the relations routes and members");
}

// Deliveries of one destination, one after the other.
class Delivering {
 public:
  Delivering(ConnectorContext& context, const DestinationKind& kind, const fs::path& journal)
      : context_(context),
        journal_(journal),
        lock_(journal_.Lock()),
        pace_(journal_.store()),
        destination_(kind.open({.settings = SettingsOfConnection(kind.name),
                                .project_folder = context.folder,
                                .stop = context.stop,
                                .pace = pace_,
                                .stores = context.database.stores()})) {
    journal_.RemoveUnfinished();
  }

  SendReport Run() {
    const std::string newest = FinishEarlier(Day());
    if (newest > Day()) {
      return {.identity = fmt::format("nothing, {} was sent already", newest)};
    }
    const PlanInput input{
        .segment_folders = LocalPath(context_.folder, context_.settings.at("path")),
        .day = Day(),
        .run_id = context_.run_id,
        .routes = RelationNamed(context_, "routes"),
        .members = RelationNamed(context_, "members"),
        .threads = EncodingThreads(),
        .most_left_out = context_.settings.at("most_left_out"),
        .stop = context_.stop};
    if (const auto planned = PlanDelivery(input, *destination_, journal_, context_.connection)) {
      Finish(*planned, Day());
    }
    if (const auto moved =
            PlanSeatMoves(input, *destination_, journal_, context_.database, context_.connection)) {
      Finish(*moved, Day());
    }
    return {.identity = sent_.empty() ? "nothing new" : sent_, .rows = lines_};
  }

  // Of the report, the rows alone count what was taken back.
  SendReport TakeBack(const std::string& users) {
    FinishEarlier("");
    lines_ = 0;
    warns_of_refused_removals_ = false;
    const auto planned = PlanTakingBack({.users = users, .run_id = context_.run_id}, *destination_,
                                        journal_, context_.connection);
    if (planned) {
      Finish(*planned, planned->day);
    }
    return {.identity = sent_.empty() ? "nothing" : sent_, .rows = lines_};
  }

 private:
  // What is under way, by a run of `day` or later; returns the day of the newest delivery, if any.
  std::string FinishEarlier(const std::string& day) {
    std::string newest;
    for (const Delivery& delivery : journal_.Deliveries()) {
      if (!journal_.IsDone(delivery)) {
        Finish(delivery, std::max(day, delivery.day));
      }
      newest = delivery.day;
    }
    return newest;
  }

  std::map<std::string, std::string> SettingsOfConnection(const std::string& kind) const {
    return context_.connections.Find(context_.settings.at("connection").get<std::string>(), kind)
        .settings;
  }

  int EncodingThreads() const {
    const int threads = context_.database.options().threads;
    return threads == 0 ? AvailableProcessors() : threads;
  }

  std::string Day() const { return context_.settings.at("day"); }

  // `day` is that of the run that finishes it. Throws UserError for files that were refused, once
  // all is noted: what they had is planned anew by the next run, when the reason may be gone.
  void Finish(const Delivery& delivery, const std::string& day) {
    std::string refusal;
    for (const OutgoingFile& file : delivery.files) {
      const std::string of_file = FinishFile(delivery, file);
      refusal = refusal.empty() ? of_file : refusal;
      lines_ += file.lines;
    }
    Failpoint("activation:before-done");
    journal_.MarkDone(delivery, day);
    Failpoint("activation:after-done");
    if (!refusal.empty()) {
      throw UserError("{}", refusal);
    }
    sent_ += fmt::format("{}delivery {} of {} files", sent_.empty() ? "" : ", ", delivery.id,
                         delivery.files.size());
  }

  // Whether a file that other settings encoded than those of now is given up: it never arrived, and
  // never will as it is. Its seat is open then, and gets what it lacks.
  bool IsOutdated(const Delivery& delivery, const FileOnItsWay& file) const {
    return delivery.encoding && *delivery.encoding != destination_->EncodingText() &&
           !destination_->MayHaveArrived(file);
  }

  void GiveUp(const Delivery& delivery, const OutgoingFile& file) {
    const std::string text = fmt::format(
        "{}: it was encoded by other settings of the connection, and never arrived; the seat {} "
        "gets "
        "what it lacks by another file",
        file.name, file.member);
    LogWarning("{}", text);
    journal_.AddAttempt(delivery, file,
                        {.outcome = {.phase = kSuperseded, .refusal = text},
                         .finished_at = FormatTimestamp(Now())});
    Failpoint("activation:after-superseded");
    fs::remove(journal_.PathOf(delivery, file));
  }

  // Returns why the destination didn't take it although it has read it; empty: it took it, or it
  // was given up.
  std::string FinishFile(const Delivery& delivery, const OutgoingFile& file) {
    const std::vector<Attempt> attempts = journal_.AttemptsOf(delivery, file);
    std::string refusal = attempts.empty() ? "" : attempts.back().outcome.refusal;
    const bool is_over =
        !attempts.empty() && (attempts.back().outcome.accepted || !refusal.empty());
    const bool was_given_up = is_over && attempts.back().outcome.phase == kSuperseded;
    const fs::path path = journal_.PathOf(delivery, file);
    if (!is_over) {
      FileNotes notes = journal_.NotesOf(delivery, file);
      const FileOnItsWay on_its_way{.file = file, .path = path, .notes = notes};
      if (IsOutdated(delivery, on_its_way)) {
        GiveUp(delivery, file);
        return "";
      }
      destination_->Deliver(on_its_way);
      Failpoint("activation:after-delivery");
      Outcome outcome = destination_->Confirm(on_its_way);
      JudgeRefusedLines(file, outcome);
      refusal = outcome.refusal;
      Failpoint("activation:before-outcome");
      journal_.AddAttempt(delivery, file,
                          {.outcome = outcome, .finished_at = FormatTimestamp(Now())});
      if (!outcome.accepted && refusal.empty()) {
        throw ExternalError(
            "{} was refused, job {} is '{}': {}", file.name, outcome.job_id, outcome.phase,
            outcome.error_lines.empty() ? "without a reason"
                                        : WithoutUsers(outcome.error_lines.front()));
      }
    }
    Failpoint("activation:after-outcome");
    fs::remove(path);
    return was_given_up ? "" : refusal;
  }

  // A file of which too many lines were refused isn't accepted. Removals alone are never too many
  // where the segments aren't the seat's, as of one that another seat has now: they aren't there.
  void JudgeRefusedLines(const OutgoingFile& file, Outcome& outcome) const {
    std::int64_t refused = 0;
    std::string counters;
    for (const auto& [counter, lines] : outcome.refused_lines) {
      refused += lines;
      counters += fmt::format("{}{} {}", counters.empty() ? "" : ", ", counter, lines);
    }
    if (!outcome.accepted || refused == 0) {
      return;
    }
    const std::string text =
        fmt::format("{}: {} of {} lines were refused by job {} of member {}: {}", file.name,
                    refused, file.lines, outcome.job_id, file.member, counters);
    const double most = context_.settings.at("most_refused");
    const bool may_be = static_cast<double>(refused) <= most * static_cast<double>(file.lines) ||
                        (file.removed == file.lines && warns_of_refused_removals_ &&
                         AreOfOtherSeats(outcome.refused_lines));
    if (may_be) {
      LogWarning("{}", text);
      return;
    }
    outcome.accepted = false;
    outcome.refusal = fmt::format(
        "{}; 'most_refused' allows a share of {}. The next run sends what the seat lacks", text,
        most);
  }

  ConnectorContext& context_;
  DeliveryJournal journal_;
  std::unique_ptr<storage::StoreLock> lock_;
  Pace pace_;
  std::unique_ptr<Destination> destination_;
  std::string sent_;
  std::int64_t lines_ = 0;
  bool warns_of_refused_removals_ = true;
};

class Activation final : public Connector {
 public:
  explicit Activation(DestinationKind kind)
      : kind_(std::move(kind)),
        declaration_{.name = kind_.name,
                     .doc = kind_.doc,
                     .version = 1,
                     .settings = {{Direction::kOut, ActivationSettings(kind_.name)}},
                     .effect = Effect::kExternal,
                     .takes_many = true,
                     .connection = kind_.connection,
                     .check_connection = kind_.check} {}

  const Declaration& declaration() const override { return declaration_; }

  void CheckSettings(Direction /*direction*/, const Json& settings) const override {
    CheckDaySetting(settings);
    CheckNameSetting(settings, "dsp");
    CheckLocalPath(settings.value("path", ""));
    CheckLocalPath(settings.value("journal", ""));
  }

  SendReport Send(ConnectorContext& context) const override {
    if (HasNoConnection(context.connections, context.settings)) {
      return NothingSent(context.settings);
    }
    CheckSettings(Direction::kOut, context.settings);
    return WithJournal(context, [](Delivering& delivering) { return delivering.Run(); });
  }

  std::optional<SendReport> TakeBack(ConnectorContext& context,
                                     const std::string& users) const override {
    if (HasNoConnection(context.connections, context.settings) ||
        !fs::exists(JournalFolder(context))) {
      return std::nullopt;
    }
    return WithJournal(context, [&](Delivering& delivering) { return delivering.TakeBack(users); });
  }

  HeldPeople Held(ConnectorContext& context, const std::string& users) const override {
    const fs::path journal = JournalFolder(context);
    if (!fs::exists(journal)) {
      return {};
    }
    return {.lines = WithFileErrors([&] {
              return CountHeldLines(DeliveryJournal(journal), users, context.connection);
            }),
            .why_untold = HasNoConnection(context.connections, context.settings)
                              ? fmt::format("weir.yaml has no connection '{}'",
                                            context.settings.at("connection").get<std::string>())
                              : ""};
  }

  std::vector<WrittenFolder> WrittenFolders(const Json& settings,
                                            const Connections& connections) const override {
    std::vector<WrittenFolder> folders;
    const auto add = [&](const char* name, NamedPeople people) {
      const auto path = settings.is_object() ? settings.find(name) : settings.end();
      if (path != settings.end() && path->is_string()) {
        folders.push_back({.path = path->get<std::string>(), .people = people});
      }
    };
    add("path", NamedPeople::kByFirstField);
    add("journal", NamedPeople::kInErrorLines);
    const auto connection = settings.is_object() ? settings.find("connection") : settings.end();
    if (kind_.folder && connection != settings.end() && connection->is_string() &&
        connections.Has(connection->get<std::string>())) {
      const std::string path =
          kind_.folder(connections.Find(connection->get<std::string>(), kind_.name).settings);
      if (!path.empty()) {
        folders.push_back({.path = path, .people = NamedPeople::kByIdentifier});
      }
    }
    return folders;
  }

 private:
  static fs::path JournalFolder(const ConnectorContext& context) {
    return LocalPath(context.folder, context.settings.at("journal")) /
           context.settings.at("dsp").get<std::string>();
  }

  template <typename Work>
  SendReport WithJournal(ConnectorContext& context, const Work& work) const {
    const fs::path journal = JournalFolder(context);
    try {
      return WithFileErrors([&] {
        Delivering delivering(context, kind_, journal);
        SendReport report = work(delivering);
        report.identity = fmt::format("{} {}", kind_.name, report.identity);
        return report;
      });
    } catch (const Json::exception& error) {
      throw ExternalError("{}: {}", journal.string(), error.what());
    }
  }

  DestinationKind kind_;
  Declaration declaration_;
};

}  // namespace

std::unique_ptr<Connector> MakeActivation(DestinationKind kind) {
  return std::make_unique<Activation>(std::move(kind));
}

}  // namespace weir::connectors
