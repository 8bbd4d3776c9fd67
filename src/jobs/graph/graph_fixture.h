#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "jobs/graph/graph.h"
#include "project/test_project.h"
#include "sql/database.h"

// For tests alone: projects of a few files, and what the graph says of them.
namespace weir::jobs {

class GraphTest : public testing::Test {
 protected:
  using Files = std::initializer_list<std::pair<const char*, std::string>>;

  // Writes the files beside a weir.yaml and loads the project.
  void Load(Files files) {
    folder_.Write("weir.yaml",
                  "name: shop\npartitions: {region: [amer, emea]}\n"
                  "variables: {days: 7}\n");
    for (const auto& [name, text] : files) {
      folder_.Write(name, text);
    }
    project_ = folder_.Load();
  }

  Graph Build() { return BuildGraph(project_, connection_); }

  // What BuildGraph() refuses.
  std::string Mistakes() {
    try {
      Build();
    } catch (const UserError& problem) {
      return folder_.WithoutFolder(problem.what());
    }
    return "";
  }

  std::string CheckMistakes() {
    return folder_.WithoutFolder(Check().mistakes.ToText(project_.folder));
  }
  std::string CheckWarnings() {
    return folder_.WithoutFolder(Check().warnings.ToText(project_.folder));
  }
  Findings Check() {
    Findings findings;
    CheckProject(project_, connection_, findings);
    return findings;
  }

  std::vector<std::string> NamesOf(const std::vector<std::size_t>& jobs) const {
    std::vector<std::string> names;
    for (const std::size_t job : jobs) {
      names.push_back(project_.jobs[job].name);
    }
    return names;
  }

  // job.yaml of a job that makes one table of others by an operator.
  static std::string Job(const std::string& name, const std::string& reads,
                         const std::string& table, const std::string& more = "") {
    return "job: " + name + "\nreads: {" + reads + "}\nsteps: [{operator: f, out: rows}]\n" +
           "writes: [{table: " + table + ", from: rows, mode: overwrite" + more + "}]\n";
  }

  project::TestProject folder_{{"weir.yaml", "name: shop"}};
  project::Project project_;
  sql::Database database_{sql::DatabaseOptions{.threads = 1, .spill_folder = {}}};
  sql::Connection connection_ = database_.Connect();
};

}  // namespace weir::jobs
