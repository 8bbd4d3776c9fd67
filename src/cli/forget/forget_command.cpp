#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/forget/asked_ids.h"
#include "cli/forget/forget_people.h"
#include "cli/forget/runs_under_way.h"
#include "cli/job/workspace.h"
#include "cli/print_json.h"
#include "cli/units.h"

namespace weir::cli {
namespace {

std::set<std::string> ErasedTables(const Forgotten& done) {
  std::set<std::string> names;
  for (const ErasedTable& table : done.erasure.tables) {
    names.insert(table.table);
  }
  return names;
}

std::string SearchText(const ByteSearch& search) {
  return fmt::format("searched {} files ({}): {}\n", FormatCount(search.files),
                     FormatSize(static_cast<std::uint64_t>(search.bytes)),
                     search.found.empty() ? "none holds one of the ids"
                                          : fmt::format("{} hold one of the ids",
                                                        FormatCount(std::ssize(search.found))));
}

std::string PathsText(const std::vector<std::filesystem::path>& paths) {
  std::vector<std::string> texts;
  texts.reserve(paths.size());
  for (const std::filesystem::path& path : paths) {
    texts.push_back(path.string());
  }
  return fmt::to_string(fmt::join(texts, ", "));
}

void RefuseLeftFiles(const Forgotten& done) {
  std::vector<std::filesystem::path> left;
  std::ranges::set_difference(done.search.found, done.waiting, std::back_inserter(left));
  if (!left.empty()) {
    throw ExternalError(
        "an id still stands in {}: files that no version names are deleted an hour after they were "
        "written, by calling this again; what is in other files 'weir forget' doesn't know",
        PathsText(left));
  }
  if (!done.waiting.empty()) {
    throw ExternalError(
        "{} tells whoever fetches it to take the people out: delete it once it has been fetched, "
        "and "
        "call this again; nothing else is left to do",
        PathsText(done.waiting));
  }
}

void RunForget(const Arguments& arguments, Services& services) {
  const std::vector<PersonId> ids = AskedIds(arguments);
  const bool is_dry = arguments.Has("--dry-run");
  Workspace workspace(services);
  const bool send = arguments.Has("--send");
  const Forgotten done =
      is_dry ? LookAtPeople(workspace, ids, send) : ForgetPeople(workspace, ids, send);
  if (services.options().json) {
    PrintJson(services.out(), ForgottenJson(done));
  } else {
    services.out() << ForgottenText(done)
                   << (is_dry ? "nothing was changed\n" : SearchText(done.search));
  }
  if (!is_dry) {
    RefuseRunsUnderWay(RunsUnderWay(workspace, ErasedTables(done)), "weir forget");
    RefuseLeftFiles(done);
  }
}

std::vector<Parameter> ForgetParameters() {
  std::vector<Parameter> parameters = AskedIdParameters();
  parameters.push_back({.name = "--dry-run", .help = "say what would go, and change nothing"});
  parameters.push_back(
      {.name = "--send", .help = "tell destinations, whatever the environment says"});
  return parameters;
}

}  // namespace

Command ForgetCommand() {
  return {
      .name = "forget",
      .group = "Jobs",
      .summary = "Forget people: whatever weir wrote of them goes, and later events are dropped.",
      .details =
          "The identity graph tells which other ids are the same person's. Salted hashes of all "
          "of\n"
          "them go into metastore.suppressed_ids; ingestion drops lines that have one "
          "(suppressed:\n"
          "erased). Their rows go from every table of the project and from files that jobs wrote,\n"
          "and bad lines that hold an id lose their text. The people they were linked to are "
          "found\n"
          "anew. Older versions that held such rows are deleted at once and can't be read or\n"
          "replayed any more. Models that learnt from them are listed, also in\n"
          "metastore.forgotten_models. Last, everything that weir wrote is searched for the ids.\n"
          "The report is printed and kept in _weir/erasures/ of the warehouse: it names no id.\n"
          "Files that are only read, such as topics, are listed and left to their retention.\n"
          "A destination that has the people and can't be told, as nothing is sent in this\n"
          "environment or its connection is gone, ends it with exit code 1 before anything is\n"
          "erased. So does, at the end, a file that tells somebody to take the people out and "
          "that\n"
          "nobody has fetched yet: delete it once that is done, and call this again.\n"
          "An id such as 43200 or amer goes where ids stand; in texts it may be anything.\n"
          "FILE has a line {\"party\": \"af\", \"user_id\": \"…\"} for each id.",
      .examples =
          "weir forget af:0123456789abcdef --dry-run\n"
          "weir forget af:0123456789abcdef\n"
          "weir forget --file erased.ndjson",
      .parameters = ForgetParameters(),
      .run = RunForget};
}

}  // namespace weir::cli
