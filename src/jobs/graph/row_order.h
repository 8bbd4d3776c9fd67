#pragma once

#include <optional>
#include <string_view>

namespace weir::jobs {

// What an aggregate gives for the same rows in another order, as parallel threads bring them.
enum class RowOrder {
  kAny,          // the same
  kFloatsAlone,  // the same but of DOUBLE and FLOAT, which it adds: sum, avg
  kSums,         // another: it adds DOUBLEs, whatever its argument is: stddev, corr
  kPicks,        // another: it picks, lists or counts on in the order of rows: first, list, mode
  kGuesses,      // another: it is approximate
};

// Of an aggregate of DuckDB's or weir's by its name in small letters; nothing for any other name.
// By one row's order alone: ORDER BY within its parentheses makes all but kGuesses the same.
std::optional<RowOrder> RowOrderOf(std::string_view aggregate);

// Whether a function that stands only in windows needs ORDER BY to mean anything: row_number, lag.
bool NumbersRows(std::string_view function);

// The aggregate that a macro of DuckDB's adds with: geomean() → "avg". Empty for other names.
std::string_view AggregateWithin(std::string_view macro);

}  // namespace weir::jobs
