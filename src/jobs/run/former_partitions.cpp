#include "jobs/run/former_partitions.h"

#include <algorithm>

#include <fmt/format.h>

namespace weir::jobs {

std::vector<SharedTable> SharedTables(const project::Project& project,
                                      const std::vector<JobInstance>& instances) {
  std::vector<SharedTable> tables;
  for (const JobInstance& instance : instances) {
    const std::string& per = instance.job->per;
    if (per.empty() || instance.partition != project.partitions.at(per)[0]) {
      continue;
    }
    for (const project::Output& output : instance.writes) {
      if (std::ranges::find(output.partition_by, per) != output.partition_by.end()) {
        tables.push_back({.per = per, .output = &output});
      }
    }
  }
  return tables;
}

bool IsFormer(const project::Project& project, const std::string& per,
              const lake::PartitionValues& values) {
  const auto value = values.find(per);
  const std::vector<std::string>& listed = project.partitions.at(per);
  return value != values.end() && value->second &&
         std::ranges::find(listed, *value->second) == listed.end();
}

std::set<std::string> WarningsOfFormer(const project::Project& project, const SharedTable& table,
                                       const lake::Snapshot& snapshot) {
  std::set<std::string> warnings;
  for (const lake::AddFile& file : snapshot.files) {
    if (IsFormer(project, table.per, file.partition_values)) {
      warnings.insert(fmt::format(
          "{0} holds rows of {1} '{2}', which 'partitions' in weir.yaml doesn't list any more, for "
          "all who read the table: list it again, or drop the table ('weir table drop {0} --yes'), "
          "which 'weir run' then makes anew without it",
          table.output->table, table.per, *file.partition_values.at(table.per)));
    }
  }
  return warnings;
}

}  // namespace weir::jobs
