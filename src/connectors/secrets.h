#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "project/project.h"

// Secrets by name, and what keeps them out of logs, errors and the ledger.
namespace weir::connectors {

// A place where secrets come from. Thread-safe.
class SecretSource {
 public:
  virtual ~SecretSource() = default;
  // Nothing if this source isn't the one that the line names. Throws UserError, without any value,
  // for one that it should have and hasn't.
  virtual std::optional<std::string> Get(const project::SecretLine& line) const = 0;
};

// `{env: NAME}`: a variable of this process.
std::unique_ptr<SecretSource> EnvironmentSecrets();
// `{file: PATH}`: the file's text without the line break at its end.
std::unique_ptr<SecretSource> FileSecrets();

// Replaces secrets in any text by "***": each value as it is, percent-encoded, as JSON has it and,
// of values of several lines, line by line (lines of less than 8 bytes stay). Thread-safe.
class Redactor {
 public:
  void Add(std::string_view value);
  std::string operator()(std::string_view text) const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> forms_;  // the longest first
};

// The secrets of a project. Values are asked for when first needed, and are redacted from then on.
// Thread-safe.
class Secrets {
 public:
  explicit Secrets(std::vector<project::SecretLine> lines);
  Secrets(std::vector<project::SecretLine> lines,
          std::vector<std::unique_ptr<SecretSource>> sources);

  // Throws UserError with the nearest name.
  std::string Value(const std::string& name) const;
  // `text` with every "{secret.name}" replaced by that secret.
  std::string Fill(std::string_view text) const;
  const Redactor& redactor() const { return redactor_; }
  // `text` without any value that was asked for so far.
  std::string Redact(std::string_view text) const { return redactor_(text); }
  // Asks for all of them, so that redaction knows each; those that aren't there are left out.
  void LoadAll() const;

 private:
  std::vector<project::SecretLine> lines_;
  std::vector<std::unique_ptr<SecretSource>> sources_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::string> values_;
  mutable Redactor redactor_;
};

// The settings of a line under `connections:` or `alerts:` as they are written, an object of texts.
nlohmann::json SettingsOf(const project::ConnectionLine& line);

// `connections:` of a project, by name. Thread-safe; `secrets` must outlive it.
class Connections {
 public:
  Connections(std::vector<project::ConnectionLine> lines, const Secrets& secrets);

  // The line with its secrets filled in. Throws UserError for an unknown name, with the nearest,
  // and for one of another kind.
  project::ConnectionLine Find(const std::string& name, std::string_view kind) const;
  bool Has(const std::string& name) const;
  const Secrets& secrets() const { return secrets_; }

 private:
  std::vector<project::ConnectionLine> lines_;
  const Secrets& secrets_;
};

}  // namespace weir::connectors
