#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/declared_settings.h"
#include "data/batch.h"
#include "data/schema.h"
#include "sql/database.h"

// The seam for native steps: a kernel behind a name, relations in, relations out.
namespace weir::operators {

// A relation that an operator reads.
struct Argument {
  std::string name;
  std::vector<Field> columns{};  // that it must have, of these types or ones that widen to them
  bool optional = false;
  bool read_again = false;  // read more than once, so that the rows must be kept
  std::string doc{};
};

// How the rows of an operator's input may be shared out among processes: nothing may be split, any
// row may go anywhere, or rows of equal `keys` must stay together.
enum class Splitting : std::uint8_t { kWhole, kRows, kKeys };

struct Split {
  Splitting how = Splitting::kWhole;
  std::vector<std::string> keys{};

  friend bool operator==(const Split&, const Split&) = default;
};

struct Declaration {
  std::string name;
  std::string doc;
  int version = 1;  // grows when the same input would give another output: part of the code hash
  std::vector<Argument> arguments;
  std::vector<std::string> outputs;  // a step's `out` names them in this order; it may name fewer
  std::vector<Setting> settings;
};

// Gives the next rows, or nothing at the end.
using BatchSource = std::function<std::optional<Batch>()>;

// Rows of an argument that an output has, too, as they are.
struct CarriedRows {
  std::string argument;
  std::string kept;  // SQL over the argument's columns: never null, true for those that stay
};

// What an operator works with. One thread; what it gives is read after Run() has returned.
class OperatorContext {
 public:
  virtual ~OperatorContext() = default;

  virtual const nlohmann::json& settings() const = 0;  // complete
  virtual std::int64_t seed() const = 0;
  virtual std::stop_token stop() const = 0;
  virtual std::filesystem::path project_folder() const = 0;
  // Which attempt of which run this is; Origin() of what it is about to write.
  virtual std::string attempt() const = 0;

  // The argument's relation as SQL names it, in quotes; absent if it is optional and not given.
  virtual std::optional<std::string> Relation(std::string_view argument) const = 0;
  // What made the rows of an argument that is a table: equal texts stand for equal rows. Empty
  // where that isn't known.
  virtual std::string Origin(std::string_view argument) const = 0;
  // Runs SQL over the relations; one result at a time.
  virtual sql::Result Query(const std::string& sql) = 0;

  // Whether anybody reads the output.
  virtual bool Wants(std::string_view output) const = 0;
  // The rows of an output, produced while they are read: `next` owns what it needs and uses nothing
  // of this context. For kernels that have their results in memory.
  virtual void Give(std::string_view output, const Schema& schema, BatchSource next) = 0;
  // The same, but `next` reads on in a result of Query(): all rows are pulled now and kept outside
  // of memory where they don't fit. For operators that pass rows through.
  virtual void Pipe(std::string_view output, const Schema& schema, BatchSource next) = 0;
  // Keeps rows for the conditions of Carry(), as long as outputs are read. Returns the table's name
  // in SQL; `name` is no relation of the step.
  virtual std::string Keep(const std::string& name, const Schema& schema, BatchSource next) = 0;
  // Those rows of the argument, which has the columns of `schema`, and `fresh` ones; in any order.
  // Where the output becomes the table that the argument was read from, files of which all rows
  // stay are left alone, and others lose rows without being sorted again.
  virtual void Carry(std::string_view output, const Schema& schema, const CarriedRows& carried,
                     BatchSource fresh) = 0;
};

// Stateless and thread-safe.
class Operator {
 public:
  virtual ~Operator() = default;

  virtual const Declaration& declaration() const = 0;
  // The outputs' columns, in the order of declaration().outputs, for complete settings and the
  // inputs by argument; required columns are known to be there. Throws UserError for settings that
  // don't fit each other or the input.
  virtual std::vector<Schema> Outputs(const nlohmann::json& settings,
                                      const std::map<std::string, Schema>& inputs) const = 0;
  virtual Split SplitOf(const nlohmann::json& settings) const = 0;
  // Begins, on a thread of its own, what a Run() with these complete settings needs and what takes
  // long, such as loading reference data; returns at once. May throw what Run() would throw.
  virtual void Prepare(const nlohmann::json& /*settings*/,
                       const std::filesystem::path& /*project_folder*/) const {}
  virtual void Run(OperatorContext& context) const = 0;
};

// Operators by name.
class OperatorTable {
 public:
  explicit OperatorTable(std::vector<std::unique_ptr<Operator>> operators);

  // Throws UserError with the nearest name.
  const Operator& Find(std::string_view name) const;
  std::vector<std::string> names() const;  // sorted

 private:
  std::map<std::string, std::unique_ptr<Operator>, std::less<>> operators_;
};

// What a step of this operator says wrongly, a line each: settings, names of arguments, the number
// of outputs. Needs no data.
std::vector<std::string> StepMistakes(const Operator& op, const nlohmann::json& settings,
                                      const std::vector<std::string>& arguments,
                                      std::size_t num_outputs);

// The outputs' columns, after the inputs' were compared with what the operator requires. Throws
// UserError.
std::vector<Schema> Describe(const Operator& op, const nlohmann::json& settings,
                             const std::map<std::string, Schema>& inputs);

// The one visible table of all operators.
OperatorTable BuiltinOperators();

}  // namespace weir::operators
