#include "lake/csv_records.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/error.h"

namespace weir::lake {

CsvRecords::CsvRecords(const std::string& file, char delimiter, std::stop_token stop)
    : lines_(file, std::move(stop)), delimiter_(delimiter) {
  ReadHeader();
}

const std::vector<CsvField>* CsvRecords::Next() {
  if (header_.empty() || !ReadRecord()) {
    return nullptr;
  }
  if (num_fields_ != header_.size()) {
    Fail(fmt::format("{} field{} where the header has {}", num_fields_, num_fields_ == 1 ? "" : "s",
                     header_.size()));
  }
  fields_.resize(num_fields_);
  return &fields_;
}

void CsvRecords::ReadHeader() {
  const bool is_there = ReadRecord();
  for (std::size_t i = 0; is_there && i < num_fields_; ++i) {
    header_.push_back(fields_[i].text);
  }
  if (header_.size() == 1 && fields_[0].IsNull()) {
    header_.clear();
    while (ReadRecord()) {
      if (num_fields_ > 1 || !fields_[0].IsNull()) {
        line_ = 1;
        Fail("the line is blank; it must hold the columns' names");
      }
    }
  }
}

bool CsvRecords::ReadRecord() {
  do {
    if (!ReadLine()) {
      return false;
    }
    line_ = lines_.number();
    num_fields_ = 0;
    at_ = 0;
    is_last_ = false;
    while (!is_last_) {
      TakeField();
    }
    if (!simdjson::validate_utf8(record_)) {
      Fail("the text is not UTF-8");
    }
  } while (header_.size() > 1 && num_fields_ == 1 && fields_[0].IsNull());
  return true;
}

// Begins a record.
bool CsvRecords::ReadLine() {
  const auto line = lines_.Next();
  record_.assign(line.value_or(""));
  return line.has_value();
}

void CsvRecords::TakeField() {
  if (fields_.size() == num_fields_) {
    fields_.emplace_back();
  }
  CsvField& field = fields_[num_fields_++];
  field.text.clear();
  field.is_quoted = at_ < record_.size() && record_[at_] == '"';
  if (field.is_quoted) {
    TakeQuoted(field);
  } else {
    TakePlain(field);
  }
}

void CsvRecords::TakeQuoted(CsvField& field) {
  ++at_;
  while (true) {
    const std::size_t quote = record_.find('"', at_);
    field.text.append(record_, at_, std::min(quote, record_.size()) - at_);
    if (quote == std::string::npos) {
      const auto line = lines_.Next();
      if (!line || record_.size() > TextLines::kLongestLine) {
        Fail("a quote that isn't closed");
      }
      at_ = record_.size();
      record_ += '\n';
      record_ += *line;
      continue;
    }
    at_ = quote + 1;
    if (at_ == record_.size() || record_[at_] != '"') {
      break;
    }
    field.text += '"';
    ++at_;
  }
  const std::size_t rest = record_.size() - at_;
  is_last_ = rest == 0 || (rest == 1 && record_[at_] == '\r');
  if (is_last_) {
    CheckLineEnd();
  } else if (record_[at_++] != delimiter_) {
    Fail("text behind the closing quote of a field; quotes within are doubled");
  }
}

void CsvRecords::TakePlain(CsvField& field) {
  const std::size_t end = std::min(record_.find(delimiter_, at_), record_.size());
  is_last_ = end == record_.size();
  field.text.assign(record_, at_, end - at_);
  at_ = end + 1;
  if (is_last_) {
    CheckLineEnd();
    if (field.text.ends_with('\r')) {
      field.text.pop_back();
    }
  }
  if (field.text.find('\r') != std::string::npos) {
    Fail("a carriage return outside of quotes; lines end with \\n or \\r\\n");
  }
  const std::size_t first = field.text.find_first_not_of(' ');
  if (first != 0 && first != std::string::npos && field.text[first] == '"') {
    Fail("spaces before a field's quotes");
  }
}

void CsvRecords::CheckLineEnd() {
  if (!lines_.is_ended()) {
    return;
  }
  const bool has_return = record_.ends_with('\r');
  if (has_returns_.value_or(has_return) != has_return) {
    Fail(fmt::format("the line ends with {}, those before with {}", has_return ? "\\r\\n" : "\\n",
                     has_return ? "\\n" : "\\r\\n"));
  }
  has_returns_ = has_return;
}

void CsvRecords::Fail(std::string_view what) const {
  throw UserError("{}:{}: {}", lines_.file(), line_, what);
}

}  // namespace weir::lake
