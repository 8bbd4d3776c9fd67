#include "connectors/secrets.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/nearest_name.h"
#include "base/percent.h"

namespace weir::connectors {
namespace {

constexpr std::string_view kOpening = "{secret.";
constexpr std::size_t kShortestLine = 8;

class Environment final : public SecretSource {
 public:
  std::optional<std::string> Get(const project::SecretLine& line) const override {
    if (line.env.empty()) {
      return std::nullopt;
    }
    const char* value = std::getenv(line.env.c_str());
    if (value == nullptr) {
      throw UserError("secret '{}' is not there: the environment has no variable {}", line.name,
                      line.env);
    }
    return value;
  }
};

class Files final : public SecretSource {
 public:
  std::optional<std::string> Get(const project::SecretLine& line) const override {
    if (line.file.empty()) {
      return std::nullopt;
    }
    std::ifstream file(line.file, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (!file.is_open() || file.bad()) {
      throw UserError("secret '{}' is not there: the file {} can't be read", line.name, line.file);
    }
    if (text.ends_with('\n')) {
      text.pop_back();
    }
    if (text.ends_with('\r')) {
      text.pop_back();
    }
    return text;
  }
};

std::vector<std::unique_ptr<SecretSource>> BuiltinSources() {
  std::vector<std::unique_ptr<SecretSource>> sources;
  sources.push_back(EnvironmentSecrets());
  sources.push_back(FileSecrets());
  return sources;
}

template <typename Line>
std::vector<std::string> NamesOf(const std::vector<Line>& lines) {
  std::vector<std::string> names;
  std::ranges::transform(lines, std::back_inserter(names), &Line::name);
  return names;
}

template <typename Line>
const Line& FindLine(const std::vector<Line>& lines, const std::string& name, const char* what) {
  const auto found = std::ranges::find(lines, name, &Line::name);
  if (found == lines.end()) {
    const std::vector<std::string> names = NamesOf(lines);
    throw UserError("unknown {} '{}'; weir.yaml has {}{}", what, name,
                    names.empty() ? "none" : fmt::to_string(fmt::join(names, ", ")),
                    DidYouMean(name, names));
  }
  return *found;
}

// A text as it stands between the quotes of JSON.
std::string JsonForm(std::string_view text) {
  const std::string quoted =
      nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

}  // namespace

std::unique_ptr<SecretSource> EnvironmentSecrets() { return std::make_unique<Environment>(); }
std::unique_ptr<SecretSource> FileSecrets() { return std::make_unique<Files>(); }

void Redactor::Add(std::string_view value) {
  std::vector<std::string> forms{std::string(value), PercentEncode(value), JsonForm(value)};
  for (std::size_t begin = 0; value.find('\n') != std::string_view::npos && begin < value.size();) {
    const std::size_t end = std::min(value.find('\n', begin), value.size());
    if (end - begin >= kShortestLine) {
      forms.emplace_back(value.substr(begin, end - begin));
    }
    begin = end + 1;
  }
  const std::scoped_lock lock(mutex_);
  for (std::string& form : forms) {
    if (!form.empty() && std::ranges::find(forms_, form) == forms_.end()) {
      forms_.push_back(std::move(form));
    }
  }
  std::ranges::stable_sort(forms_, std::greater(), &std::string::size);
}

std::string Redactor::operator()(std::string_view text) const {
  const std::scoped_lock lock(mutex_);
  std::string redacted(text);
  for (const std::string& form : forms_) {
    for (std::size_t at = redacted.find(form); at != std::string::npos;
         at = redacted.find(form, at + 3)) {
      redacted.replace(at, form.size(), "***");
    }
  }
  return redacted;
}

Secrets::Secrets(std::vector<project::SecretLine> lines)
    : Secrets(std::move(lines), BuiltinSources()) {}

Secrets::Secrets(std::vector<project::SecretLine> lines,
                 std::vector<std::unique_ptr<SecretSource>> sources)
    : lines_(std::move(lines)), sources_(std::move(sources)) {}

std::string Secrets::Value(const std::string& name) const {
  const project::SecretLine& line = FindLine(lines_, name, "secret");
  if (line.in_dev && !line.dev.empty()) {
    return line.dev;  // known to all
  }
  const std::scoped_lock lock(mutex_);
  if (const auto known = values_.find(name); known != values_.end()) {
    return known->second;
  }
  for (const auto& source : sources_) {
    if (auto value = source->Get(line)) {
      if (!line.dev.empty() && *value == line.dev) {
        throw UserError("secret '{}' has the value of environment dev, which all know", name);
      }
      redactor_.Add(*value);
      return values_.emplace(name, *std::move(value)).first->second;
    }
  }
  throw UserError("secret '{}' has no source; allowed: env, file", name);
}

std::string Secrets::Fill(std::string_view text) const {
  std::string filled;
  while (true) {
    const std::size_t open = text.find(kOpening);
    const std::size_t close = open == std::string_view::npos ? open : text.find('}', open);
    if (close == std::string_view::npos) {
      return filled.append(text);
    }
    const std::size_t name = open + kOpening.size();
    filled.append(text.substr(0, open));
    filled.append(Value(std::string(text.substr(name, close - name))));
    text.remove_prefix(close + 1);
  }
}

void Secrets::LoadAll() const {
  for (const project::SecretLine& line : lines_) {
    try {
      Value(line.name);
    } catch (const UserError&) {  // whoever needs it says so
    }
  }
}

nlohmann::json SettingsOf(const project::ConnectionLine& line) {
  nlohmann::json settings = nlohmann::json::object();
  for (const auto& [name, value] : line.settings) {
    settings[name] = value;
  }
  for (const auto& [name, map] : line.maps) {
    settings[name] = map;
  }
  return settings;
}

Connections::Connections(std::vector<project::ConnectionLine> lines, const Secrets& secrets)
    : lines_(std::move(lines)), secrets_(secrets) {}

bool Connections::Has(const std::string& name) const {
  return std::ranges::find(lines_, name, &project::ConnectionLine::name) != lines_.end();
}

project::ConnectionLine Connections::Find(const std::string& name, std::string_view kind) const {
  project::ConnectionLine line = FindLine(lines_, name, "connection");
  if (line.kind != kind) {
    throw UserError("connection '{}' is of kind '{}'; '{}' is needed", name, line.kind, kind);
  }
  for (auto& [setting, value] : line.settings) {
    value = secrets_.Fill(value);
  }
  for (auto& [passed_on, map] : line.maps) {
    for (auto& [setting, value] : map) {
      value = secrets_.Fill(value);
    }
  }
  return line;
}

}  // namespace weir::connectors
