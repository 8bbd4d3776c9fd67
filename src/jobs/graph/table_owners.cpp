#include "jobs/graph/table_owners.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/ascii.h"
#include "lake/new_table.h"
#include "project/project_names.h"

namespace weir::jobs {
namespace {

using project::Job;
using project::Mistakes;
using project::Output;
using project::Project;

Owner MakeOwner(std::size_t job, const Output& output, const std::string& partition,
                const project::Substitutions& values) {
  Owner owner{.job = job, .output = &output, .partition = partition, .part = {}};
  for (const auto& [column, value] : output.partition) {
    owner.part.emplace(column, project::FillName(value, values));
  }
  return owner;
}

// Whether no row can belong to both.
bool AreApart(const Owner& left, const Owner& right) {
  return std::ranges::any_of(left.part, [&](const auto& column) {
    const auto other = right.part.find(column.first);
    return other != right.part.end() && other->second != column.second;
  });
}

class OwnerFinder {
 public:
  OwnerFinder(const Project& project, Mistakes& mistakes)
      : project_(project), mistakes_(mistakes) {}

  TableOwners Find() {
    for (std::size_t job = 0; job < project_.jobs.size(); ++job) {
      AddJob(job);
    }
    return std::move(owners_);
  }

 private:
  void AddJob(std::size_t index) {
    const Job& job = project_.jobs[index];
    for (const std::string& partition : project::PartitionsOf(project_, job)) {
      const auto values = project::TableNameValues(project_, job, partition);
      for (const Output& output : job.writes) {
        const std::string table = project::FillName(output.table, values);
        Owner owner = MakeOwner(index, output, partition, values);
        if (table == project::FillName(output.table, OtherPartition(job, values))) {
          owner.part.emplace(job.per, partition);  // the name doesn't tell the instances apart
        }
        Add(table, std::move(owner));
      }
    }
  }

  // The same names for a partition that is none.
  static project::Substitutions OtherPartition(const Job& job, project::Substitutions values) {
    if (!job.per.empty()) {
      values[job.per].text = "__other";
    }
    return values;
  }

  void Add(const std::string& table, Owner owner) {
    CheckName(table, owner);
    std::vector<Owner>& known = owners_[table];
    const auto rival =
        std::ranges::find_if(known, [&](const Owner& other) { return !AreApart(owner, other); });
    if (rival != known.end()) {
      Refuse(table, owner, *rival);
    } else if (!known.empty() && known[0].output->partition_by != owner.output->partition_by) {
      Note(owner, fmt::format("table '{}' has partition_by: [{}] here and [{}] in job {}; all its "
                              "writers must have the same",
                              table, fmt::join(owner.output->partition_by, ", "),
                              fmt::join(known[0].output->partition_by, ", "),
                              project_.jobs[known[0].job].name));
    }
    known.push_back(std::move(owner));
  }

  // SQL reads tables by names without regard to letter case.
  void CheckName(const std::string& table, const Owner& owner) {
    if (const std::string schema = table.substr(0, table.find('.'));
        lake::IsReservedSchema(schema)) {
      Note(owner, fmt::format("table '{}': schema '{}' is one of weir's and DuckDB's own; its "
                              "tables can't be written",
                              table, schema));
    }
    const std::string& spelling = spellings_.emplace(LowerCase(table), table).first->second;
    if (spelling != table) {
      Note(owner, fmt::format("table '{}' differs from '{}' in letter case only, and SQL takes the "
                              "two for one",
                              table, spelling));
    }
  }

  void Refuse(const std::string& table, const Owner& owner, const Owner& rival) {
    Note(owner, fmt::format("table '{}' is written by job {} too; a table has one writer, or each "
                            "has its own constant 'partition'",
                            table, project_.jobs[rival.job].name));
  }

  // Once a line, not once for each partition.
  void Note(const Owner& owner, std::string text) {
    if (told_.insert(owner.output).second) {
      mistakes_.Note(owner.output->place, std::move(text));
    }
  }

  const Project& project_;
  Mistakes& mistakes_;
  TableOwners owners_;
  std::map<std::string, std::string> spellings_;  // by the name in small letters
  std::set<const Output*> told_;
};

}  // namespace

TableOwners FindOwners(const Project& project, Mistakes& mistakes) {
  return OwnerFinder(project, mistakes).Find();
}

}  // namespace weir::jobs
