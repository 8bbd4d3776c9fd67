#include "lake/read_failure.h"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>

#include "base/error.h"
#include "lake/own_files.h"
#include "lake/scan.h"
#include "sql/quote.h"

namespace weir::lake {
namespace {

bool BeginsWithOneOf(std::string_view message, std::initializer_list<std::string_view> beginnings) {
  return std::ranges::any_of(
      beginnings, [&](std::string_view beginning) { return message.starts_with(beginning); });
}

// Messages of what the Parquet reader doesn't expect come mostly without a file's name.
bool MayBeDamage(std::string_view message) {
  return BeginsWithOneOf(
      message, {"Invalid Error: ", "INTERNAL Error: ", "Invalid Input Error: Failed to read file ",
                "IO Error: Could not read enough bytes from file "});
}

bool MayBeMissing(std::string_view message) {
  return BeginsWithOneOf(message, {"IO Error: ", "HTTP Error: "});
}

// False of a file outside of the table's folder, which its store doesn't reach.
bool IsMissing(const TableFolder& table, const AddFile& file) {
  const std::string key = KeyOfPath(table, file.path);
  const bool is_inside = !key.starts_with('/') && key.find("://") == std::string::npos;
  return is_inside && !table.store->Head(key);
}

// The first line, bytes that aren't printable as "\x0f".
std::string Printable(std::string_view message) {
  constexpr unsigned char kFirstPrintable = 0x20;
  constexpr unsigned char kDelete = 0x7f;
  std::string text;
  for (const char letter : message.substr(0, message.find('\n'))) {
    const auto byte = static_cast<unsigned char>(letter);
    if (byte < kFirstPrintable || byte == kDelete) {
      text += fmt::format("\\x{:02x}", byte);
    } else {
      text += letter;
    }
  }
  return text;
}

// What reading all of a file fails with, if that is its bytes' fault.
std::optional<std::string> ProblemOf(sql::Connection& connection, const std::string& url) {
  try {
    connection.Run(
        fmt::format("SELECT max(hash(COLUMNS(*))) FROM read_parquet({})", sql::QuoteText(url)));
  } catch (const std::runtime_error& problem) {
    if (!MayBeDamage(problem.what())) {
      throw;
    }
    return problem.what();
  }
  return std::nullopt;
}

}  // namespace

void ThrowIfFileUnreadable(sql::Connection& connection, const TableFolder& table,
                           const Snapshot& snapshot, const std::vector<AddFile>& files,
                           const std::exception& problem) {
  const bool may_be_damage = MayBeDamage(problem.what());
  if (!may_be_damage && !MayBeMissing(problem.what())) {
    return;
  }
  for (const AddFile& file : files) {
    if (IsMissing(table, file)) {
      throw UserError(
          "{} can't be read at version {}: its file {} is gone (vacuum deletes files of old "
          "versions); 'weir table history' lists the versions",
          table.name, snapshot.version, UrlOf(table, file));
    }
  }
  for (const AddFile& file : files) {
    const auto damage = may_be_damage ? ProblemOf(connection, UrlOf(table, file)) : std::nullopt;
    if (damage) {
      throw UserError(
          "{} can't be read at version {}: its file {} is damaged ({}); put back a copy of the "
          "file, "
          "or restore a version without it",
          table.name, snapshot.version, UrlOf(table, file), Printable(*damage));
    }
  }
}

}  // namespace weir::lake
