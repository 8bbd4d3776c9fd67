#include "project/yaml_file.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include "project/substitution.h"

namespace weir::project {
namespace {

// Aliases can make a small file endless.
constexpr int kMostValues = 100'000;
constexpr int kMostDepth = 50;

struct TooLarge {};

// What the braces of a name are for the parser, in one byte as they are, so that places hold.
constexpr char kHiddenOpen = '\x01';
constexpr char kHiddenClose = '\x02';

std::string HideNames(std::string text) {
  for (const BracedName& name : BracedNames(text)) {
    text[name.begin] = kHiddenOpen;
    text[name.end - 1] = kHiddenClose;
  }
  return text;
}

std::string ShowNames(std::string text) {
  std::ranges::replace(text, kHiddenOpen, '{');
  std::ranges::replace(text, kHiddenClose, '}');
  return text;
}

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
  explicit Copier(const std::string& file) : file_(file) {}

  YamlValue Copy(const YAML::Node& node, int depth = 0) {
    if (++num_values_ > kMostValues || depth > kMostDepth) {
      throw TooLarge();
    }
    YamlValue value;
    value.place = PlaceAt(file_, node.Mark());
    if (node.IsScalar()) {
      value.kind = YamlValue::Kind::kText;
      value.text = ShowNames(node.Scalar());
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
    YamlEntry entry{.key = key.IsScalar() ? ShowNames(key.Scalar()) : "",
                    .place = PlaceAt(file_, key.Mark()),
                    .value = Copy(node, depth)};
    if (entry.value.kind == YamlValue::Kind::kNothing) {
      entry.value.place = entry.place;  // nothing stands nowhere
    }
    return entry;
  }

  const std::string& file_;
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
  try {
    const std::string hidden = HideNames(text);
    if (!CheckDocuments(hidden, file, mistakes)) {
      return std::nullopt;
    }
    return Copier(file).Copy(YAML::Load(hidden));
  } catch (const YAML::Exception& problem) {
    mistakes.Note(PlaceAt(file, problem.mark), fmt::format("not YAML: {}", ShowNames(problem.msg)));
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
