#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "operators/operator.h"
#include "project/job.h"
#include "project/substitution.h"
#include "sql/database.h"

namespace weir::jobs {

// How often each relation of a job is read, all in all, by steps, writes and checks. A check counts
// the rows and then shows some, and what is sent outside may be sent again after an error: each of
// them is two readers. Relations are found without regard to letter case.
class RelationUse {
 public:
  // SQL is parsed by `connection`, with `values` filled in.
  RelationUse(const project::Job& job, const project::Substitutions& values,
              const operators::OperatorTable& operators, sql::Connection& connection);

  // Somebody else reads the relation, as often as he likes.
  void AddReaders(std::string_view relation) { Add(relation, 2); }

  // A view that is read twice would be computed twice, a stream couldn't be.
  int readers(std::string_view relation) const;

 private:
  void AddStep(const project::Step& step, const operators::OperatorTable& operators);
  void AddSql(const std::string& text, int times);
  void Add(std::string_view relation, int times);

  const project::Substitutions& values_;
  sql::Connection& connection_;
  std::map<std::string, int> readers_;  // by the name in lower case
};

// The syntax tree of SELECT statements as JSON text, without places in the text; empty for what
// DuckDB can't take apart.
std::string SyntaxTree(sql::Connection& connection, const std::string& sql);

// The one SELECT of an SQL file, without its ';'. Throws UserError for none or several.
std::string OneStatement(const std::string& text);

}  // namespace weir::jobs
