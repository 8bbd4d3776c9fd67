#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "project/place.h"

namespace weir::project {

struct Mistake {
  Place place;
  std::string text;  // what was found; what is allowed; the nearest name
};

// The place of a position in a text that begins at line 1, column 1 of `file`.
Place PlaceIn(const std::string& file, std::string_view text, std::size_t offset);

// What is wrong with a project's files: readers note it and go on, so that a user sees all mistakes
// at once.
class Mistakes {
 public:
  void Note(const Place& place, std::string text);
  void Add(const Mistakes& others);

  bool empty() const { return found_.empty(); }
  std::size_t size() const { return found_.size(); }
  // By file, line and column; of one place, in the order in which they were noted.
  std::vector<Mistake> Sorted() const;

  // One line each, "file:line:column: text", the file as it is found from the working folder if the
  // project lies in it, else absolute.
  std::string ToText(const std::filesystem::path& project_folder) const;
  // Throws one UserError with that text if there are any.
  void ThrowIfAny(const std::filesystem::path& project_folder) const;

 private:
  std::vector<Mistake> found_;
};

}  // namespace weir::project
