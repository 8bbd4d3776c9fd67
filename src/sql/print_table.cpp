#include "sql/print_table.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sql/buffered_output.h"
#include "sql/cell_text.h"

namespace weir::sql {
namespace {

constexpr std::size_t kFirstRows = 40;
constexpr std::size_t kLastRows = 10;
constexpr std::size_t kWidestCell = 60;  // letters

using Cells = std::vector<std::string>;

// Bytes of UTF-8 that begin a letter.
bool BeginsLetter(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80; }

std::size_t NumLetters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, BeginsLetter));
}

// The bytes of the first `count` letters.
std::string_view FirstLetters(std::string_view text, std::size_t count) {
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    if (BeginsLetter(text[end]) && count-- == 0) {
      break;
    }
  }
  return text.substr(0, end);
}

// On one line and not too long.
std::string Shown(std::string_view text) {
  std::string line;
  for (const char letter : FirstLetters(text, kWidestCell + 1)) {
    const bool is_control = static_cast<unsigned char>(letter) < 0x20 || letter == 0x7F;
    line += letter == '\n'   ? "\\n"
            : letter == '\t' ? "\\t"
            : is_control     ? fmt::format("\\x{:02x}", static_cast<unsigned char>(letter))
                             : std::string(1, letter);
  }
  return NumLetters(line) <= kWidestCell ? line
                                         : std::string(FirstLetters(line, kWidestCell - 1)) + "…";
}

Cells ShownRow(const RowBlock& block, std::size_t row) {
  Cells cells;
  for (const VectorView& column : block.columns) {
    std::string text = "NULL";
    if (!column.IsNull(row)) {
      text.clear();
      AppendText(column, row, text);
    }
    cells.push_back(Shown(text));
  }
  return cells;
}

// The rows of a box, out of all that a result has.
class ShownRows {
 public:
  // Reads `rows` to the end.
  explicit ShownRows(RowReader& rows) {
    for (RowBlock block = rows.Next(); block.num_rows > 0; block = rows.Next()) {
      for (std::size_t row = 0; row < block.num_rows && first_.size() < kFirstRows; ++row) {
        first_.push_back(ShownRow(block, row));
      }
      num_rows_ += block.num_rows;
      KeepLast(std::move(block));
    }
    ShowLast();
  }

  std::uint64_t num_rows() const { return num_rows_; }
  std::uint64_t num_hidden() const { return num_rows_ - first_.size() - last_.size(); }
  const std::vector<Cells>& first() const { return first_; }
  const std::vector<Cells>& last() const { return last_; }

 private:
  // Keeps only so many blocks as the last rows lie in.
  void KeepLast(RowBlock block) {
    num_kept_ += block.num_rows;
    blocks_.push_back(std::move(block));
    while (num_kept_ - blocks_.front().num_rows >= kLastRows) {
      num_kept_ -= blocks_.front().num_rows;
      blocks_.pop_front();
    }
  }

  void ShowLast() {
    const std::uint64_t wanted = std::min<std::uint64_t>(num_rows_ - first_.size(), kLastRows);
    std::uint64_t skipped = num_kept_ - wanted;
    for (const RowBlock& block : blocks_) {
      for (std::size_t row = 0; row < block.num_rows; ++row) {
        if (skipped > 0) {
          --skipped;
        } else {
          last_.push_back(ShownRow(block, row));
        }
      }
    }
  }

  std::vector<Cells> first_;
  std::vector<Cells> last_;
  std::deque<RowBlock> blocks_;
  std::uint64_t num_rows_ = 0;
  std::uint64_t num_kept_ = 0;  // in blocks_
};

struct Layout {
  std::vector<std::size_t> widths;
  std::vector<bool> to_the_right;
};

Layout LayOut(const RowReader& rows, const Cells& names, const ShownRows& shown) {
  Layout layout;
  for (std::size_t column = 0; column < names.size(); ++column) {
    std::size_t width = NumLetters(names[column]);
    for (const std::vector<Cells>* part : {&shown.first(), &shown.last()}) {
      for (const Cells& cells : *part) {
        width = std::max(width, NumLetters(cells[column]));
      }
    }
    layout.widths.push_back(width);
    layout.to_the_right.push_back(IsNumber(rows.shapes()[column].id));
  }
  return layout;
}

void AppendRepeated(std::string_view piece, std::size_t count, std::string& out) {
  for (std::size_t done = 0; done < count; ++done) {
    out += piece;
  }
}

// A line across the box: "├", "┼", "┤".
void AppendRule(const Layout& layout, std::string_view left, std::string_view middle,
                std::string_view right, std::string& out) {
  for (std::size_t column = 0; column < layout.widths.size(); ++column) {
    out += column == 0 ? left : middle;
    AppendRepeated("─", layout.widths[column] + 2, out);
  }
  out += right;
  out += '\n';
}

void AppendCells(const Layout& layout, const Cells& cells, std::string& out) {
  for (std::size_t column = 0; column < cells.size(); ++column) {
    const std::string padding(layout.widths[column] - NumLetters(cells[column]), ' ');
    out += "│ ";
    out += layout.to_the_right[column] ? padding + cells[column] : cells[column] + padding;
    out += ' ';
  }
  out += "│\n";
}

std::string CountedRows(std::uint64_t count) {
  return fmt::format("{} {}", count, count == 1 ? "row" : "rows");
}

void AppendRows(const Layout& layout, const ShownRows& shown, std::string& out) {
  for (const Cells& cells : shown.first()) {
    AppendCells(layout, cells, out);
  }
  if (shown.num_hidden() > 0) {
    AppendRule(layout, "├", "┴", "┤", out);
    out += fmt::format("  … {} more\n", CountedRows(shown.num_hidden()));
    AppendRule(layout, "├", "┬", "┤", out);
  }
  for (const Cells& cells : shown.last()) {
    AppendCells(layout, cells, out);
  }
}

}  // namespace

void PrintTable(RowReader& rows, std::ostream& out) {
  const ShownRows shown(rows);
  Cells names;
  std::ranges::transform(rows.names(), std::back_inserter(names), Shown);
  const Layout layout = LayOut(rows, names, shown);

  BufferedOutput output(out);
  AppendRule(layout, "┌", "┬", "┐", output.text());
  AppendCells(layout, names, output.text());
  AppendRule(layout, "├", "┼", "┤", output.text());
  AppendRows(layout, shown, output.text());
  AppendRule(layout, "└", "┴", "┘", output.text());
  output.text() += CountedRows(shown.num_rows()) + "\n";
  output.Flush();
}

}  // namespace weir::sql
