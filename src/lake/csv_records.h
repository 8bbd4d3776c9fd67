#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "lake/text_lines.h"

namespace weir::lake {

// A field of a CSV record, without its quotes. Empty without quotes, it is null.
struct CsvField {
  std::string text;
  bool is_quoted = false;

  bool IsNull() const { return text.empty() && !is_quoted; }
};

// The records of a delimited file as RFC 4180 has them, and nothing guessed: a header, one
// delimiter, '"' around fields, doubled within; no comments. Lines end with '\n' or with "\r\n",
// all the same way. Blank lines are skipped, but are null where the header has one field. Whatever
// else stands there is a UserError that names file and line: another number of fields than in the
// header, text before or behind a field's quotes, a quote that isn't closed, bytes that aren't
// UTF-8. One thread.
class CsvRecords {
 public:
  // Reads the header: none if the file is empty (or only line breaks).
  CsvRecords(const std::string& file, char delimiter, std::stop_token stop = {});

  const std::vector<std::string>& header() const { return header_; }

  // The next record, as many fields as the header has; it lives until the next call. Null at the
  // end.
  const std::vector<CsvField>* Next();

  // Where that record begins, from 1.
  std::int64_t line() const { return line_; }

 private:
  void ReadHeader();
  bool ReadRecord();
  bool ReadLine();
  void TakeField();
  void TakeQuoted(CsvField& field);
  void TakePlain(CsvField& field);
  void CheckLineEnd();
  [[noreturn]] void Fail(std::string_view what) const;

  TextLines lines_;
  char delimiter_;
  std::vector<std::string> header_;
  std::vector<CsvField> fields_;
  std::size_t num_fields_ = 0;
  std::string record_;    // its lines so far, with '\n' between
  std::size_t at_ = 0;    // how far it is read
  bool is_last_ = false;  // the field that was read ends its record
  std::int64_t line_ = 0;
  std::optional<bool> has_returns_;  // the lines end with "\r\n"
};

}  // namespace weir::lake
