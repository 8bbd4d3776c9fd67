#include "connectors/platform/located_json.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include <fmt/format.h>

namespace weir::connectors {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kDeepest = 64;

// How far the parser has come. It reads at most one byte past a number, and never past another
// value: so the last byte that isn't white space is in the line of the value that it tells of.
struct Progress {
  std::int64_t line = 1;
  std::int64_t line_of_value = 1;

  void Pass(char byte) {
    if (byte == '\n') {
      ++line;
    } else if (byte != ' ' && byte != '\t' && byte != '\r') {
      line_of_value = line;
    }
  }
};

class CountedByte {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountedByte(const char* at, Progress& progress) : at_(at), progress_(&progress) {}

  reference operator*() const { return *at_; }
  CountedByte& operator++() {
    progress_->Pass(*at_++);
    return *this;
  }
  CountedByte operator++(int) {
    CountedByte before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const CountedByte& left, const CountedByte& right) {
    return left.at_ == right.at_;
  }

 private:
  const char* at_;
  Progress* progress_;
};

// What the parser says, without its own name and place, and without bytes that may be no text.
std::string Reason(std::string text) {
  constexpr std::size_t kLongest = 200;
  const std::size_t syntax = text.find("syntax error");
  const std::size_t begin = syntax == std::string::npos ? text.find("] ") + 2 : syntax;
  text = text.substr(begin, kLongest);
  std::ranges::replace_if(text, [](unsigned char byte) { return byte < 0x20 || byte > 0x7e; }, '?');
  return text;
}

// Puts values together as the parser tells of them.
class ArrayReader final : public nlohmann::json_sax<Json> {
 public:
  explicit ArrayReader(const Progress& progress) : progress_(progress) {}

  LocatedArray Take() { return std::move(array_); }

  bool null() override { return Add(nullptr); }
  bool boolean(bool value) override { return Add(value); }
  bool number_integer(number_integer_t value) override { return Add(value); }
  bool number_unsigned(number_unsigned_t value) override { return Add(value); }
  bool number_float(number_float_t value, const string_t& /*text*/) override { return Add(value); }
  bool string(string_t& value) override { return Add(value); }
  bool binary(binary_t& /*value*/) override { return false; }
  bool start_object(std::size_t /*size*/) override { return Open(Json::object()); }
  bool end_object() override { return Close(); }
  bool start_array(std::size_t /*size*/) override { return Open(Json::array()); }
  bool end_array() override { return Close(); }

  bool key(string_t& name) override {
    Level& level = levels_.back();
    level.key = name;
    if (level.value.contains(name)) {
      Note(PathOfNext(), "stands here twice; once is allowed");
    }
    return true;
  }

  bool parse_error(std::size_t /*byte*/, const std::string& /*last*/,
                   const nlohmann::detail::exception& error) override {
    array_ = {};
    Note("", "broken JSON: " + Reason(error.what()));
    return false;
  }

 private:
  struct Level {
    Json value;
    std::string path;     // below the object
    std::string key{};    // of an object: the field that comes next
    std::int64_t line{};  // where it begins
  };

  void Note(std::string field, std::string text) {
    NoteAt(progress_.line_of_value, std::move(field), std::move(text));
  }

  void NoteAt(std::int64_t line, std::string field, std::string text) {
    array_.mistakes.push_back({.line = line, .field = std::move(field), .text = std::move(text)});
  }

  // The path of what comes next, below an object of the array.
  std::string PathOfNext() const {
    const Level& level = levels_.back();
    if (level.value.is_array()) {
      return fmt::format("{}[{}]", level.path, level.value.size());
    }
    return level.path.empty() ? level.key : level.path + "." + level.key;
  }

  bool Open(Json value) {
    if (levels_.size() == kDeepest) {
      array_ = {};
      Note("", fmt::format("nested deeper than {} levels", kDeepest));
      return false;
    }
    Level level{.value = std::move(value), .path = "", .line = progress_.line_of_value};
    if (levels_.size() >= 2) {
      level.path = PathOfNext();
    }
    levels_.push_back(std::move(level));
    return true;
  }

  bool Close() {
    Level level = std::move(levels_.back());
    levels_.pop_back();
    return Place(std::move(level.value), level.line);
  }

  bool Add(Json value) { return Place(std::move(value), progress_.line_of_value); }

  // A whole value takes its place in what it is part of.
  bool Place(Json value, std::int64_t line) {
    if (levels_.empty()) {
      if (!value.is_array()) {
        NoteAt(line, "",
               fmt::format("found {}; an array of objects is allowed", value.type_name()));
      }
    } else if (levels_.size() == 1) {
      PlaceObject(std::move(value), line);
    } else {
      lines_[PathOfNext()] = line;
      Level& level = levels_.back();
      if (level.value.is_array()) {
        level.value.push_back(std::move(value));
      } else {
        level.value[level.key] = std::move(value);
      }
    }
    return true;
  }

  void PlaceObject(Json value, std::int64_t line) {
    auto lines = std::exchange(lines_, {});
    if (levels_.back().value.is_object()) {
      return;  // told at its end
    }
    if (value.is_object()) {
      array_.objects.push_back(
          {.value = std::move(value), .line = line, .lines = std::move(lines)});
    } else {
      NoteAt(line, "", fmt::format("found {}; an object is allowed", value.type_name()));
    }
  }

  const Progress& progress_;
  std::vector<Level> levels_;
  std::map<std::string, std::int64_t> lines_;  // of the object at work
  LocatedArray array_;
};

}  // namespace

LocatedArray ReadLocatedArray(std::string_view text) {
  Progress progress;
  ArrayReader reader(progress);
  Json::sax_parse(CountedByte(std::to_address(text.begin()), progress),
                  CountedByte(std::to_address(text.end()), progress), &reader);
  return reader.Take();
}

}  // namespace weir::connectors
