#include "jobs/graph/views.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "jobs/graph/parsed_sql.h"
#include "project/project_names.h"
#include "sql/quote.h"

namespace weir::jobs {
namespace {

using project::Mistakes;
using project::Project;
using project::View;

struct ViewReads {
  const View* view = nullptr;
  std::vector<std::string> tables;  // and views
};

bool IsOfPartition(const View& view, const project::Job& job) {
  return !job.per.empty() && view.name.find("{" + job.per + "}") != std::string::npos;
}

class ViewFinder {
 public:
  ViewFinder(const Project& project, sql::Connection& connection, Mistakes& mistakes)
      : project_(project), connection_(connection), mistakes_(mistakes) {}

  std::map<std::string, std::vector<std::string>> Find() {
    for (const auto& [name, view] : ProjectViews(project_)) {
      Add(view);
    }
    std::map<std::string, std::vector<std::string>> tables;
    for (const auto& [name, reads] : views_) {
      std::set<std::string> found;
      std::vector<std::string> path;
      Follow(name, path, found);
      tables[name] = {found.begin(), found.end()};
    }
    return tables;
  }

 private:
  void Add(const ProjectView& filled) {
    const View& view = *filled.view;
    const bool is_file = !view.file.empty();
    const SqlSource source{.text = filled.sql,
                           .place = is_file ? project::Place{.file = view.file} : view.place,
                           .is_file = is_file};
    const auto parsed = ParseSql(source, {}, connection_, mistakes_);
    ViewReads& reads = views_[filled.name];
    reads.view = &view;
    for (const SqlRead& read : parsed ? parsed->reads : std::vector<SqlRead>()) {
      if (read.name.size() == 2) {
        reads.tables.push_back(fmt::format("{}.{}", read.name[0], read.name[1]));
      } else {
        mistakes_.Note(read.place,
                       fmt::format("view '{}' reads '{}'; a table or view is schema.name",
                                   view.name, fmt::join(read.name, ".")));
      }
    }
  }

  void Follow(const std::string& name, std::vector<std::string>& path,
              std::set<std::string>& found) {
    const auto view = views_.find(name);
    if (view == views_.end()) {
      found.insert(name);
      return;
    }
    if (const auto again = std::ranges::find(path, name); again != path.end()) {
      // Told once, by the first of the cycle.
      if (again == path.begin() && name == *std::ranges::min_element(path)) {
        mistakes_.Note(view->second.view->place, fmt::format("views read each other: {} -> {}",
                                                             fmt::join(path, " -> "), name));
      }
      return;
    }
    path.push_back(name);
    for (const std::string& table : view->second.tables) {
      Follow(table, path, found);
    }
    path.pop_back();
  }

  const Project& project_;
  sql::Connection& connection_;
  Mistakes& mistakes_;
  std::map<std::string, ViewReads> views_;
};

}  // namespace

std::map<std::string, ProjectView> ProjectViews(const Project& project) {
  std::map<std::string, ProjectView> views;
  for (const project::Job& job : project.jobs) {
    for (const std::string& partition : project::PartitionsOf(project, job)) {
      project::Substitutions values = project::SettingsValues(project);
      if (!job.per.empty()) {
        values[job.per] = {.kind = project::SubstitutionValue::Kind::kLiteral, .text = partition};
      }
      for (const View& view : job.views) {
        const std::string name = project::FillName(view.name, values);
        views.try_emplace(name, ProjectView{.name = name,
                                            .sql = project::FillSql(view.text, values),
                                            .is_of_partition = IsOfPartition(view, job),
                                            .view = &view,
                                            .job = &job});
      }
    }
  }
  return views;
}

std::set<std::string> ViewsThatJobsRead(const Project& project, sql::Connection& connection) {
  const std::map<std::string, ProjectView> views = ProjectViews(project);
  std::vector<std::string> names;
  for (const project::Job& job : project.jobs) {
    for (const std::string& partition : project::PartitionsOf(project, job)) {
      const auto values = project::TableNameValues(project, job, partition);
      for (const project::Input& input : job.reads) {
        names.push_back(project::FillName(input.table, values));
      }
    }
  }
  std::set<std::string> read;
  while (!names.empty()) {
    const std::string name = std::move(names.back());
    names.pop_back();
    const auto view = views.find(name);
    if (view == views.end() || !read.insert(name).second) {
      continue;
    }
    try {
      for (const std::string& table : connection.TableNames(view->second.sql)) {
        names.push_back(fmt::format("{}", fmt::join(sql::SplitName(table), ".")));
      }
    } catch (const UserError&) {
      continue;  // it is no SQL, which FindViews() tells
    }
  }
  return read;
}

std::map<std::string, std::vector<std::string>> FindViews(const Project& project,
                                                          sql::Connection& connection,
                                                          Mistakes& mistakes) {
  return ViewFinder(project, connection, mistakes).Find();
}

}  // namespace weir::jobs
