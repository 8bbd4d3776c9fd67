#include "jobs/run/personal_columns.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "lake/snapshot.h"
#include "project/project_names.h"
#include "project/substitution.h"

namespace weir::jobs {
namespace {

using project::Output;

class PersonalColumnFinder {
 public:
  PersonalColumnFinder(const project::Project& project, Lakes& lakes)
      : project_(project), lakes_(lakes) {}

  std::set<std::string> Find(const JobInstance& instance,
                             const std::vector<StagedOutput>& outputs) {
    for (const Output& output : instance.writes) {
      AddMarked(output);
    }
    for (const StagedOutput& staged : outputs) {
      if (staged.output->personal) {
        Add(staged.after.metadata.schema.names());
      }
    }
    AddRead(instance);
    return std::move(found_);
  }

 private:
  void Add(const std::vector<std::string>& columns) {
    for (const std::string& column : columns) {
      found_.insert(LowerCase(column));
    }
  }

  void AddMarked(const Output& output) {
    for (const project::ColumnContract& column : output.columns) {
      if (column.personal) {
        found_.insert(LowerCase(column.name));
      }
    }
  }

  void AddRead(const JobInstance& instance) {
    std::set<std::string> tables;
    for (const InstanceInput& input : instance.reads) {
      tables.insert(input.input.table);
    }
    for (const project::Job& job : project_.jobs) {
      for (const Output& output : job.writes) {
        const bool has_marked =
            std::ranges::any_of(output.columns, &project::ColumnContract::personal);
        if (has_marked || output.personal) {
          AddIfRead(job, output, tables);
        }
      }
    }
  }

  void AddIfRead(const project::Job& job, const Output& output,
                 const std::set<std::string>& tables) {
    for (const std::string& partition : project::PartitionsOf(project_, job)) {
      const std::string table =
          project::FillName(output.table, project::TableNameValues(project_, job, partition));
      if (tables.contains(table)) {
        AddMarked(output);
        AddWhole(output, table);
      }
    }
  }

  // A table's columns are those that it has; before its first run there are no rows to show.
  void AddWhole(const Output& output, const std::string& table) {
    if (!output.personal) {
      return;
    }
    lake::Warehouse& warehouse = lakes_.Of(table);
    const lake::Snapshot snapshot = warehouse.Open(warehouse.FolderOf(table));
    for (const std::string& column :
         snapshot.exists() ? snapshot.metadata.schema.names() : std::vector<std::string>()) {
      if (std::ranges::find(output.partition_by, column) == output.partition_by.end()) {
        found_.insert(LowerCase(column));
      }
    }
  }

  const project::Project& project_;
  Lakes& lakes_;
  std::set<std::string> found_;
};

}  // namespace

std::set<std::string> PersonalColumns(const project::Project& project, const JobInstance& instance,
                                      const std::vector<StagedOutput>& outputs, Lakes& lakes) {
  return PersonalColumnFinder(project, lakes).Find(instance, outputs);
}

}  // namespace weir::jobs
