#include "jobs/graph/selection.h"

#include <algorithm>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "base/error.h"
#include "base/nearest_name.h"

namespace weir::jobs {
namespace {

using project::Job;

// '*' is any text, '?' any byte.
bool MatchesGlob(std::string_view text, std::string_view glob) {
  std::size_t at = 0;
  std::size_t star = std::string_view::npos;
  std::size_t after_star = 0;
  std::size_t i = 0;
  while (at < text.size()) {
    if (i < glob.size() && (glob[i] == '?' || (glob[i] != '*' && glob[i] == text[at]))) {
      ++at;
      ++i;
    } else if (i < glob.size() && glob[i] == '*') {
      star = i++;
      after_star = at;
    } else if (star != std::string_view::npos) {
      i = star + 1;
      at = ++after_star;
    } else {
      return false;
    }
  }
  return glob.find_first_not_of('*', i) == std::string_view::npos;
}

// What names a job by `kind`: its name, its tags or its domain.
std::vector<std::string> NamesOf(const Job& job, std::string_view kind) {
  if (kind == "tag") {
    return job.tags;
  }
  return {kind == "domain" ? job.domain : job.name};
}

struct Word {
  std::string kind = "job";  // or "tag", "domain"
  std::string name;
  bool upstream = false;
  bool downstream = false;
};

Word ParseWord(std::string_view text) {
  Word word;
  if (text.starts_with('+')) {
    word.upstream = true;
    text.remove_prefix(1);
  }
  if (text.ends_with('+')) {
    word.downstream = true;
    text.remove_suffix(1);
  }
  for (const char* kind : {"tag", "domain"}) {
    const std::string prefix = std::string(kind) + ":";
    if (text.starts_with(prefix)) {
      word.kind = kind;
      text.remove_prefix(prefix.size());
    }
  }
  word.name = text;
  return word;
}

[[noreturn]] void ThrowUnknown(const Graph& graph, const Word& word) {
  std::set<std::string> known;
  for (const Job& job : graph.project->jobs) {
    for (const std::string& name : NamesOf(job, word.kind)) {
      known.insert(name);
    }
  }
  const std::vector<std::string> names(known.begin(), known.end());
  constexpr std::size_t kMostListed = 30;
  const std::string list = names.empty() ? "there is none"
                           : names.size() <= kMostListed
                               ? fmt::format("there are: {}", fmt::join(names, ", "))
                               : fmt::format("there are {}", names.size());
  throw UserError("no {} is called '{}'; {}{}", word.kind, word.name, list,
                  DidYouMean(word.name, names));
}

void AddAll(std::size_t job, const std::vector<std::vector<std::size_t>>& edges,
            std::vector<bool>& reached) {
  for (const std::size_t next : edges[job]) {
    if (!reached[next]) {
      reached[next] = true;
      AddAll(next, edges, reached);
    }
  }
}

void Select(const Graph& graph, const Word& word, std::vector<bool>& selected) {
  std::vector<bool> named(selected.size(), false);
  std::vector<bool> up(selected.size(), false);
  std::vector<bool> down(selected.size(), false);
  bool any = false;
  for (std::size_t job = 0; job < selected.size(); ++job) {
    named[job] =
        std::ranges::any_of(NamesOf(graph.job(job), word.kind),
                            [&](const std::string& name) { return MatchesGlob(name, word.name); });
    any = any || named[job];
    if (named[job] && word.upstream) {
      AddAll(job, graph.upstream, up);
    }
    if (named[job] && word.downstream) {
      AddAll(job, graph.downstream, down);
    }
  }
  if (!any) {
    ThrowUnknown(graph, word);
  }
  for (std::size_t job = 0; job < selected.size(); ++job) {
    selected[job] = selected[job] || named[job] || up[job] || down[job];
  }
}

}  // namespace

std::vector<std::size_t> SelectJobs(const Graph& graph, const std::vector<std::string>& words) {
  std::vector<bool> selected(graph.upstream.size(), words.empty());
  for (const std::string& word : words) {
    Select(graph, ParseWord(word), selected);
  }
  std::vector<std::size_t> jobs;
  std::ranges::copy_if(graph.order, std::back_inserter(jobs),
                       [&](std::size_t job) { return selected[job]; });
  return jobs;
}

}  // namespace weir::jobs
