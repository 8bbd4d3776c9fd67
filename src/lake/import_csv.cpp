#include <algorithm>
#include <compare>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/ascii.h"
#include "base/error.h"
#include "lake/csv_records.h"
#include "lake/import_text.h"
#include "lake/json_shape.h"
#include "lake/text_value.h"
#include "sql/quote.h"
#include "storage/unpacker.h"

namespace weir::lake {
namespace {

// A column of the files: the table's, with its type, or one whose type shows in its texts.
class CsvColumn {
 public:
  CsvColumn(std::string name, const Field* present) : name_(std::move(name)) {
    if (present != nullptr) {
      type_ = present->type;
      if (type_->IsNested()) {
        shape_ = std::make_unique<JsonShape>(StructOf({*present}), false);
      }
    }
  }

  const std::string& name() const { return name_; }
  DataType type() const { return type_.value_or(guess_.type()); }

  void Add(const CsvField& field, const JsonPlace& place) {
    if (field.IsNull()) {
      return;
    }
    const bool is_bytes = type_ && type_->kind == TypeKind::kBinary;
    const bool is_blank = !is_bytes && Trimmed(field.text).empty();
    if (!type_) {
      if (!is_blank) {
        guess_.Add(field.text);
      }
    } else if (shape_ != nullptr) {
      AddNested(field.text, place);
    } else if (!FitsText(field.text, *type_) && !is_blank) {
      throw UserError("{}:{}: column \"{}\": {} is {}, which does not fit {} of {}", place.file,
                      place.line, name_, ShownText(field.text), TypeNameOf(field.text),
                      FittingName(*type_), place.table);
    }
  }

  // SQL of the column's values from its texts.
  std::string Sql() const {
    std::string text = sql::QuoteName(name_);
    const DataType type = this->type();
    if (type.kind == TypeKind::kString) {
      return text;
    }
    if (type.kind == TypeKind::kBinary) {
      return fmt::format("{} AS {}", ValueFromTextSql(text, type), text);
    }
    const std::string value =
        fmt::format("nullif(trim({}, {}), '')", text, sql::QuoteText(kWhiteSpace));
    return fmt::format("{} AS {}",
                       ValueFromTextSql(shape_ == nullptr ? value : NestedSql(value), type), text);
  }

 private:
  void AddNested(const std::string& text, const JsonPlace& place) {
    if (Trimmed(text).empty()) {
      return;
    }
    shape_->AddObject(fmt::format("{{{}: {}}}", JsonText(name_), text), place);
  }

  std::string NestedSql(const std::string& value) const {
    const std::string structure = JsonText(shape_->columns().front().read_as);
    return fmt::format("from_json({}, {})", value, sql::QuoteText(structure));
  }

  static std::string JsonText(const std::string& text) { return nlohmann::json(text).dump(); }

  std::string name_;
  std::optional<DataType> type_;      // of the table's column
  std::unique_ptr<JsonShape> shape_;  // of nested columns
  TextGuess guess_;
};

// The columns of all files, and which files can be read together.
class CsvTable {
 public:
  CsvTable(char delimiter, const TableAt& table) : delimiter_(delimiter), table_(table) {}

  void Add(const std::string& file, const std::stop_token& stop) {
    CsvRecords records(file, delimiter_, stop);
    if (records.header().empty()) {
      return;
    }
    std::vector<CsvColumn*> columns;
    for (const std::string& name : records.header()) {
      columns.push_back(&ColumnOf(file, name, columns));
    }
    groups_[{storage::PackingOf(file), records.header()}].push_back(file);
    while (const auto* record = records.Next()) {
      const JsonPlace place{.file = file, .line = records.line(), .table = table_.folder.name};
      for (std::size_t i = 0; i < columns.size(); ++i) {
        columns[i]->Add((*record)[i], place);
      }
    }
  }

  bool empty() const { return groups_.empty(); }

  std::string Select() const {
    std::vector<std::string> selects;
    selects.reserve(groups_.size());
    for (const auto& [form, files] : groups_) {
      selects.push_back(SelectOf(form, files));
    }
    return fmt::format("{}", fmt::join(selects, "\nUNION ALL\n"));
  }

 private:
  // What files must have in common to be read together.
  struct Form {
    storage::Packing packing;
    std::vector<std::string> header;

    friend auto operator<=>(const Form&, const Form&) = default;
  };

  CsvColumn& ColumnOf(const std::string& file, const std::string& name,
                      const std::vector<CsvColumn*>& before) {
    if (name.empty()) {
      throw UserError("{}:1: field {} of the header is empty; each column needs a name", file,
                      before.size() + 1);
    }
    const auto is_it = [&](const CsvColumn& column) { return SameName(column.name(), name); };
    if (std::ranges::any_of(before, [&](const CsvColumn* column) { return is_it(*column); })) {
      throw UserError(
          "{}:1: the header has two columns \"{}\" (letter case does not count); give one of them "
          "another name",
          file, name);
    }
    const auto known = std::ranges::find_if(columns_, [&](const auto& one) { return is_it(*one); });
    if (known != columns_.end()) {
      return **known;
    }
    return *columns_.emplace_back(
        std::make_unique<CsvColumn>(name, table_.snapshot.metadata.schema.Find(name)));
  }

  std::string SelectOf(const Form& form, const std::vector<std::string>& files) const {
    std::vector<std::string> columns;
    for (const auto& column : columns_) {
      const bool is_there = std::ranges::any_of(
          form.header, [&](const std::string& name) { return SameName(name, column->name()); });
      columns.push_back(is_there ? column->Sql()
                                 : fmt::format("CAST(NULL AS {}) AS {}", ToText(column->type()),
                                               sql::QuoteName(column->name())));
    }
    return fmt::format("SELECT {} FROM {}", fmt::join(columns, ", "), ReaderOf(form, files));
  }

  std::string ReaderOf(const Form& form, const std::vector<std::string>& files) const {
    std::vector<std::string> names;
    names.reserve(form.header.size());
    for (const std::string& name : form.header) {
      names.push_back(sql::QuoteText(name) + ": 'VARCHAR'");
    }
    return fmt::format(
        "read_csv({}, auto_detect=false, header=true, hive_partitioning=false, compression={}, "
        "delim={}, "
        "quote='\"', escape='\"', comment='', nullstr='', allow_quoted_nulls=false, "
        "max_line_size={}, buffer_size={}, columns={{{}}})",
        sql::QuotePaths(files), sql::QuoteText(storage::PackingName(form.packing)),
        sql::QuoteText(std::string(1, delimiter_)), 2 * TextLines::kLongestLine,
        4 * TextLines::kLongestLine, fmt::join(names, ", "));
  }

  char delimiter_;
  const TableAt& table_;
  std::vector<std::unique_ptr<CsvColumn>> columns_;
  std::map<Form, std::vector<std::string>> groups_;  // files
};

}  // namespace

std::string CsvSelect(const std::vector<std::string>& files, char delimiter, const TableAt& table,
                      const std::stop_token& stop) {
  CsvTable csv(delimiter, table);
  for (const std::string& file : files) {
    csv.Add(file, stop);
  }
  return csv.empty() ? SelectNoRows(files, table) : csv.Select();
}

}  // namespace weir::lake
