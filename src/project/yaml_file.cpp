#include "project/yaml_file.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include "base/ascii.h"
#include "project/substitution.h"

namespace weir::project {
namespace {

// Aliases can make a small file endless.
constexpr int kMostValues = 100'000;
constexpr int kMostDepth = 50;

struct TooLarge {};

// Whether an escape such as "\\x01" or "\\u0001" may stand for the byte.
bool IsEscaped(const std::string& text, char byte) {
  const std::string digits = LowerCase(text);
  const std::string end = fmt::format("{:02x}", byte);
  return std::ranges::any_of(std::array{"\\x", "\\u00", "\\u000000"}, [&](const char* begin) {
    return digits.find(begin + end) != std::string::npos;
  });
}

// Hides the braces of names from the parser, each by one byte, so that places hold: control
// characters, which no text may hold, and that none of its escapes stands for.
class HiddenNames {
 public:
  explicit HiddenNames(std::string text) : text_(std::move(text)) {
    open_ = Unused(0);
    close_ = Unused(open_);
    for (const BracedName& name : BracedNames(text_)) {
      text_[name.begin] = open_;
      text_[name.end - 1] = close_;
    }
  }

  const std::string& text() const { return text_; }

  // A part of the text, or of what is told of it, with the names as they were.
  std::string Show(std::string part) const {
    std::ranges::replace(part, open_, '{');
    std::ranges::replace(part, close_, '}');
    return part;
  }

 private:
  // The first byte behind `last`, before those with escapes of one letter; the last of them if all
  // are used.
  char Unused(char last) const {
    constexpr char kMost = 6;
    char byte = last;
    do {
      ++byte;
    } while (byte < kMost && IsEscaped(text_, byte));
    return byte;
  }

  std::string text_;
  char open_ = 0;
  char close_ = 0;
};

// Control characters end the text for the parser, or stand for hidden braces.
std::size_t FindControl(const std::string& text) {
  const auto found = std::ranges::find_if(text, [](char byte) {
    return byte >= 0 && byte < ' ' && byte != '\t' && byte != '\n' && byte != '\r';
  });
  return static_cast<std::size_t>(found - text.begin());
}

Place PlaceAt(const std::string& file, const YAML::Mark& mark) {
  return {.file = file, .line = std::max(mark.line, 0) + 1, .column = std::max(mark.column, 0) + 1};
}

class Copier {
 public:
  Copier(const std::string& file, const HiddenNames& names) : file_(file), names_(names) {}

  YamlValue Copy(const YAML::Node& node, int depth = 0) {
    if (++num_values_ > kMostValues || depth > kMostDepth) {
      throw TooLarge();
    }
    YamlValue value;
    value.place = PlaceAt(file_, node.Mark());
    if (node.IsScalar()) {
      value.kind = YamlValue::Kind::kText;
      value.text = names_.Show(node.Scalar());
      value.quoted = node.Tag() == "!";
    } else if (node.IsSequence()) {
      value.kind = YamlValue::Kind::kList;
      for (const YAML::Node& item : node) {
        value.items.push_back(Copy(item, depth + 1));
      }
    } else if (node.IsMap()) {
      value.kind = YamlValue::Kind::kMap;
      for (const auto& entry : node) {
        value.entries.push_back(CopyEntry(entry.first, entry.second, depth + 1));
      }
    }
    return value;
  }

 private:
  YamlEntry CopyEntry(const YAML::Node& key, const YAML::Node& node, int depth) {
    YamlEntry entry{.key = key.IsScalar() ? names_.Show(key.Scalar()) : "",
                    .place = PlaceAt(file_, key.Mark()),
                    .value = Copy(node, depth)};
    if (entry.value.kind == YamlValue::Kind::kNothing) {
      entry.value.place = entry.place;  // nothing stands nowhere
    }
    return entry;
  }

  const std::string& file_;
  const HiddenNames& names_;
  int num_values_ = 0;
};

// Notes where the first documents of a text begin.
class DocumentStarts final : public YAML::EventHandler {
 public:
  const std::vector<YAML::Mark>& marks() const { return marks_; }

  void OnDocumentStart(const YAML::Mark& mark) override { marks_.push_back(mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {}
  void OnAlias(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {}
  void OnScalar(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                const std::string& /*value*/) override {}
  void OnSequenceStart(const YAML::Mark& /*mark*/, const std::string& /*tag*/,
                       YAML::anchor_t /*anchor*/, YAML::EmitterStyle::value /*style*/) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {}
  void OnMapEnd() override {}

 private:
  std::vector<YAML::Mark> marks_;
};

// Notes a second document; false if the first can't be read. YAML::LoadAll() would find documents
// without end where a comma stands outside of brackets: it gives an empty one and stays there.
bool CheckDocuments(const std::string& text, const std::string& file, Mistakes& mistakes) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  DocumentStarts starts;
  while (starts.marks().size() < 2 && parser.HandleNextDocument(starts)) {
  }
  if (starts.marks().size() < 2) {
    return true;
  }
  const YAML::Mark& first = starts.marks()[0];
  const YAML::Mark& second = starts.marks()[1];
  const bool is_stuck = first.line == second.line && first.column == second.column;
  mistakes.Note(PlaceAt(file, second), is_stuck
                                           ? "not YAML: nothing begins like this"
                                           : "a second YAML document begins here; one is allowed");
  return !is_stuck;
}

}  // namespace

std::optional<std::string> ReadTextFile(const std::filesystem::path& path) {
  std::error_code problem;
  if (!std::filesystem::is_regular_file(path, problem)) {
    return std::nullopt;
  }
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return file ? std::optional(std::move(text)) : std::nullopt;
}

std::optional<YamlValue> ReadYaml(const std::string& text, const std::string& file,
                                  Mistakes& mistakes) {
  if (const std::size_t at = FindControl(text); at < text.size()) {
    mistakes.Note(PlaceIn(file, text, at), "not YAML: a control character");
    return std::nullopt;
  }
  const HiddenNames hidden(text);
  try {
    if (!CheckDocuments(hidden.text(), file, mistakes)) {
      return std::nullopt;
    }
    return Copier(file, hidden).Copy(YAML::Load(hidden.text()));
  } catch (const YAML::Exception& problem) {
    mistakes.Note(PlaceAt(file, problem.mark),
                  fmt::format("not YAML: {}", hidden.Show(problem.msg)));
  } catch (const TooLarge&) {
    mistakes.Note({.file = file},
                  fmt::format("not YAML that weir reads: more than {} values or {} levels, perhaps "
                              "by aliases",
                              kMostValues, kMostDepth));
  }
  return std::nullopt;
}

std::optional<YamlValue> ReadYamlFile(const std::filesystem::path& project_folder,
                                      const std::string& file, Mistakes& mistakes) {
  const auto text = ReadTextFile(project_folder / file);
  if (!text) {
    mistakes.Note({.file = file}, "the file can't be read");
    return std::nullopt;
  }
  return ReadYaml(*text, file, mistakes);
}

}  // namespace weir::project
