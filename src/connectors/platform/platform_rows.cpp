#include "connectors/platform/platform_rows.h"

#include <limits>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/error.h"
#include "data/column_builder.h"

namespace weir::connectors {
namespace {

using Json = nlohmann::json;
using LongColumn = NumberColumn<std::int64_t>;
using FieldColumn = std::variant<LongColumn, TextColumn, BooleanColumn, ListColumn<LongColumn>,
                                 ListColumn<TextColumn>>;

FieldColumn EmptyColumn(PlatformType type) {
  switch (type) {
    case PlatformType::kNumber:
      return LongColumn();
    case PlatformType::kFlag:
      return BooleanColumn();
    case PlatformType::kTexts:
      return ListColumn<TextColumn>();
    case PlatformType::kNumbers:
      return ListColumn<LongColumn>();
    case PlatformType::kText:
    case PlatformType::kDay:
    case PlatformType::kObject:
      break;
  }
  return TextColumn();
}

// Of a value that was checked; null for null.
void AppendTo(FieldColumn& column, const Json& value) {
  if (value.is_null()) {
    std::visit([](auto& any) { any.AppendNull(); }, column);
  } else if (auto* numbers = std::get_if<LongColumn>(&column)) {
    numbers->Append(value.get<std::int64_t>());
  } else if (auto* flags = std::get_if<BooleanColumn>(&column)) {
    flags->Append(value.get<bool>());
  } else if (auto* texts = std::get_if<TextColumn>(&column)) {
    texts->Append(value.is_string() ? value.get_ref<const std::string&>() : value.dump());
  } else if (auto* lists = std::get_if<ListColumn<LongColumn>>(&column)) {
    for (const Json& element : value) {
      lists->elements().Append(element.get<std::int64_t>());
    }
    lists->EndRow();
  } else if (auto* text_lists = std::get_if<ListColumn<TextColumn>>(&column)) {
    for (const Json& element : value) {
      text_lists->elements().Append(element.get_ref<const std::string&>());
    }
    text_lists->EndRow();
  }
}

bool IsWhole(const Json& value) {
  return value.is_number_integer() &&
         (!value.is_number_unsigned() ||
          value.get<std::uint64_t>() <=
              static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
}

// Whether a value is of the type; of a list, whether it is a list at all.
bool FitsType(PlatformType type, const Json& value) {
  switch (type) {
    case PlatformType::kNumber:
      return IsWhole(value);
    case PlatformType::kText:
      return value.is_string();
    case PlatformType::kFlag:
      return value.is_boolean();
    case PlatformType::kDay:
      return value.is_string() && ParseDate(value.get_ref<const std::string&>());
    case PlatformType::kTexts:
    case PlatformType::kNumbers:
      return value.is_array();
    case PlatformType::kObject:
      return value.is_object();
  }
  return false;
}

bool IsListType(PlatformType type) {
  return type == PlatformType::kTexts || type == PlatformType::kNumbers;
}

std::string UnfitText(PlatformType type, const Json& value) {
  constexpr std::size_t kLongest = 60;
  std::string found = value.dump(-1, ' ', true);  // ASCII, so that it can be cut anywhere
  if (found.size() > kLongest) {
    found = found.substr(0, kLongest) + "…";
  }
  return fmt::format("found {}; {} is allowed", found, Wanted(type));
}

// What tells where a field is found, and how errors call it.
std::string PathOfField(const PlatformField& field) {
  return field.inside.empty() ? field.name : field.inside + "." + field.name;
}

// A field's value, or null.
const Json& ValueOfField(const PlatformField& field, const Json& object) {
  static const Json kNone;
  const auto member = [](const Json& value, const std::string& name) -> const Json& {
    const auto found = value.is_object() ? value.find(name) : value.end();
    return found == value.end() ? kNone : *found;
  };
  if (field.inside.empty()) {
    return member(object, field.name);
  }
  return member(object, "type") == "lookalike" ? member(member(object, field.inside), field.name)
                                               : kNone;
}

Json ExtraOf(const PlatformKind& kind, Json object) {
  for (const PlatformField& field : kind.fields) {
    if (field.inside.empty()) {
      object.erase(field.name);
    }
  }
  return object;
}

// What is wrong with one field, in the manner of PlatformRows::CheckObject().
class FieldCheck {
 public:
  FieldCheck(const LocatedObject& object, const std::string& file,
             std::vector<FileMistake>& mistakes)
      : object_(object), file_(file), mistakes_(mistakes) {}

  void Check(const PlatformField& field) {
    const Json& value = ValueOfField(field, object_.value);
    const std::string path = PathOfField(field);
    if (value.is_null()) {
      if (field.required) {
        const bool is_there = object_.lines.contains(path);
        Note(path, is_there ? UnfitText(field.type, value)
                            : fmt::format("it is missing; {} is needed", Wanted(field.type)));
      }
    } else if (!FitsType(field.type, value)) {
      Note(path, UnfitText(field.type, value));
    } else if (IsListType(field.type)) {
      CheckElements(
          field.type == PlatformType::kTexts ? PlatformType::kText : PlatformType::kNumber, path,
          value);
    }
  }

 private:
  void CheckElements(PlatformType type, const std::string& path, const Json& list) {
    for (std::size_t element = 0; element < list.size(); ++element) {
      if (!FitsType(type, list[element])) {
        Note(fmt::format("{}[{}]", path, element), UnfitText(type, list[element]));
      }
    }
  }

  void Note(const std::string& path, std::string text) {
    const auto line = object_.lines.find(path);
    mistakes_.push_back({.file = file_,
                         .line = line == object_.lines.end() ? object_.line : line->second,
                         .field = path,
                         .text = std::move(text)});
  }

  const LocatedObject& object_;
  const std::string& file_;
  std::vector<FileMistake>& mistakes_;
};

}  // namespace

class PlatformRows::Columns {
 public:
  explicit Columns(const PlatformKind& kind) : kind_(kind) {
    for (const PlatformField& field : kind.fields) {
      fields_.push_back(EmptyColumn(field.type));
    }
  }

  void Append(const LocatedObject& object, const std::string& file) {
    for (std::size_t field = 0; field < fields_.size(); ++field) {
      AppendTo(fields_[field], ValueOfField(kind_.fields[field], object.value));
    }
    const Json extra = ExtraOf(kind_, object.value);
    extra_.AppendOrNull(extra.empty() ? "" : extra.dump());
    file_.Append(file);
    line_.Append(object.line);
    for (const auto& [path, line] : object.lines) {
      paths_.Append(path);
      path_lines_.Append(line);
    }
    lines_.Append(paths_.num_rows());
    ++rows_;
  }

  Batch Finish() {
    std::vector<Batch> columns;
    columns.reserve(fields_.size());
    for (FieldColumn& field : fields_) {
      columns.push_back(std::visit([](auto& any) { return any.Finish(); }, field));
    }
    columns.push_back(extra_.Finish());
    columns.push_back(file_.Finish());
    columns.push_back(line_.Finish());
    const std::size_t entries = paths_.num_rows();
    std::vector<Batch> entry;
    entry.push_back(paths_.Finish());
    entry.push_back(path_lines_.Finish());
    columns.push_back(lines_.Finish(StructOfColumns(entries, std::move(entry))));
    return StructOfColumns(rows_, std::move(columns));
  }

 private:
  const PlatformKind& kind_;
  std::vector<FieldColumn> fields_;
  TextColumn extra_;
  TextColumn file_;
  LongColumn line_;
  TextColumn paths_;
  LongColumn path_lines_;
  ListEnds lines_;
  std::size_t rows_ = 0;
};

PlatformRows::PlatformRows(const PlatformKind& kind)
    : kind_(kind), columns_(std::make_unique<Columns>(kind)) {}

PlatformRows::~PlatformRows() = default;

void PlatformRows::Add(const PlatformPage& page) {
  LocatedArray array = ReadLocatedArray(page.text);
  for (FileMistake& mistake : array.mistakes) {
    mistake.file = page.name;
    mistakes_.push_back(std::move(mistake));
  }
  for (const LocatedObject& object : array.objects) {
    AddObject(object, page.name);
  }
}

void PlatformRows::AddObject(const LocatedObject& object, const std::string& file) {
  CheckObject(object, file);
  if (mistakes_.empty()) {
    columns_->Append(object, file);
  }
}

void PlatformRows::CheckObject(const LocatedObject& object, const std::string& file) {
  FieldCheck check(object, file, mistakes_);
  for (const PlatformField& field : kind_.fields) {
    check.Check(field);
  }
  if (kind_.unique_id) {
    CheckId(object, file);
  }
}

void PlatformRows::CheckId(const LocatedObject& object, const std::string& file) {
  const auto id = object.value.find("id");
  if (id == object.value.end() || !IsWhole(*id)) {
    return;  // told already
  }
  const std::int64_t line = object.lines.at("id");
  const auto [first, is_new] =
      places_.emplace(id->get<std::int64_t>(), fmt::format("{}:{}", file, line));
  if (!is_new) {
    mistakes_.push_back(
        {.file = file,
         .line = line,
         .field = "id",
         .text = fmt::format("{} is the id of another one in {}", first->first, first->second)});
  }
}

Batch PlatformRows::Finish() {
  if (!mistakes_.empty()) {
    throw UserError("{}", ToText(mistakes_));
  }
  return columns_->Finish();
}

}  // namespace weir::connectors
