#include "sql/print_result.h"

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sql/buffered_output.h"
#include "sql/cell_text.h"
#include "sql/duckdb_handles.h"
#include "sql/print_table.h"
#include "sql/row_reader.h"

namespace weir::sql {
namespace {

bool NeedsQuotes(std::string_view text) {
  return text.empty() || text.find_first_of(",\"\r\n") != std::string_view::npos;
}

// Puts quotes around what was appended since `start`, if it needs them.
void QuoteField(std::size_t start, std::string& out) {
  if (!NeedsQuotes(std::string_view(out).substr(start))) {
    return;
  }
  const std::string text = out.substr(start);
  out.resize(start);
  out += '"';
  for (const char letter : text) {
    out += letter;
    out.append(letter == '"' ? 1 : 0, '"');
  }
  out += '"';
}

void AppendHeader(const std::vector<std::string>& names, std::string& out) {
  for (std::size_t column = 0; column < names.size(); ++column) {
    out += column == 0 ? "" : ",";
    const std::size_t start = out.size();
    out += names[column];
    QuoteField(start, out);
  }
  out += '\n';
}

void AppendCsvRow(const RowBlock& block, std::size_t row, std::string& out) {
  for (std::size_t column = 0; column < block.columns.size(); ++column) {
    out += column == 0 ? "" : ",";
    const VectorView& view = block.columns[column];
    if (!view.IsNull(row)) {
      const std::size_t start = out.size();
      AppendText(view, row, out);
      QuoteField(start, out);
    }
  }
  out += '\n';
}

void PrintCsv(RowReader& rows, std::ostream& out) {
  BufferedOutput output(out);
  AppendHeader(rows.names(), output.text());
  for (RowBlock block = rows.Next(); block.num_rows > 0; block = rows.Next()) {
    for (std::size_t row = 0; row < block.num_rows; ++row) {
      AppendCsvRow(block, row, output.text());
      output.FlushIfLarge();
    }
  }
  output.Flush();
}

// The names in quotes with a colon; of equal names, later ones get a number: a, a_1, a_2.
std::vector<std::string> JsonKeys(const std::vector<std::string>& names) {
  std::set<std::string> used;
  std::vector<std::string> keys;
  for (const std::string& name : names) {
    std::string unique = name;
    for (int number = 1; !used.insert(unique).second; ++number) {
      unique = name + "_" + std::to_string(number);
    }
    keys.emplace_back();
    AppendJsonText(unique, keys.back());
    keys.back() += ':';
  }
  return keys;
}

void AppendJsonRow(const RowBlock& block, std::size_t row, const std::vector<std::string>& keys,
                   std::string& out) {
  out += '{';
  for (std::size_t column = 0; column < keys.size(); ++column) {
    out += column == 0 ? "" : ",";
    out += keys[column];
    AppendJson(block.columns[column], row, out);
  }
  out += '}';
}

void PrintJson(RowReader& rows, std::ostream& out) {
  BufferedOutput output(out);
  const std::vector<std::string> keys = JsonKeys(rows.names());
  std::string_view separator = "[\n";
  for (RowBlock block = rows.Next(); block.num_rows > 0; block = rows.Next()) {
    for (std::size_t row = 0; row < block.num_rows; ++row) {
      output.text() += separator;
      separator = ",\n";
      AppendJsonRow(block, row, keys, output.text());
      output.FlushIfLarge();
    }
  }
  output.text() += separator == ",\n" ? "\n]\n" : "[]\n";
  output.Flush();
}

}  // namespace

bool GivesRows(Result& result) { return ChunkReader(result).gives_rows(); }

void PrintResult(Result& result, OutputFormat format, std::ostream& out) {
  RowReader rows(result);
  switch (format) {
    case OutputFormat::kTable:
      PrintTable(rows, out);
      return;
    case OutputFormat::kCsv:
      PrintCsv(rows, out);
      return;
    case OutputFormat::kJson:
      PrintJson(rows, out);
      return;
  }
}

}  // namespace weir::sql
