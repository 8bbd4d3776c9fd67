#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "data/schema.h"
#include "lake/text_value.h"

namespace weir::lake {

// Where a JSON value stands, for messages.
struct JsonPlace {
  std::string_view file;
  std::int64_t line = 0;
  std::string_view table;
};

// Reads JSON objects, checks them against columns and finds out the types of the fields that are no
// columns. Values that a column can't hold as they are (FitsText(); a number is no text, a text no
// number, nothing is true or false but these words) are UserErrors naming file, line and column;
// so are objects' fields that a struct lacks, a field twice, one in two letter cases, values of two
// types where no column says which, fields without a name, values more than 100 levels deep, and
// whatever is no JSON (RFC 8259). Null fits everything.
// Numbers keep the digits that a double has, whole ones all of theirs. One thread.
class JsonShape {
 public:
  // The columns of a table; `may_grow`: objects may have fields that are no columns.
  JsonShape(DataType columns, bool may_grow);
  JsonShape(const JsonShape&) = delete;
  JsonShape& operator=(const JsonShape&) = delete;
  ~JsonShape();

  // An object of all columns.
  void AddObject(std::string_view text, const JsonPlace& place);

  // A field of the objects. Columns come first, in their order, then the others as they appeared.
  struct Column {
    std::string key;        // as the objects spell it, or the column's name
    bool is_found = false;  // an object had it
    DataType type;  // the column's, or found out; texts alone that are days or times are such
    // What DuckDB's reader of JSON gives without loss; a CAST to `type` does the rest.
    std::string read_as;
  };
  std::vector<Column> columns() const;

  class Node;

 private:
  struct Parser;
  std::unique_ptr<Node> root_;
  std::unique_ptr<Parser> parser_;
};

}  // namespace weir::lake
